// The shared ledger: no replica loses what another has recorded, an answer that was lost counts once, and an outage is
// reported once, without the password.

import path from 'node:path'
import t, { type Test } from 'tap'
import { Health } from '../../src/observe/health.ts'
import { Ledger, readLedger } from '../../src/observe/ledger.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { faultsOf } from '../support/faults.ts'
import { startSmallRedis } from '../support/small-redis.ts'
import { until } from '../support/until.ts'

const NOW = 100 * 86400
const RECORD = { consumer: 'epic', set: 'ecw', first: 10, last: 20, count: 3, etag: '"a"', kids: new Map([['k', 15]]) }

function replica (t: Test, url: URL, file?: string) {
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const health = new Health(log, () => NOW)
  const ledger = new Ledger({ redis: { url }, ...(file !== undefined && { ledger: { file } }) }, { clock: () => NOW, health, log })
  t.teardown(async () => { await ledger.close() })
  return { ledger, health, lines }
}

t.test('replicas share: min first, max last, sum of counts, earliest time per kid', async t => {
  const redis = await startSmallRedis(t)
  const file = path.join(t.testdir(), 'ledger.json')
  const [a, b] = [replica(t, redis.url, file), replica(t, redis.url)]
  await Promise.all([a.ledger.open(), b.ledger.open()])
  a.ledger.add([RECORD])
  b.ledger.add([{ ...RECORD, first: 5, last: 30, count: 1, kids: new Map([['k', 12]]) }])
  const joined = [{ ...RECORD, first: 5, last: 30, count: 4, kids: new Map([['k', 12]]) }]
  await until(() => { a.ledger.add([]); b.ledger.add([]); return a.ledger.fetches()[0]!.count === 4 && b.ledger.fetches()[0]!.count === 4 })
  t.strictSame([a.ledger.fetches(), b.ledger.fetches(), await readLedger({ redis: { url: redis.url } })], [joined, joined, joined])
  await a.ledger.close()
  t.strictSame(await readLedger({ ledger: { file } }), joined, 'the file has what all know')
})

t.test('another replica was faster, forgotten strangers go, and what is no record is left alone', async t => {
  const redis = await startSmallRedis(t)
  const old = { ...RECORD, consumer: '10.0.0.0/24 curl', kids: {} }
  redis.hash.set('x', 'no record').set(`${old.consumer} ecw`, JSON.stringify(old))
  let conflicts = 2
  redis.beforeExec = () => conflicts-- > 0
  const { ledger } = replica(t, redis.url)
  ledger.add([RECORD])
  await ledger.close()
  t.strictSame([...redis.hash.keys()], ['epic ecw'])
  t.match(JSON.parse(redis.hash.get('epic ecw')!), { count: 3 })
})

t.test('a lost answer counts once', async t => {
  const redis = await startSmallRedis(t)
  const { ledger, health, lines } = replica(t, redis.url)
  redis.losesAnswers = true
  ledger.add([RECORD])
  await until(() => health.failure('redis'))
  redis.losesAnswers = false
  await until(() => { ledger.add([]); return health.failure('redis') === undefined })
  t.match(ledger.fetches(), [{ count: 3 }])
  t.match(lines.map(line => JSON.parse(line).msg), [/each replica for itself/, /shared again/], 'said once')
})

t.test('Redis is down: fetches are kept and arrive later; the password is in no message', async t => {
  const redis = await startSmallRedis(t)
  redis.close()
  const url = new URL(`redis://:s%20ecret@${redis.url.host}`)
  const { ledger, health, lines } = replica(t, url)
  ledger.add([RECORD])
  await until(() => health.failure('redis'))
  ledger.add([{ ...RECORD, last: 40, count: 1 }])
  await until(() => { ledger.add([]); return ledger.fetches()[0]!.count === 4 })
  t.match(health.failure('redis')!.faults, [{ where: `redis ${redis.url.host}`, problem: /does not answer/, hint: /redis\.url/ }])
  t.match(await faultsOf(async () => await readLedger({ redis: { url } })), [{ problem: /does not answer/ }], 'a gate waits')
  t.notMatch(lines.join(''), /s%20ecret|s ecret/)
  const back = await startSmallRedis(t, Number(redis.url.port))
  await until(() => { ledger.add([]); return health.failure('redis') === undefined })
  await ledger.close()
  t.match(JSON.parse(back.hash.get('epic ecw')!), { last: 40, count: 4 })
  t.ok(back.commands.some(command => command.includes('s ecret')), 'the password is used')
})

t.test('replicas that are always faster: it is tried again a second later', async t => {
  const redis = await startSmallRedis(t)
  redis.beforeExec = () => true
  const { ledger, health } = replica(t, redis.url)
  ledger.add([RECORD])
  await until(() => health.failure('redis'))
  t.match(health.failure('redis')!.faults, [{ problem: /other replicas write at the same time/ }])
  redis.beforeExec = () => false
})

t.test('what was fetched before a restart during an outage is in the file, and gets to Redis, once', async t => {
  const redis = await startSmallRedis(t)
  const file = path.join(t.testdir(), 'ledger.json')
  const down = replica(t, new URL('redis://127.0.0.1:1'), file)
  await down.ledger.open()
  down.ledger.add([RECORD])
  await until(() => down.health.failure('redis'))
  await down.ledger.close()
  for (const restart of ['the first', 'another']) {
    const { ledger } = replica(t, redis.url, file)
    await ledger.open()
    ledger.add([])
    await ledger.close()
    const known = [{ ...RECORD, count: 0 }] // Redis may have counted them before
    const found = [ledger.fetches(), await readLedger({ redis: { url: redis.url } }), await readLedger({ ledger: { file } })]
    t.strictSame(found, [known, known, known], restart)
  }
})
