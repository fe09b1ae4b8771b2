// Refusals wait while the event loop is busy, and only then.

import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { RefusalDelay } from '../../src/http/refusal-delay.ts'

t.test('the delay grows with the load up to 2 s, and goes when there is time', async t => {
  let [now, load] = [0, 0.5]
  const delay = new RefusalDelay({ utilization: () => load, now: () => now })
  const next = (): number => {
    now += 100
    return delay.next()
  }
  t.equal(next(), 0)
  load = 1
  t.equal(delay.next(), 0, 'between two looks nothing changes')
  t.strictSame([next(), next(), next()], [8, 16, 32])
  for (let i = 0; i < 10; i++) next()
  t.equal(next(), 2000)
  load = 0.1
  t.equal(next(), 1600)
  for (let i = 0; i < 30; i++) next()
  t.equal(next(), 0)
})

t.test('by itself it looks at the event loop of this process', async t => {
  const delay = new RefusalDelay()
  const end = performance.now() + 150
  while (performance.now() < end);
  t.ok(delay.next() > 0, 'it was busy')
  await sleep(400)
  t.equal(delay.next(), 0, 'it was idle')
})
