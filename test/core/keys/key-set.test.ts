// The life cycle as a pure function of files and clock: properties over random sets, and what makes a set refused.

import fc from 'fast-check'
import t, { type Test } from 'tap'
import { formatTime } from '../../../src/core/time.ts'
import type { ParsedKey } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { isNamed, type KeySet, lifeOf, nextTransition, publishedKeys, type SetRules, signingKey, stateOf, unorderedKeys } from '../../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { faultsOf } from '../../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../../support/keys.ts'

const RULES: SetRules = { kid: 'pem-sha256', maxAge: 600, lead: 108_000, retire: 86_400 }
const HORIZON = 1_000_000
const poolOf = (kind: 'P-256' | 'P-384' | 'Ed25519', count: number): ParsedKey[] =>
  Array.from({ length: count }, (_, i) => parseKey(`${kind}-${i}.pem`, privatePem(kind)))
const pool = [...poolOf('P-256', 5), ...poolOf('P-384', 3), ...poolOf('Ed25519', 3)]

const dated = (key: ParsedKey, activates?: number): ParsedKey =>
  ({ ...key, notes: activates === undefined ? {} : { activates } })

/** Sets in which each alg is one line of succession: at most one key without a date. Times are often equal. */
const time = fc.option(fc.oneof(fc.nat(HORIZON), fc.constantFrom(1000, 2000)))
const files = fc.tuple(...pool.map(() => time))
  .map(times => {
    const since = new Set<string>()
    return pool.flatMap((key, i): ParsedKey[] => {
      const line = key.file.replace(/-\d+\.pem/, '')
      if (times[i] !== null) return [dated(key, times[i])]
      if (since.has(line)) return []
      since.add(line)
      return [dated(key)]
    })
  })
const rules = fc.integer({ min: 1, max: HORIZON }).map(retire => ({ ...RULES, retire }))
const moment = fc.oneof(fc.integer({ min: -10, max: 3 * HORIZON }), fc.constantFrom(999, 1000, 1001, 2000))
const algsOf = (set: KeySet) => [...new Set(set.keys.map(({ alg }) => alg))]
const statesAt = (set: KeySet, now: number) => set.keys.map(key => stateOf(set, key, now)).join()

function holds (t: Test, name: string, property: fc.IRawProperty<unknown, false>): void {
  t.doesNotThrow(() => { fc.assert(property, { numRuns: 400 }) }, name)
}

t.test('life cycle: properties', async t => {
  holds(t, 'one key of an alg is active from the first activation on, never two', fc.property(files, rules, moment, (parsed, rules, now) => {
    const set = makeKeySet('s', parsed, rules)
    return algsOf(set).every(alg => {
      const line = set.keys.filter(key => key.alg === alg)
      const active = line.filter(key => stateOf(set, key, now) === 'active').length
      return active === (line.some(({ activates = -Infinity }) => activates <= now) ? 1 : 0)
    })
  }))
  holds(t, 'the signing key is the active one, is published, and is that which activated last', fc.property(files, rules, moment, (parsed, rules, now) => {
    const set = makeKeySet('s', parsed, rules)
    return algsOf(set).every(alg => {
      const begun = set.keys.filter(key => key.alg === alg && (key.activates ?? -Infinity) <= now)
      if (begun.length === 0) return true
      const key = signingKey(set, { alg }, now)
      const last = Math.max(...begun.map(({ activates = -Infinity }) => activates))
      return publishedKeys(set, now).includes(key) && (key.activates ?? -Infinity) === last
    })
  }))
  holds(t, 'a key is published from the first moment until its successor activated and retire has passed', fc.property(files, rules, moment, (parsed, rules, now) => {
    const set = makeKeySet('s', parsed, rules)
    return set.keys.every(key => {
      const line = set.keys.filter(({ alg }) => alg === key.alg)
      const successor = line[line.indexOf(key) + 1]
      const published = successor === undefined || now < successor.activates! + rules.retire
      return publishedKeys(set, now).includes(key) === published
    })
  }))
  holds(t, 'states only go forward', fc.property(files, rules, moment, fc.nat(HORIZON), (parsed, rules, now, later) => {
    const order = ['pre-activation', 'active', 'deactivated', 'destroyed']
    const set = makeKeySet('s', parsed, rules)
    return set.keys.every(key => order.indexOf(stateOf(set, key, now)) <= order.indexOf(stateOf(set, key, now + later)))
  }))
  holds(t, 'nothing changes before nextTransition, and then something does', fc.property(files, rules, moment, fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }), (parsed, rules, now, part) => {
    const set = makeKeySet('s', parsed, rules)
    const next = nextTransition(set, now)
    const before = now + Math.floor((Math.min(next, now + HORIZON) - now) * part)
    return next > now && statesAt(set, before) === statesAt(set, now) && (next === Infinity || statesAt(set, next) !== statesAt(set, now))
  }))
  holds(t, 'replicas that list the files in another order publish the same bytes', fc.property(files, rules, moment, fc.nat(), (parsed, rules, now, turn) => {
    const rotated = [...parsed.slice(turn % (parsed.length + 1)), ...parsed.slice(0, turn % (parsed.length + 1))].reverse()
    const bytes = (all: ParsedKey[]) => JSON.stringify(publishedKeys(makeKeySet('s', all, rules), now).map(({ jwk }) => jwk))
    return bytes(parsed) === bytes(rotated)
  }))
})

t.test('negative control: the property runner finds a rule that does not hold', async t => {
  t.throws(() => { fc.assert(fc.property(files, moment, (parsed, now) => publishedKeys(makeKeySet('s', parsed, RULES), now).length < 5)) })
})

t.test('order of publication: what signs, what will sign, what signed', async t => {
  const [a, b, c] = pool as [ParsedKey, ParsedKey, ParsedKey]
  const set = makeKeySet('s', [dated(a, 3000), dated(b, 2000), dated(c, 1000)], RULES)
  t.strictSame(publishedKeys(set, 2500).map(key => [key.file, stateOf(set, key, 2500)]),
    [[b.file, 'active'], [a.file, 'pre-activation'], [c.file, 'deactivated']])
  t.strictSame(lifeOf(set, set.keys[0]!), { activates: 1000, deactivates: 2000, removed: 2000 + RULES.retire })
})

t.test('keys without dates: all published for good, none signs unless it is named', async t => {
  const [a, b, c] = pool as [ParsedKey, ParsedKey, ParsedKey]
  const set = makeKeySet('s', [dated(a), dated(b), dated(c, 1000)], RULES)
  t.strictSame(unorderedKeys(set, 'ES256').map(({ file }) => file).sort(), [a.file, b.file])
  t.strictSame(unorderedKeys(set, 'RS384'), [])
  t.equal(publishedKeys(set, 1e12).length, 3)
  for (const name of [b.file, set.keys.find(({ file }) => file === b.file)!.kid]) t.equal(signingKey(set, { alg: 'ES256', key: name }, 5000).file, b.file)
  const inDirectory = { ...set.keys[0]!, file: 'keys/ecw/a.pem' }
  t.ok(isNamed(inDirectory, 'a.pem') && isNamed(inDirectory, 'keys/ecw/a.pem'))
  t.notOk(isNamed(inDirectory, 'pem') || isNamed(inDirectory, 'ecw'))
})

t.test('no signing key: not yet active, no such alg, no such name, only a public half', async t => {
  const key = dated(pool[0]!, 1000)
  const { privateKey: _, ...half } = key
  const refused = { code: 'ERR_NO_ACTIVE_KEY', message: /the set "s" has no private \w+ key/ }
  t.throws(() => signingKey(makeKeySet('s', [key], RULES), { alg: 'ES256' }, 999), refused)
  t.throws(() => signingKey(makeKeySet('s', [key], RULES), { alg: 'RS384' }, 1000), refused)
  t.throws(() => signingKey(makeKeySet('s', [key], RULES), { alg: 'ES256', key: 'other.pem' }, 1000), refused)
  t.throws(() => signingKey(makeKeySet('s', [half], RULES), { alg: 'ES256' }, 1000), refused)
  t.equal(signingKey(makeKeySet('s', [key], RULES), { alg: 'ES256' }, 1000).file, key.file, 'negative control')
})

t.test('a profile that is bound to a key hears why it does not sign', async t => {
  const [a, b] = pool as [ParsedKey, ParsedKey]
  const why = (keys: ParsedKey[], now: number): string => {
    try {
      return signingKey(makeKeySet('s', keys, RULES), { name: 'p', alg: 'ES256', key: a.file }, now).file
    } catch (error) {
      return (error as Error).message
    }
  }
  const bound = `profile p is bound to ${a.file}, which`
  t.equal(why([dated(a, 1000), dated(b, 2000)], 1500), a.file, 'control: it signs')
  t.equal(why([dated(a, 1000), dated(b, 2000)], 2000), `${bound} stopped signing on ${formatTime(2000)}`)
  t.equal(why([dated(a, 1000)], 999), `${bound} signs from ${formatTime(1000)}`)
  t.equal(why([{ ...a, notes: { revoked: 900 } }], 1000), `${bound} was revoked on ${formatTime(900)}`)
  const { privateKey: _, ...half } = a
  t.equal(why([half], 1000), `${bound} has no private half here`)
})

t.test('the dates of many keys are worked out once', async t => {
  const many = Array.from({ length: 3000 }, (_, i) => ({ ...pool[0]!, file: `${i}.pem`, notes: { activates: i, kid: `k${i}` } }))
  const set = makeKeySet('s', many, RULES)
  t.strictSame(lifeOf(set, set.keys[1]!), { activates: 1, deactivates: 2, removed: 2 + RULES.retire })
  t.equal(lifeOf(set, set.keys[1]!), lifeOf(set, set.keys[1]!), 'the same object')
})

t.test('a private key and its own public key are one key; the notes of both count', async t => {
  const key = makePrivateKey('P-256')
  const whole = parseKey('private.pem', '# kid: k1\n' + privatePem(key))
  const half = (notes: string) => parseKey('public.pem', notes + publicPem(key))
  const { keys } = makeKeySet('s', [half('# kid: k1\n# activates: 1970-01-01T00:16:40Z\n'), whole], RULES)
  t.match(keys, [{ file: 'private.pem', kid: 'k1', activates: 1000, privateKey: Object }])
  t.equal(keys.length, 1)
  t.match(await faultsOf(() => makeKeySet('s', [whole, half('# kid: k2\n')], RULES)),
    [{ where: 'public.pem', problem: /"kid" contradicts that of private\.pem/, hint: /make the notes equal/ }])
})

t.test('one kid twice is refused, and every fault of the set is reported at once', async t => {
  const [a, b, c] = pool as [ParsedKey, ParsedKey, ParsedKey]
  const faults = await faultsOf(() => makeKeySet('s', [
    { ...a, notes: { kid: 'x' } }, { ...b, notes: { kid: 'x' } }, { ...c, notes: { alg: 'RS256' } }, { ...pool[5]!, file: 'one.pem' }, { ...pool[5]!, file: 'two.pem' }
  ], RULES))
  t.match(faults, [
    { where: c.file, problem: /does not fit a key of kind P-256/ },
    { where: b.file, problem: `its kid x is also that of ${a.file}`, hint: /pin another kid/ },
    { where: 'two.pem', problem: /is also that of one\.pem/, hint: /it is the same key/ }
  ])
  t.equal(faults.length, 3)
})
