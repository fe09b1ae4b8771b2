// The wall clock of a running server steps by an hour, to and fro, while clients sign: no token has a wrong time.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { decodeJwt } from 'jose'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { inRepository, startProgram } from '../support/program.ts'
import { keepAlive, makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const HOUR = 3600

t.test('no token has a wrong time while the clock steps', async t => {
  const deployment = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const shiftFile = path.join(deployment.directory, 'shift')
  const server = await startProgram(t, [], {
    cwd: deployment.directory, env: { SHIFT_FILE: shiftFile, NODE_OPTIONS: `--import=${inRepository('test/support/shift-clock.mjs')}` }
  })
  const fetch = makeFetch(deployment.ca)
  const agent = keepAlive(deployment.ca)
  t.teardown(() => agent.destroy())
  const wrong: number[] = []
  const outcomes = { signed: 0, refused: 0 }
  let retryAfter: unknown
  const world = { ended: false }
  const codes = new Set<unknown>()
  const signOn = async (): Promise<void> => {
    while (!world.ended) {
      const { status, headers, json } = await postSign(fetch, server.internal, deployment.apiKey, {})
      if (status === 200) {
        outcomes.signed++
        const { iat, exp } = decodeJwt((json() as { token: string }).token)
        const now = Date.now() / 1000
        if (Math.abs(iat! - now) > 60 || Math.abs(exp! - now) > 2 * HOUR) wrong.push(iat! - now)
      } else {
        outcomes.refused++
        retryAfter = headers['retry-after']
        codes.add(`${status} ${(json() as { code: string }).code}`)
      }
    }
  }
  const clients = Array.from({ length: 4 }, signOn)
  const ready = async () => await fetch(`${server.internal}/readyz`, { agent })
  for (const shift of [HOUR, -HOUR]) {
    const before = { ...outcomes }
    await until(() => outcomes.signed > before.signed + 4)
    const jwks = (await fetch(`${server.origin}/.well-known/jwks.json`)).text
    await writeFile(shiftFile, String(shift))
    server.child.kill('SIGUSR2')
    await until(() => outcomes.refused > before.refused + 4)
    t.match(await ready(), { status: 503, text: /"clock":{"status":"failing"/ })
    t.ok(Number(retryAfter) > 0 && Number(retryAfter) <= 30, `Retry-After: ${retryAfter}`)
    t.equal((await fetch(`${server.origin}/.well-known/jwks.json`)).text, jwks, 'the JWK Set goes on')
    await writeFile(shiftFile, '0')
    server.child.kill('SIGUSR2')
    const refused = outcomes.signed
    await until(() => outcomes.signed > refused + 4)
    t.equal((await ready()).status, 200)
  }
  world.ended = true
  await Promise.all(clients)
  t.strictSame([...codes], ['503 ERR_CLOCK'])
  t.strictSame(wrong, [])
  t.comment(`${outcomes.signed} tokens, none with a wrong time; ${outcomes.refused} requests were refused`)
  t.match(server.log().filter(({ where }) => where === 'clock').map(({ problem }) => problem),
    ['has stepped 3600 s ahead', 'has just come back from a step', 'has stepped 3600 s back', 'has just come back from a step'])
})
