// What a held key waits for, as the ledger says it.

import t from 'tap'
import type { ConsumerFetches } from '../../../src/core/keys/fetches.ts'
import { earliestOf, findHeldKeys, type HeldKey, wordLacking } from '../../../src/core/keys/gate.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { privatePem } from '../../support/keys.ts'

const [old, next] = [parseKey('old.pem', privatePem('P-256')), parseKey('next.pem', privatePem('P-256'))]
const kid = next.kids.thumbprint
const held = { since: 1000, earliest: 2000 }
const find = (consumers: string[], ledger: ConsumerFetches[], notes: object = {}): HeldKey[] => findHeldKeys(makeKeySet('s', [
  old, { ...next, notes: { activates: Infinity, held, ...notes } }
], { kid: 'thumbprint', maxAge: 60, lead: 1000, retire: 1000, ...(consumers.length > 0 && { gate: { consumers, deadline: 500 } }) }), ledger)
const fetches = (consumer: string, kids: Record<string, number>, { set = 's', last = 1200 } = {}): ConsumerFetches =>
  ({ consumer, set, first: 900, last, count: 3, etag: '"e"', kids: new Map(Object.entries(kids)) })

t.test('a consumer has the key when its body has it; others lack it, whenever they last fetched', async t => {
  const ledger = [fetches('epic', { old: 900, [kid]: 1100 }), fetches('athena', { old: 900 }), fetches('stranger', { [kid]: 1001 })]
  const [{ key, ...wait }] = find(['epic', 'athena', 'sleeper'], ledger) as [HeldKey]
  t.equal(key.kid, kid)
  t.strictSame(wait, {
    ...held, has: [{ consumer: 'epic', since: 1100 }], lacks: [{ consumer: 'athena', last: 1200 }, { consumer: 'sleeper' }], deadline: 1500
  })
})

t.test('a consumer of several URLs has the key when one of them gave it', async t => {
  const older = fetches('epic', { old: 900 }, { last: 1300 })
  t.match(find(['epic'], [older, fetches('epic', { [kid]: 1100 }, { set: 'all' })]), [{ has: [{ consumer: 'epic', since: 1100 }], lacks: [] }])
  t.match(find(['epic'], [older, fetches('epic', {}, { set: 'all' })]), [{ has: [], lacks: [{ consumer: 'epic', last: 1300 }] }])
})

t.test('without a gate a held key waits for nobody; a revoked one is not held', async t => {
  t.match(find([], []), [{ has: [], lacks: [], deadline: Infinity }])
  t.strictSame(find(['epic'], [], { revoked: 1200 }), [])
})

t.test('when a key signs at the earliest', async t => {
  t.strictSame([{}, { activates: 5 }, { activates: Infinity, held }].map(earliestOf), [-Infinity, 5, 2000])
})

t.test('public URLs: a key waits to be seen at each, at most for its lead', async t => {
  const [url, union] = ['https://jwks.example.com/s/.well-known/jwks.json', 'https://jwks.example.com/.well-known/jwks.json']
  const set = makeKeySet('s', [old, { ...next, notes: { activates: Infinity, held } }], { kid: 'thumbprint', maxAge: 60, lead: 1000, retire: 1000, publicUrls: [url, union] })
  const failed = { ...fetches(union, {}, { last: 1300 }), problem: 'HTTP status 503' }
  const [{ key: _, ...wait }] = findHeldKeys(set, [fetches(url, { [kid]: 1100 }), failed]) as [HeldKey]
  t.strictSame(wait, { ...held, has: [{ consumer: url, since: 1100 }], lacks: [{ consumer: union, last: 1300, problem: 'HTTP status 503' }], deadline: 2000 })
  t.equal(wordLacking(wait.lacks[0]!, 1300 + 7200), `not yet at ${union} (last fetched 2 h ago: HTTP status 503)`)
  t.equal(wordLacking({ consumer: url, last: 1300 }, 1300 + 7200), `not yet at ${url} (last fetched 2 h ago, an older body)`)
  t.equal(wordLacking({ consumer: url }, 1300), `not yet at ${url} (not fetched yet)`)
  t.match(findHeldKeys({ ...set, gate: { consumers: ['epic'], deadline: 5000 } }, []), [{ lacks: [{ consumer: 'epic' }, { consumer: url }, { consumer: union }], deadline: 6000 }])
})
