// Far more connections than a server may open files: it loses neither keys nor records, and is well within a second.
// JWKSD_LONG=1: 2,000 connections instead of 500.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connect } from 'node:net'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { cleanEnvironment, MAIN, parseLines } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const CONNECTIONS = process.env.JWKSD_LONG ? 2000 : 500

t.test('recovers when the connections are gone, and reloads meanwhile', async t => {
  const deployment = await deploy(t, { config: { reload: { interval: '1s', skew: '1s' }, sets: { default: { lead: '1h' } } } })
  const quote = (word: string): string => `'${word}'`
  const command = [process.execPath, ...process.execArgv, MAIN, 'serve'].map(quote).join(' ')
  const child = spawn('sh', ['-c', `ulimit -n 256; exec ${command}`], { cwd: deployment.directory, env: cleanEnvironment() })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => { stderr += String(text) })
  const ended = once(child, 'close')
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const log = () => parseLines(stderr)
  const port = Number((await until(() => log().find(({ msg }) => msg === 'listening'))).public)
  const fetch = makeFetch(deployment.ca)
  const origin = `https://localhost:${port}`
  const sign = async (): Promise<string> => (await postSign(fetch, origin, deployment.apiKey, {})).json().jti as string
  const delivered = [await sign()]

  let refused = 0
  const sockets = Array.from({ length: CONNECTIONS }, () =>
    connect(port, '127.0.0.1').on('error', () => {}).on('close', () => { refused++ }).resume())
  await until(() => refused >= CONNECTIONS - 256)
  await writeFile(path.join(deployment.keys, 'extra.pem'), `# activates: 2035-01-01T00:00:00Z\n${privatePem('P-256')}`, { mode: 0o600 })
  await until(() => log().some(({ msg }) => msg === 'reloaded'))
  for (const socket of sockets) socket.destroy()
  const gone = performance.now()
  await until(async () => await fetch(`${origin}/readyz`).then(({ status }) => status === 200, () => false))
  t.comment(`ready ${Math.round(performance.now() - gone)} ms after the last connection was closed; ${refused} were refused`)
  delivered.push(await sign())
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).json().keys.length, 2, 'the key that came meanwhile is published')
  const recorded = parseLines(await readFile(deployment.audit, 'utf8')).map(({ jti }) => jti)
  t.strictSame(recorded.filter(jti => delivered.includes(jti as string)), delivered)
  t.strictSame(log().filter(({ level }) => level === 'error'), [])
})
