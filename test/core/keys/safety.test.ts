// The two inequalities, tried in a small world: files reach replicas late, clocks differ, vendors cache as long as they
// may. No token may arrive that the vendor's copy of the JWK Set cannot verify; with one second less, one does.

import fc from 'fast-check'
import t from 'tap'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { publishedKeys, signingKey } from '../../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { DEFAULT_MARGINS, shortestLead, shortestRetire } from '../../../src/core/keys/rotation.ts'
import { privatePem } from '../../support/keys.ts'

const { interval: RELOAD_INTERVAL, skew: SKEW } = DEFAULT_MARGINS
const ADDED = 1_000_000
const ACTIVATES = 2_000_000
const old = parseKey('old.pem', privatePem('P-256'))
const fresh = parseKey('new.pem', privatePem('P-256'))
const rules = { kid: 'thumbprint', maxAge: 0, lead: 0 } as const
const before = makeKeySet('s', [old], { ...rules, retire: 0 })
const rotated = (activates: number, retire: number) =>
  makeKeySet('s', [old, { ...fresh, notes: { activates } }], { ...rules, retire })

const upTo = (max: number) => fc.oneof(fc.integer({ min: 0, max }), fc.constantFrom(0, max))
const seconds = fc.constantFrom(1, 60, 600, 3600)
const delays = { reload: upTo(DEFAULT_MARGINS.interval), skew: upTo(DEFAULT_MARGINS.skew), age: upTo(3600) }

interface Lead { maxAge: number, lead: number, reload: number, skew: number, age: number, at: number }
/** The publisher reads the new file late, the signer's clock is ahead, the vendor's copy is old. */
function newTokenVerifies ({ maxAge, lead, reload, skew, age, at }: Lead): boolean {
  const set = rotated(ADDED + lead, 0)
  const now = ADDED + lead - skew + at
  const fetched = now - Math.min(age, maxAge)
  const { file } = signingKey(set, { alg: 'ES256' }, now + skew)
  return publishedKeys(fetched < ADDED + reload ? before : set, fetched).some(key => key.file === file)
}

interface Retire { ttl: number, retire: number, reload: number, skew: number, at: number, age: number }
/** The signer reads the new file late, the publisher's clock is ahead, the token is used as late as it may. */
function oldTokenVerifies ({ ttl, retire, reload, skew, at, age }: Retire): boolean {
  const set = rotated(ACTIVATES, retire)
  const signed = ACTIVATES + at
  const { file } = signingKey(signed < ACTIVATES + reload ? before : set, { alg: 'ES256' }, signed)
  return publishedKeys(set, signed + Math.min(age, ttl) + skew).some(key => key.file === file)
}

t.test('activates ≥ published + maxAge + reload interval + skew: nobody meets an unknown key', async t => {
  const world = fc.record({ ...delays, maxAge: seconds, at: fc.integer({ min: -100, max: 7200 }) })
  t.doesNotThrow(() => {
    fc.assert(fc.property(world, one => newTokenVerifies({ ...one, lead: shortestLead(one, DEFAULT_MARGINS) })), { numRuns: 1000 })
  })
  const worst = { maxAge: 600, reload: RELOAD_INTERVAL, skew: SKEW, age: 600, at: 0 }
  t.ok(newTokenVerifies({ ...worst, lead: shortestLead(worst, DEFAULT_MARGINS) }))
  t.notOk(newTokenVerifies({ ...worst, lead: shortestLead(worst, DEFAULT_MARGINS) - 1 }), 'negative control: a second less')
})

t.test('removed ≥ deactivated + reload interval + longest ttl + skew: no token outlives its key', async t => {
  const world = fc.record({ ...delays, ttl: seconds, at: fc.integer({ min: -7200, max: 100 }) })
  t.doesNotThrow(() => {
    fc.assert(fc.property(world, one => oldTokenVerifies({ ...one, retire: shortestRetire(one.ttl, DEFAULT_MARGINS) })), { numRuns: 1000 })
  })
  const worst = { ttl: 300, reload: RELOAD_INTERVAL, skew: SKEW, age: 300, at: RELOAD_INTERVAL - 1 }
  t.ok(oldTokenVerifies({ ...worst, retire: shortestRetire(300, DEFAULT_MARGINS) }))
  t.notOk(oldTokenVerifies({ ...worst, retire: shortestRetire(300, DEFAULT_MARGINS) - 1 }), 'negative control: a second less')
})
