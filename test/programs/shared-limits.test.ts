// Limits of three replicas in a real Redis server over TLS: one for all of them, each replica's own while Redis hangs or is
// down, and one again after that. No request fails or waits for Redis.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { isDeepStrictEqual } from 'node:util'
import { Redis } from 'ioredis'
import t from 'tap'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { deploy } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { addClients } from '../support/listener.ts'
import { inRepository, type RunningServer, startProgram } from '../support/program.ts'
import { startRedis } from '../support/redis-server.ts'
import { keepAlive, makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

/** Of each client in an hour. */
const RATE = 20
/** Each is used once: what it has used up stays used up. */
const CLIENTS = Array.from({ length: 40 }, (_, i) => ({ name: `client-${i}`, ...makeApiKey() }))

t.test('three replicas, one limit; Redis hangs, dies and comes back', { timeout: 120_000 }, async t => {
  const port = await freePort()
  const { directory: cwd, file, ca, apiKey } = await deploy(t, {
    client: { rate: '1000/s' },
    config: { audit: { file: '-' }, redis: { url: `rediss://jwksd:p%40ss@localhost:${port}` } }
  })
  await addClients(file, Object.fromEntries(CLIENTS.map(({ name, id, sha256 }) =>
    [name, { auth: [{ apiKey: { id, sha256 } }], profiles: ['plain'], rate: `${RATE}/h` }])))
  const tls = (name: string): string => path.join(cwd, 'tls', name)
  const options = {
    port: 0, 'tls-port': port, 'tls-cert-file': tls('cert.pem'), 'tls-key-file': tls('key.pem'), 'tls-ca-cert-file': tls('ca.pem'), 'tls-auth-clients': 'no', requirepass: 'admin'
  }
  const redis = new Redis({ port, password: 'admin', tls: { ca }, retryStrategy: () => 100 }).on('error', () => {})
  t.teardown(() => { redis.disconnect() })
  const [acl] = /^ACL SETUSER .*/m.exec(readFileSync(inRepository('docs/how-to/replicas.md'), 'utf8'))!
  const start = async () => {
    const server = await startRedis(t, options)
    await redis.call('ACL', acl.replace('PASSWORD', 'p@ss').split(' ').slice(1))
    return server
  }
  let server = await start()
  const env = { NODE_EXTRA_CA_CERTS: tls('ca.pem') }
  const replicas = await Promise.all([0, 1, 2].map(async () => await startProgram(t, ['--config', file], { cwd, env })))
  const agent = keepAlive(ca, 10)
  t.teardown(() => { agent.destroy() })
  const plain = makeFetch(ca)
  const fetch: typeof plain = async (url, request) => await plain(url, { agent, ...request })

  const isFailing = async ({ origin }: RunningServer): Promise<boolean> => (await fetch(`${origin}/metrics`)).text.includes('jwksd_failing_seconds{part="limits"}')
  const areFailing = async (expected: boolean): Promise<void> => {
    for (const replica of replicas) await until(async () => await isFailing(replica) === expected)
  }
  /** What each replica said of Redis, and why. */
  const changes = () => replicas.map(({ log }) => log().filter(({ msg }) => String(msg).startsWith('limits are')).map(({ msg, problem }) => [msg, problem]))
  /** How often each replica signs for a client that asks it more often than it may. */
  const granted = async (): Promise<number[]> => {
    const { token } = CLIENTS.pop()!
    return await Promise.all(replicas.map(async ({ origin }) => {
      let count = 0
      for (let i = 0; i < RATE + 5; i++) if ((await postSign(fetch, origin, token, {})).status === 200) count++
      return count
    }))
  }
  /** The same for all together, again where this machine was too slow for Redis to answer in time. */
  const total = async (): Promise<number> => {
    for (;;) {
      await areFailing(false)
      const before = changes()
      const counts = await granted()
      if (isDeepStrictEqual(changes(), before)) return counts.reduce((sum, count) => sum + count)
    }
  }
  /** The times of `count` requests, sorted (milliseconds). */
  const time = async (count: number): Promise<number[]> => {
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const start = performance.now()
      t.equal((await postSign(fetch, replicas[i % 3]!.origin, apiKey, {})).status, 200)
      times.push(performance.now() - start)
    }
    return times.sort((a, b) => a - b)
  }
  const figures = (times: number[]): string => `median ${times[times.length >> 1]!.toFixed(1)} ms, longest ${times.at(-1)!.toFixed(1)} ms`

  await until(async () => String(await redis.client('LIST')).match(/cmd=eval.* user=jwksd/g)?.length === 3)
  t.equal(await total(), RATE)
  const wrong = makeApiKey().token
  const fail = async ({ origin }: RunningServer): Promise<number> => (await postSign(fetch, origin, wrong, {})).status
  for (let i = 0; i < 30; i++) await fail(replicas[0]!)
  let more = 0
  while (await fail(replicas[1]!) === 401) more++
  t.ok(more < 30, `what failed at one replica counts at all: the second took ${more} more`) // 0, where Redis always answers in time
  const names = await redis.keys('*')
  t.match(names.join(' '), /{jwksd}:failures:\S+/)
  const lives = await Promise.all(names.map(async name => name === '{jwksd}:ledger' ? 1 : await redis.ttl(name)))
  // -1: never. What lives for a second more counts as 0, and as -2 when it is over (https://redis.io/commands/ttl).
  t.notOk(lives.includes(-1), `all expire: ${names.join(' ')}`)
  await fetch(`${replicas[0]!.origin}/.well-known/jwks.json`)
  await until(async () => await redis.exists('{jwksd}:ledger'))
  t.pass('the ledger is shared over TLS, too')

  const before = await time(60)
  server.kill('SIGSTOP')
  const hanging = await time(60)
  await areFailing(true)
  server.kill('SIGCONT')
  await areFailing(false)
  t.equal(await total(), RATE)
  t.comment(`60 requests with Redis: ${figures(before)}; from its SIGSTOP on: ${figures(hanging)}`)

  server.kill('SIGKILL')
  await once(server, 'exit')
  await areFailing(true)
  t.strictSame(await granted(), [RATE, RATE, RATE], 'control: each replica has the whole limit for itself, and keeps it')
  server = await start()
  await areFailing(false)
  t.equal(await total(), RATE)
  const END = 'limits are shared again'
  for (const said of changes()) {
    t.ok(said.every((line, i) => !isDeepStrictEqual(line, said[i - 1])), 'nothing is said twice: within an outage only another reason')
    t.ok(said.every(([msg]) => msg === END || msg === 'limits are counted by each replica for itself until Redis answers'))
    t.equal(said.at(-1)![0], END, `${said.filter(([msg]) => msg === END).length} outages`)
  }
})
