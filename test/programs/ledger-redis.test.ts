// The ledger in a real Redis server: replicas at the same time, an outage, a server that hangs, and a password.

import { once } from 'node:events'
import t, { type Test } from 'tap'
import type { ConsumerFetches } from '../../src/core/keys/fetches.ts'
import { Health } from '../../src/observe/health.ts'
import { Ledger, readLedger } from '../../src/observe/ledger.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { freePort } from '../support/free-port.ts'
import { startRedis } from '../support/redis-server.ts'
import { until } from '../support/until.ts'

const NOW = 100
const RECORD: ConsumerFetches = { consumer: 'epic', set: 'ecw', first: 10, last: 20, count: 1, etag: '"a"', kids: new Map([['k', 15]]) }

function replica (t: Test, url: URL) {
  const log = makeLogger('silent', { tty: false })
  const health = new Health(log, () => NOW)
  const ledger = new Ledger({ redis: { url } }, { clock: () => NOW, health, log })
  t.teardown(async () => { await ledger.close() })
  return { ledger, health }
}

t.test('five replicas at once lose nothing; an outage and a server that hangs delay it only', async t => {
  const port = await freePort()
  const url = new URL(`redis://:secret@127.0.0.1:${port}/2`)
  let redis = await startRedis(t, { port, requirepass: 'secret' })
  const replicas = Array.from({ length: 5 }, () => replica(t, url))
  const settle = async (count: number) => await until(async () => {
    for (const { ledger } of replicas) ledger.add([])
    return replicas.every(({ ledger, health }) => !health.failure('redis') && ledger.fetches()[0]?.count === count)
  })
  for (let i = 0; i < 20; i++) for (const { ledger } of replicas) ledger.add([{ ...RECORD, first: 10 - i % 3, last: 20 + i }])
  await settle(100)
  t.match(await readLedger({ redis: { url } }), [{ first: 8, last: 39, count: 100 }])

  redis.kill('SIGSTOP')
  for (const { ledger } of replicas) ledger.add([RECORD])
  await until(() => { for (const { ledger } of replicas) ledger.add([]); return replicas.every(({ health }) => health.failure('redis')) })
  redis.kill('SIGCONT')
  await settle(105)

  redis.kill('SIGKILL')
  await once(redis, 'exit')
  for (const { ledger } of replicas) ledger.add([RECORD])
  await until(() => { for (const { ledger } of replicas) ledger.add([]); return replicas.every(({ health }) => health.failure('redis')) })
  t.equal(replicas[0]!.ledger.fetches()[0]!.count, 106, 'its own fetch is known at once')
  redis = await startRedis(t, { port, requirepass: 'secret' })
  await settle(5)
  t.pass('the new server is empty: it has what was recorded meanwhile')
})
