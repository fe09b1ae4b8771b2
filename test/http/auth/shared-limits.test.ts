// Limits of several replicas: one count in Redis, and each replica's own while Redis does not answer. A request never waits
// for long, and neither Redis nor the log gets to know a credential.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { createServer, type TLSSocket } from 'node:tls'
import { setTimeout } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { makeApiKey } from '../../../src/core/clients/api-key.ts'
import { SharedLimits } from '../../../src/http/auth/shared-limits.ts'
import { Health } from '../../../src/observe/health.ts'
import { makeLogger } from '../../../src/observe/log.ts'
import { deploy, type Deployment } from '../../support/deployment.ts'
import { NOW, openListener } from '../../support/listener.ts'
import { parseLines } from '../../support/program.ts'
import { postSign } from '../../support/request.ts'
import { startSmallRedis } from '../../support/small-redis.ts'
import { until } from '../../support/until.ts'

/** Milliseconds. The server runs in this process, which may be slow. */
const PATIENT = 20_000
const LIMIT = { name: 'test', points: 2, duration: 60 }

function share (t: Test, url: URL, patience?: number) {
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const health = new Health(log, () => NOW)
  const limits = new SharedLimits(url, health, patience)
  t.teardown(() => { limits.close() })
  const take = async (who = 'app'): Promise<boolean> => await limits.consume(LIMIT, who).then(() => true, () => false)
  const said = (): unknown[] => parseLines(lines.join('')).map(({ msg, problem }) => problem ?? msg)
  return { limits, health, take, said, lines }
}

/** Two listeners of one deployment, with Redis or without. */
async function openReplicas (t: Test, deployment: Deployment, redis?: { url: URL, counts: Map<string, number> }) {
  return await Promise.all([0, 1].map(async () => {
    const shared = redis && share(t, redis.url, PATIENT).limits
    const before = redis?.counts.get('{jwksd}:probe:write') ?? 0
    await shared?.open()
    if (redis) await until(() => redis.counts.get('{jwksd}:probe:write')! > before)
    const { origin, fetch } = await openListener(t, deployment, shared ? { shared } : {})
    return async (apiKey: string) => await postSign(fetch, origin, apiKey, {})
  }))
}

t.test('replicas share each client\'s rate and the failures of an address; without Redis each has its own', async t => {
  const deployment = await deploy(t, { client: { rate: '4/h' } })
  const redis = await startSmallRedis(t)
  const count = async (replicas: Awaited<ReturnType<typeof openReplicas>>, apiKey: string, tries: number) => {
    const statuses: number[] = []
    for (let i = 0; i < tries; i++) statuses.push((await replicas[i % 2]!(apiKey)).status)
    return (status: number): number => statuses.filter(one => one === status).length
  }
  const [shared, separate] = [await openReplicas(t, deployment, redis), await openReplicas(t, deployment)]
  const wrong = makeApiKey().token
  t.equal((await count(shared, deployment.apiKey, 12))(200), 4)
  t.equal((await count(separate, deployment.apiKey, 12))(200), 8, 'control')
  t.equal((await count(shared, wrong, 36))(401), 30)
  t.equal((await count(separate, wrong, 36))(401), 36, 'control')
  const { headers, json } = await shared[1]!(wrong)
  t.match([headers['retry-after'], json().detail], [/^\d+$/, 'too many failed attempts from this address'])

  t.strictSame([...redis.counts.keys()].sort(), ['{jwksd}:failures:127.0.0.1', '{jwksd}:probe:write', '{jwksd}:rate:4/3600:app'])
  const sent = redis.commands.flat().join(' ')
  for (const apiKey of [deployment.apiKey, wrong]) {
    const [, id, ...secret] = apiKey.split('_') // the secret may hold more of them
    t.notOk([id!, secret.join('_')].some(part => sent.includes(part)), 'no part of a credential')
  }
})

t.test('Redis is down: said once and without the password; it is used as soon as it comes', async t => {
  const port = await startSmallRedis(t).then(({ url, close }) => { close(); return url.port })
  const { limits, health, take, said, lines } = share(t, new URL(`redis://:s%20ecret@127.0.0.1:${port}`), PATIENT)
  limits.close()
  await limits.open()
  t.strictSame([await take(), await take(), await take()], [true, true, true], 'nothing is counted here')
  await until(() => health.failure('limits'))
  const redis = await startSmallRedis(t, Number(port))
  await until(() => !health.failure('limits'))
  t.strictSame([await take(), await take(), await take()], [true, true, false])
  redis.close()
  await until(() => health.failure('limits'))
  t.strictSame([await take(), await take()], [true, true])
  await startSmallRedis(t, Number(port))
  await until(() => !health.failure('limits'))
  t.match(said(), [/does not answer: .*ECONNREFUSED/, 'limits are shared again', /does not answer: .*ECONNREFUSED/, 'limits are shared again'])
  t.match(lines[0], /limits are counted by each replica for itself until Redis answers/)
  t.notMatch(lines.join(''), /s%20ecret|s ecret/)
})

t.test('Redis hangs or refuses: requests go on, and it is tried again', async t => {
  const redis = await startSmallRedis(t)
  const { limits, health, take, said } = share(t, redis.url)
  await limits.open()
  await until(async () => !await take())
  redis.hangs = true
  t.strictSame(await Promise.all([take(), take(), take()]), [true, true, true])
  t.match(health.failure('limits')!.faults, [{ where: `redis ${redis.url.host}`, problem: 'does not answer: Command timed out', hint: /each replica counts for itself/ }])
  redis.hangs = false
  await until(() => !health.failure('limits'))
  await until(async () => !await take())

  redis.refusal = '-OOM command not allowed\r\n'
  await until(take)
  const tried = redis.commands.length
  await until(() => redis.commands.slice(tried).some(([name]) => name!.startsWith('eval')))
  t.ok(health.failure('limits'))
  redis.refusal = undefined
  await until(() => !health.failure('limits'))
  await until(async () => !await take())
  t.match([...new Set(said())], [/timed out/, 'limits are shared again', /OOM/])
})

t.test('closed before it has connected, and while Redis is asked', async t => {
  const redis = await startSmallRedis(t)
  const { limits, health, said } = share(t, redis.url, PATIENT)
  redis.refusal = ''
  await limits.open()
  await until(() => redis.commands.some(([name]) => name === 'eval'))
  limits.close()
  await setTimeout(100)
  t.strictSame([health.failure('limits'), said()], [undefined, []])
})

t.test('rediss: the server is asked for by its name, and one of an unknown CA is not trusted', async t => {
  const { directory } = await deploy(t)
  const [cert, key] = ['cert.pem', 'key.pem'].map(name => readFileSync(path.join(directory, 'tls', name)))
  const server = createServer({ cert, key }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const names: unknown[] = []
  server.on('connection', socket => { t.teardown(() => { socket.destroy() }) })
  server.on('tlsClientError', (_error, socket: TLSSocket) => { names.push(socket.servername) })
  const { port } = server.address() as { port: number }
  for (const host of ['localhost', '127.0.0.1']) {
    const { limits, health } = share(t, new URL(`rediss://${host}:${port}`))
    await limits.open()
    const { faults } = await until(() => health.failure('limits'))
    t.match(faults[0]!.problem, /self-signed certificate in certificate chain|unable to (verify|get)/)
    limits.close()
  }
  t.equal(names[0], 'localhost')
  t.notOk(names.at(-1), 'an address is no name')
})
