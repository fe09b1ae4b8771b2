// Refusals are counted in bounded memory, from however many addresses.

import t from 'tap'
import { isCounted, RefusalSummary } from '../../src/observe/refusal-summary.ts'

t.test('a hundred addresses are counted apart, the others together', t => {
  let now = 1_795_380_000
  const summary = new RefusalSummary(() => now)
  for (let i = 0; i < 100_000; i++) summary.add({ address: `2001:db8::${i.toString(16)}`, code: 'ERR_UNAUTHENTICATED' })
  now += 30
  summary.add({ address: '2001:db8::0', code: 'ERR_UNAUTHENTICATED' })
  summary.add({ client: 'app', code: 'ERR_RATE_LIMITED' })
  const taken = summary.take().map(one => one.summary)
  t.equal(taken.length, 102)
  t.match(taken[0], { event: 'refusals', address: '2001:db8::0', count: 2, from: '2026-11-22T20:40:00Z', to: '2026-11-22T20:40:30Z' })
  t.match(taken.find(({ address, code }) => address === 'others' && code === 'ERR_UNAUTHENTICATED'), { count: 99_900 })
  t.strictSame(summary.take(), [], 'a new minute begins empty')
  t.end()
})

t.test('what could not be recorded is put back, together with what was counted meanwhile', t => {
  let now = 1_795_380_000
  const summary = new RefusalSummary(() => now)
  summary.add({ client: 'app', code: 'ERR_AUDIT' })
  const taken = summary.take()
  now += 30
  summary.add({ client: 'app', code: 'ERR_AUDIT' })
  for (const { putBack } of taken) putBack()
  t.match(summary.take().map(one => one.summary), [{ client: 'app', count: 2, from: '2026-11-22T20:40:00Z', to: '2026-11-22T20:40:30Z' }])
  for (const { putBack } of taken) putBack()
  t.match(summary.take().map(one => one.summary), [{ client: 'app', count: 1, from: '2026-11-22T20:40:00Z', to: '2026-11-22T20:40:00Z' }])
  t.end()
})

t.test('counted is what costs nothing: recorded, what an authenticated client asked for', t => {
  t.ok(isCounted({ code: 'ERR_UNAUTHENTICATED' }))
  t.ok(isCounted({ client: 'app', code: 'ERR_RATE_LIMITED' }))
  t.notOk(isCounted({ client: 'app', code: 'ERR_FORBIDDEN' }))
  t.end()
})
