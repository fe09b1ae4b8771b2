// When a certificate is renewed, and how long an authority is left alone after a failure.

import t from 'tap'
import { LONGEST_RETRY_AFTER, pauseAfter, renewalOf, retryOf } from '../../src/core/certificate-renewal.ts'

const DAY = 86_400
const lasting = (days: number) => ({ notBefore: 1000, notAfter: 1000 + days * DAY })

t.test('renewed after two thirds of its life', async t => {
  t.equal(renewalOf(lasting(90)), 1000 + 60 * DAY)
})

t.test('pauses double, have a limit, and leave several orders before the end of any certificate', async t => {
  const pauses = (life: number): number[] => Array.from({ length: 20 }, (_, i) => pauseAfter(i + 1, lasting(life), 0))
  t.strictSame(pauses(90).slice(0, 4), [60, 120, 240, 480])
  t.equal(pauses(90).at(-1), 6 * 3600)
  for (const life of [90, 6, 1, 1 / 24, 10 / DAY]) {
    let [tries, passed] = [0, 0]
    for (const pause of pauses(life)) {
      passed += pause
      if (passed < life * DAY / 3) tries++
    }
    t.ok(tries >= 6, `${life} days: ${tries} orders in the last third`)
  }
  t.equal(pauseAfter(1, undefined, 0), 60, 'no certificate yet')
  t.equal(pauseAfter(20, undefined, 0), 3600)
  t.equal(pauseAfter(1, lasting(90), 1), 75, 'at random up to a quarter longer')
})

t.test('a pause that was kept holds, unless only a clock that was ahead can have written it', async t => {
  const now = 1_800_000_000
  for (const next of [now - 1, now, now + 60, now + DAY]) t.equal(retryOf(next, now), next)
  for (const next of [now + DAY + 1, now + 1000 * DAY, NaN]) t.equal(retryOf(next, now), -Infinity, 'at once')
  t.ok(pauseAfter(100, lasting(10_000), 1) < LONGEST_RETRY_AFTER, 'no pause of ours is longer than the longest of an authority')
})

t.test('Let\'s Encrypt: five failed validations an hour, then one in twelve minutes', async t => {
  let [allowed, last, now] = [5, 0, 0]
  for (let failures = 1; failures < 50; failures++) {
    allowed = Math.min(5, allowed + (now - last) / 720) - 1
    t.ok(allowed >= 0, `${failures} failures`)
    last = now
    now += pauseAfter(failures, undefined, 0)
  }
})
