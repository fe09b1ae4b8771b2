// What consumers have fetched: records join to the same whatever their order, and never claim a key that a consumer lacks.

import fc from 'fast-check'
import t from 'tap'
import { type ConsumerFetches, mergeFetches, readFetches, writeFetches } from '../../../src/core/keys/fetches.ts'

const record = (fields: Partial<Omit<ConsumerFetches, 'kids'>> & { kids?: Record<string, number> }): ConsumerFetches =>
  ({ consumer: 'epic', set: 'ecw', first: 10, last: 10, count: 1, etag: '"a"', ...fields, kids: new Map(Object.entries(fields.kids ?? {})) })
const merge = (...records: ConsumerFetches[]) => records.reduce<ConsumerFetches[]>((known, next) => mergeFetches(known, [next], 100), [])

t.test('min first, max last, sum of counts, earliest time per kid', async t => {
  const a = record({ first: 5, last: 20, count: 3, kids: { old: 5, fresh: 15 } })
  const b = record({ first: 8, last: 30, count: 4, etag: '"b"', kids: { old: 8, fresh: 12 } })
  const both = record({ first: 5, last: 30, count: 7, etag: '"b"', kids: { old: 5, fresh: 12 } })
  t.strictSame(merge(a, b), [both])
  t.strictSame(merge(b, a), [both], 'the order does not matter')
  t.strictSame(merge(a, record({ set: 'cdata' }), record({ consumer: 'b' })).map(({ consumer, set }) => `${consumer} ${set}`), ['b ecw', 'epic cdata', 'epic ecw'])
})

t.test('who last fetched a body without a key does not have it', async t => {
  const withKey = record({ kids: { old: 10, fresh: 10 } })
  const without = record({ first: 11, last: 11, kids: { old: 11 } })
  t.strictSame([...merge(withKey, without)[0]!.kids], [['old', 10]])
  t.strictSame([...merge(without, withKey)[0]!.kids], [['old', 10]], 'also where that is learned first')
  const again = record({ first: 12, last: 14, kids: { old: 12, fresh: 14 } })
  t.strictSame([...merge(withKey, again)[0]!.kids], [['old', 10], ['fresh', 14]], 'it was gone at 12: the time before does not count')
})

t.test('joining is commutative', async t => {
  const times = fc.record({ first: fc.nat(50), length: fc.nat(20), at: fc.nat(20), has: fc.boolean() })
  const made = times.map(({ first, length, at, has }) => record({
    first, last: first + length, etag: String(first), kids: has ? { k: first + Math.min(at, length) } : {}
  }))
  t.doesNotThrow(() => {
    fc.assert(fc.property(made, made, (a, b) => {
      fc.pre(a.last !== b.last)
      const [one, other] = [merge(a, b)[0]!, merge(b, a)[0]!]
      const since = one.kids.get('k')
      const earliest = Math.min(a.kids.get('k') ?? 99, b.kids.get('k') ?? 99)
      return JSON.stringify(writeFetches(one)) === JSON.stringify(writeFetches(other)) && (since ?? earliest) >= earliest
    }))
  })
})

t.test('strangers: the latest hundred, for 30 days; consumers stay', async t => {
  const strangers = Array.from({ length: 150 }, (_, i) => record({ consumer: `10.0.${i}.0/24 curl`, last: i }))
  const kept = merge(record({ last: 0 }), ...strangers)
  t.equal(kept.length, 101)
  t.ok(kept.some(({ consumer }) => consumer === '10.0.149.0/24 curl') && !kept.some(({ consumer }) => consumer === '10.0.49.0/24 curl'))
  t.strictSame(mergeFetches(kept, [], 30 * 86400 + 149).map(({ consumer }) => consumer), ['epic'])
})

t.test('JSON reads back, and anything else is refused', async t => {
  const one = record({ kids: { old: 10, __proto__x: 11 } })
  t.strictSame(readFetches(JSON.parse(JSON.stringify(writeFetches(one)))), one)
  const sound = writeFetches(one) as Record<string, unknown>
  for (const change of [{ consumer: 1 }, { last: '10' }, { count: 1.5 }, { kids: { a: null } }, { kids: undefined }, { etag: undefined }]) {
    t.throws(() => readFetches({ ...sound, ...change }), TypeError, JSON.stringify(change))
  }
  for (const value of [null, 7, 'x', []]) t.throws(() => readFetches(value), TypeError)
})
