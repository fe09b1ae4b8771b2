// kill -9 while it signs, again and again: every token that was handed over has its record, and the log stays one chain.

import { hash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { verifyFiles } from '../../src/observe/verify-files.ts'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { keepAlive, makeFetch, postSign } from '../support/request.ts'

const KILLS = process.env.JWKSD_LONG ? 200 : 10
const CALLERS = 8

t.test(`kill -9 ${KILLS} times while it signs`, { timeout: KILLS * 15_000 }, async t => {
  const { file, directory, audit, apiKey, ca } = await deploy(t)
  const fetch = makeFetch(ca)
  const tokens: string[] = []
  for (let kill = 0; kill < KILLS; kill++) {
    const { origin, stop } = await startProgram(t, ['--config', file], { cwd: directory })
    const agent = keepAlive(ca, CALLERS)
    const enough = tokens.length + 1 + kill * 7 % 60
    const call = async (): Promise<void> => {
      for (;;) {
        const { status, json } = await postSign((url, options) => fetch(url, { ...options, agent }), origin, apiKey, {})
        if (status === 200) tokens.push(json().token)
        if (tokens.length >= enough) await stop('SIGKILL')
      }
    }
    const ends = await Promise.allSettled(Array.from({ length: CALLERS }, call))
    t.ok(ends.every(({ status }) => status === 'rejected'), `kill ${kill + 1} after ${tokens.length} tokens`)
    agent.destroy()
  }
  const text = readFileSync(audit, 'utf8')
  t.strictSame(tokens.filter(token => !text.includes(`"tokenSha256":"${hash('sha256', token)}"`)), [], `${tokens.length} tokens, each with its record`)
  const { lines } = await verifyFiles([audit], {})
  t.ok(lines >= tokens.length, `${lines} lines`)
})
