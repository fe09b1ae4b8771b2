// planRotation: what is due when. A small world runs through years of rotations, revocations and lazy operators; what
// vendors rely on must hold in every second of it.

import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import t from 'tap'
import { readCertificate } from '../../../src/core/keys/certificate.ts'
import type { ConsumerFetches } from '../../../src/core/keys/fetches.ts'
import type { Notes } from '../../../src/core/keys/notes.ts'
import type { ParsedKey } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { type KeySet, publishedKeys, signingKey, stateOf } from '../../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { planRotation, type Schedule, shortestLead, shortestRetire, type Step } from '../../../src/core/keys/rotation.ts'
import { makeTimetable } from '../../../src/core/keys/timetable.ts'
import { faultsOf } from '../../support/faults.ts'
import { privatePem } from '../../support/keys.ts'
import { makeCertificate } from '../../support/openssl.ts'

const margins = { interval: 10, skew: 60 }
const RULES = { kid: 'pem-sha256', maxAge: 600, lead: 3600, retire: 7200 } as const
const QUARTERLY: Schedule = { margins, lead: RULES.lead, every: 90 * 86400 }
const BY_HAND: Schedule = { margins, lead: RULES.lead }
const NOW = 1_800_000_000

/** Keys of the world; making them is what takes time, so they are made once. */
const pool = Array.from({ length: 40 }, (_, i) => parseKey(`pool-${i}.pem`, privatePem('P-256')))
const key = (i: number, notes: Notes = {}, file = `s-es256-${i}.pem`): ParsedKey => ({ ...pool[i]!, file, notes })
const setOf = (keys: ParsedKey[], rules: object = {}): KeySet => makeKeySet('s', keys, { ...RULES, ...rules })
const brief = (steps: readonly Step[]): Array<[string, number, string]> =>
  steps.map(step => [step.do, step.at, step.do === 'generate' ? `${step.name} at ${step.activates}` : step.key.file])

t.test('the first rotation by hand is due at once, and waits for the caches', async t => {
  const set = setOf([key(1)])
  t.strictSame(brief(planRotation(set, BY_HAND, NOW)), [['generate', NOW, `s-es256-2.pem at ${NOW + 3600}`]])
  t.strictSame(planRotation(set, BY_HAND, NOW), planRotation(set, BY_HAND, NOW), 'two who plan make the same file')
  t.strictSame(brief(planRotation(setOf([key(1), key(2, { activates: NOW + 5 })]), BY_HAND, NOW)),
    [['destroy', NOW + 5 + 7200 + 60, 's-es256-1.pem']], 'a successor that waits is enough')
})

t.test('a rotation by hand ends with the old key; the next begins only when somebody says so', async t => {
  const set = setOf([key(1), key(2, { activates: NOW })])
  const destroy = ['destroy', NOW + 7260, 's-es256-1.pem']
  t.strictSame(brief(planRotation(set, BY_HAND, NOW + 1)), [destroy])
  t.strictSame(brief(planRotation(set, BY_HAND, NOW + 9000)), [destroy])
  t.strictSame(brief(planRotation(setOf([key(2, { activates: NOW })]), BY_HAND, NOW + 9000)), [], 'the end')
  t.strictSame(brief(planRotation(set, { ...BY_HAND, begin: true }, NOW + 1)), [['generate', NOW + 1, `s-es256-3.pem at ${NOW + 3601}`], destroy])
})

t.test('by schedule the successor signs when the key has its age', async t => {
  const set = setOf([key(1, { activates: NOW })])
  const due = NOW + 90 * 86400 - 3600
  t.strictSame(brief(planRotation(set, QUARTERLY, NOW)), [['generate', due, `s-es256-2.pem at ${due + 3600}`]])
  t.strictSame(brief(planRotation(set, { ...QUARTERLY, begin: true }, NOW))[0]![1], NOW)
  t.strictSame(brief(planRotation(set, QUARTERLY, due + 99)), [['generate', due + 99, `s-es256-2.pem at ${due + 3699}`]], 'a late run keeps the lead')
  t.equal(planRotation(setOf([key(1)]), QUARTERLY, NOW)[0]!.at, NOW, 'a key without a date has any age')
})

t.test('each alg of a set is a line of its own; keys without a private half are not rotated', async t => {
  const ed = parseKey('ed.pem', privatePem('Ed25519'))
  const { privateKey: _, ...half } = parseKey('half.pem', privatePem('P-384'))
  const steps = planRotation(setOf([key(1), ed, half]), BY_HAND, NOW)
  t.strictSame(steps.map(step => step.do === 'generate' && step.name).sort(), ['s-eddsa-2.pem', 's-es256-2.pem'])
  const { privateKey: __, ...other } = pool[0]!
  t.match(await faultsOf(() => planRotation(setOf([{ ...other, notes: {} }]), BY_HAND, NOW)),
    [{ where: 's', problem: 'the set holds no private key', hint: 'run this where its private keys are' }])
})

t.test('keys that nothing puts in order are refused, with what to do', async t => {
  t.match(await faultsOf(() => planRotation(setOf([key(1), key(2)]), BY_HAND, NOW)),
    [{ where: 's', problem: /^s-es256-1.pem and s-es256-2.pem have no activation date|^s-es256-2.pem and/, hint: /move each into a directory of its own/ }])
})

t.test('a key with a certificate is refused: only its issuer can certify a successor', async t => {
  const files = makeCertificate(t.testdir(), 's')
  const certified = parseKey('s-es256-1.pem', readFileSync(files.key, 'utf8'))
  const certificate = readCertificate('s-es256-1.crt', readFileSync(files.cert, 'utf8'), certified.publicKey)
  t.match(await faultsOf(() => planRotation(setOf([{ ...certified, certificate }]), BY_HAND, NOW)),
    [{ where: 's', problem: /^s-es256-1.pem has a certificate/, hint: /put the next key and its certificate there yourself/ }])
  t.equal(planRotation(setOf([certified]), BY_HAND, NOW)[0]!.do, 'generate', 'control: without it')
})

t.test('the active key has its private half elsewhere: nothing is begun or destroyed until somebody says so, and then it signs at once', async t => {
  const { privateKey: _, ...publicKey } = key(2, { activates: NOW })
  const set = setOf([key(1), publicKey])
  const late = NOW + 100 * 86400
  t.equal(stateOf(set, set.keys[0]!, late), 'destroyed', 'control: its time is over')
  for (const now of [NOW, late]) t.strictSame(brief(planRotation(set, QUARTERLY, now)), [])
  const [step, ...others] = planRotation(set, { ...BY_HAND, begin: true }, late)
  t.strictSame(brief([step!]), [['generate', late, `s-es256-3.pem at ${late}`]])
  t.match(step, { model: { file: 's-es256-1.pem' } }, 'like the last key that was here')
  t.strictSame(others, [])
  const revoked = setOf([key(1, { revoked: NOW }), { ...publicKey, notes: { activates: NOW + 3000 } }])
  t.strictSame(brief(planRotation(revoked, BY_HAND, NOW)), [], 'a public key cannot take over early')
})

t.test('the active key is revoked', async t => {
  const revoked = { activates: NOW, revoked: NOW + 100 }
  const back = setOf([key(1), key(2, revoked)])
  t.equal(signingKey(back, { alg: 'ES256' }, NOW + 100).file, 's-es256-1.pem', 'its predecessor, still published, signs again')
  t.strictSame(brief(planRotation(back, BY_HAND, NOW + 100)), [
    ['generate', NOW + 100, `s-es256-3.pem at ${NOW + 3700}`], ['destroy', NOW + 7360, 's-es256-2.pem']
  ], 'and the lead is kept')
  const dated = setOf([key(1, { activates: NOW - 50_000 }), key(2, revoked)])
  t.equal(planRotation(dated, BY_HAND, NOW + 100)[0]!.do, 'generate', 'a rotation that a revocation cut off goes on')

  const late = setOf([key(1), key(2, { activates: NOW, revoked: NOW + 7200 })])
  t.equal(stateOf(late, late.keys[0]!, NOW + 7200), 'destroyed', 'a predecessor that has left does not return')
  t.strictSame(brief(planRotation(late, BY_HAND, NOW + 7200)), [
    ['generate', NOW + 7200, `s-es256-3.pem at ${NOW + 7200}`], ['destroy', NOW + 7260, 's-es256-1.pem']
  ], 'nothing signs, so the new key does not wait; the revoked file stays until something does')

  const waiting = setOf([key(1, { revoked: NOW }), key(2, { activates: NOW + 3000 })])
  t.strictSame(brief(planRotation(waiting, BY_HAND, NOW)), [['advance', NOW, 's-es256-2.pem']], 'a successor that waits takes over')
  t.equal(planRotation(waiting, BY_HAND, NOW)[0]!.do === 'advance' && NOW, NOW)
  t.strictSame(planRotation(setOf([key(2, { activates: NOW + 3000 })]), BY_HAND, NOW), [], 'a first key with a date is left alone')
})

t.test('a revoked key without a date still counts among those that nothing puts in order', async t => {
  const set = setOf([key(1, { revoked: NOW }), key(2), key(3, { activates: NOW - 100_000 })])
  t.equal(stateOf(set, set.keys.find(({ file }) => file === 's-es256-2.pem')!, NOW), 'active', 'the others go on as before')
})

t.test('a timetable lists transitions and steps in the order of time', async t => {
  const set = setOf([key(1), key(2, { activates: NOW + 10 }), key(3, { activates: NOW + 5, revoked: NOW })])
  const table = makeTimetable(set, planRotation(set, BY_HAND, NOW), margins, NOW)
  t.strictSame(table.map(({ at, event, file }) => [at - NOW, event, file]), [
    [10, 'deactivate', 's-es256-1.pem'], [10, 'activate', 's-es256-2.pem'], [7210, 'remove', 's-es256-1.pem'],
    [7260, 'destroy', 's-es256-3.pem'], [7270, 'destroy', 's-es256-1.pem']
  ])
  const first = setOf([key(1)])
  const ahead = makeTimetable(first, planRotation(first, BY_HAND, NOW), margins, NOW)
  t.strictSame(ahead.map(({ at, event, kid }) => [at - NOW, event, kid !== undefined]), [
    [0, 'generate', false], [3600, 'activate', false], [3600, 'deactivate', true], [10800, 'remove', true], [10860, 'destroy', true]
  ])
  const gone = setOf([key(1, { revoked: NOW })])
  t.strictSame(makeTimetable(gone, planRotation(gone, BY_HAND, NOW), margins, NOW).map(({ event }) => event), ['generate', 'activate'])
})

const GATE = { gate: { consumers: ['epic', 'athena'], deadline: 14 * 86400 } }
const heldNotes: Notes = { activates: Infinity, held: { since: NOW, earliest: NOW + 3600 } }
const fetched = (consumer: string, ...kids: string[]): ConsumerFetches =>
  ({ consumer, set: 's', first: NOW - 10, last: NOW + 20, count: 2, etag: '"e"', kids: new Map(kids.map(kid => [kid, NOW + 10])) })

t.test('with a gate the successor is held, and gets its date when its lead is over and every consumer has it', async t => {
  t.strictSame(planRotation(setOf([key(1)], GATE), BY_HAND, NOW).map(step => step.do === 'generate' && [step.activates, step.held]),
    [[Infinity, { since: NOW, earliest: NOW + 3600 }]])
  const set = setOf([key(1, { activates: NOW - 10 }), key(2, heldNotes)], GATE)
  const held = set.keys[1]!
  t.equal(stateOf(set, held, NOW + 1e9), 'pre-activation', 'no clock ends it')
  t.equal(signingKey(set, { alg: 'ES256' }, NOW + 1e9).file, 's-es256-1.pem')
  t.throws(() => signingKey(set, { alg: 'ES256', key: held.kid, name: 'p' }, NOW), { message: /is held since/ })
  const plan = (fetches: ConsumerFetches[], now: number, more: object = {}): unknown =>
    planRotation(set, { ...BY_HAND, begin: true, fetches, ...more }, now)
      .map(step => [step.do, step.at - NOW, 'activates' in step && step.activates - NOW])
  const both = [fetched('epic', held.kid), fetched('athena', 'other', held.kid)]
  t.strictSame(plan(both, NOW + 100), [['promote', 3600, 3670]], 'the lead is kept, and the date reaches every replica before it comes')
  t.strictSame(plan(both, NOW + 9000), [['promote', 9000, 9070]])
  const lacking = [[], [fetched('epic', held.kid)], [fetched('epic', held.kid), fetched('athena', 'other')]]
  for (const fetches of lacking) t.strictSame(plan(fetches, NOW + 1e7), [], 'and no deadline opens the gate')
  t.strictSame(plan([], NOW + 100, { pass: true }), [['promote', 100, 3600]], 'who passes the gate writes the date at once, and keeps the lead')
  t.strictSame(plan([], NOW + 9000, { pass: true }), [['promote', 9000, 9070]])
  t.strictSame(planRotation(set, BY_HAND, NOW), [], 'without a ledger it waits')
  const { gate: _, ...open } = set
  t.equal(planRotation(open, BY_HAND, NOW)[0]!.do, 'promote', 'where the gate is gone only the lead counts')
})

t.test('public URLs: the successor gets its date when it has been seen at each, and its lead counts from then', async t => {
  const urls = ['https://jwks.example.com/s/.well-known/jwks.json', 'https://jwks.example.com/.well-known/jwks.json']
  const set = (rules: object = {}) => setOf([key(1), key(2, heldNotes)], { publicUrls: urls, ...rules })
  const { kid } = set().keys.find(({ held }) => held)!
  const seen = (consumers: string[], now: number): ConsumerFetches[] =>
    consumers.map(consumer => ({ consumer, set: 's', first: now, last: now, count: 1, etag: '', kids: new Map([[kid, now]]) }))
  const plan = (consumers: string[], now: number, rules?: object, schedule = {}): unknown =>
    planRotation(set(rules), { ...BY_HAND, fetches: seen(consumers, now), ...schedule }, now).map(step => step.do === 'promote' && [step.at - NOW, step.activates - NOW])
  for (const now of [NOW, NOW + 1e7]) t.strictSame([plan([], now), plan(urls.slice(1), now)], [[], []], 'however much time has passed')
  t.strictSame(plan(urls, NOW + 100), [[100, 3700]], 'published 100 seconds late: the lead counts from there')
  t.strictSame(plan(urls, NOW + 9000), [[9000, 12_600]])
  t.strictSame(plan([], NOW + 9000, {}, { pass: true }), [[9000, 9070]], 'who passes it accepts the risk')
  t.strictSame(plan(urls, NOW + 100, { gate: { consumers: ['epic'], deadline: 9000 } }), [], 'a gate waits, too')
  t.strictSame(plan([...urls, 'epic'], NOW + 100, { gate: { consumers: ['epic'], deadline: 9000 } }), [[100, 3700]])
  t.strictSame(plan(urls, NOW, { publicUrls: undefined }), [[3600, 3670]], 'control: without it, when the lead is over')
})

t.test('a held key does not wait while nothing signs', async t => {
  const brieflyHeld = (...keys: ParsedKey[]): unknown =>
    brief(planRotation(setOf(keys, GATE), BY_HAND, NOW)).map(([what, at]) => [what, at])
  t.strictSame(brieflyHeld(key(1, { revoked: NOW }), key(2, heldNotes)), [['advance', NOW]], 'the active key is revoked')
  t.strictSame(brieflyHeld(key(2, heldNotes)), [['advance', NOW]], 'its predecessor is gone')
  t.strictSame(brieflyHeld(key(1, { revoked: NOW })), [['generate', NOW]])
  t.equal(planRotation(setOf([key(1, { revoked: NOW })], GATE), BY_HAND, NOW)[0]!.do === 'generate' && NOW, NOW, 'nor does a new one')
  const previous = [key(0, { activates: NOW - 9000 }), key(1, { activates: NOW - 100, revoked: NOW }), key(2, heldNotes)]
  t.strictSame(brieflyHeld(...previous), [['destroy', NOW + 7260]], 'control: while the previous key signs again it does')
  t.match(brieflyHeld(key(1), key(2, { ...heldNotes, revoked: NOW })), [['generate', NOW], ['destroy', NOW + 7260]], 'a revoked one is followed by another')
})

t.test('a revoked successor is replaced once: when its replacement signs, that one has its whole age', async t => {
  const A = key(1, { activates: NOW - 50_000 })
  const C = key(3, { activates: NOW })
  const revokedAt = (revoked: number, activates = Infinity): ParsedKey =>
    key(2, activates === Infinity ? { ...heldNotes, revoked } : { activates, revoked })
  const made = (keys: ParsedKey[], schedule: Schedule): number[] =>
    planRotation(setOf(keys, GATE), schedule, NOW + 100).filter(step => step.do === 'generate').map(({ at }) => at - NOW)
  const age = QUARTERLY.every! - RULES.lead
  for (const [what, activates] of [['held', Infinity], ['dated later than its replacement', NOW + 50_000]] as const) {
    const B = revokedAt(NOW - 4000, activates)
    t.strictSame(made([A, B, C], BY_HAND), [], `${what}: by hand nothing follows the replacement`)
    t.strictSame(made([A, B, C], QUARTERLY), [age], `${what}: by schedule the next follows at its age`)
    t.strictSame([made([A, B], BY_HAND), made([A, B], QUARTERLY)], [[100], [100]], `control: ${what}, without a replacement`)
    const again = revokedAt(NOW + 1, activates)
    t.strictSame([made([A, again, C], BY_HAND), made([A, again, C], QUARTERLY)], [[100], [100]],
      `control: ${what}, the successor of C itself`)
  }
  t.strictSame(made([A, revokedAt(NOW), C], QUARTERLY), [age], 'revoked in the very second in which its replacement took over')
})

t.test('the timetable of a held key', async t => {
  const table = (set: KeySet, schedule: Schedule): unknown =>
    makeTimetable(set, planRotation(set, schedule, NOW), margins, NOW).map(({ at, event, file }) => [at - NOW, event, file])
  t.strictSame(table(setOf([key(1)], GATE), BY_HAND), [[0, 'generate', 's-es256-2.pem'], [3600, 'promote', 's-es256-2.pem']])
  t.strictSame(table(setOf([key(1)], { publicUrls: ['https://u'] }), BY_HAND), [[0, 'generate', 's-es256-2.pem'], [0, 'promote', 's-es256-2.pem']])
  t.strictSame(table(setOf([key(1), key(2, heldNotes)], GATE), { ...BY_HAND, pass: true }), [
    [0, 'promote', 's-es256-2.pem'], [3600, 'activate', 's-es256-2.pem'], [3600, 'deactivate', 's-es256-1.pem'],
    [10800, 'remove', 's-es256-1.pem'], [10860, 'destroy', 's-es256-1.pem']
  ])
})

// ---- The world ----

interface Act { after: number, what: 'rotate' | 'begin' | 'revoke' | 'fetch', which: number }
const acts = fc.array(fc.record({
  after: fc.oneof(fc.integer({ min: 0, max: 20_000 }), fc.constantFrom(0, 1, 3600, 7200, 7260)),
  what: fc.constantFrom<Act['what']>('rotate', 'rotate', 'rotate', 'begin', 'revoke', 'fetch'),
  which: fc.nat(5)
}), { minLength: 3, maxLength: 30 })

type Look = (set: KeySet, from: number, to: number, fetches: ConsumerFetches) => void

/** Runs the acts one after the other, and calls `look` with the set in force and the moments between. One consumer, epic, fetches. */
function live (history: readonly Act[], schedule: Schedule, look: Look, rules: object = {}): void {
  let files = [key(0, {}, 's-es256-1.pem')]
  let fetches = fetched('epic')
  let made = 0
  let now = NOW
  for (const { after, what, which } of history) {
    const before = setOf(files, rules)
    look(before, now, now + after, fetches)
    now += after
    if (what === 'fetch') {
      fetches = { ...fetches, last: now, kids: new Map(publishedKeys(before, now).map(({ kid }) => [kid, fetches.kids.get(kid) ?? now])) }
      continue
    }
    if (what === 'revoke') {
      const { file } = before.keys[which % before.keys.length]!
      const isChosen = (one: ParsedKey): boolean => one.file === file && one.notes.revoked === undefined
      files = files.map(one => isChosen(one) ? { ...one, notes: { ...one.notes, revoked: now } } : one)
      continue
    }
    for (const step of planRotation(before, { ...schedule, begin: what === 'begin', fetches: [fetches] }, now).filter(({ at }) => at <= now)) {
      if (step.do === 'generate') files = [...files, key(++made, { activates: step.activates, ...(step.held && { held: step.held }) }, step.name)]
      else if (step.do === 'destroy') files = files.filter(({ file }) => file !== step.key.file)
      else files = files.map(one => one.file === step.key.file ? { ...one, notes: { activates: step.activates } } : one)
      setOf(files) // can be read after each step
    }
  }
  look(setOf(files, rules), now, now + 20_000, fetches)
}

/** Every moment at which something may change, and those beside it. */
function momentsOf (set: KeySet, from: number, to: number): number[] {
  const dates = set.keys.flatMap(({ activates = from }) => [activates, activates + RULES.retire])
  return [from, to, ...dates.flatMap(date => [date - 1, date, date + 1])].filter(time => time >= from && time <= to).sort((a, b) => a - b)
}

for (const [name, schedule] of [['by hand', BY_HAND], ['by schedule', { ...BY_HAND, every: 10_000 }]] as const) {
  t.test(`whatever operators do, ${name}: one key signs, vendors can verify, nothing returns`, async t => {
    const property = fc.property(acts, history => {
      const inSet = new Map<string, boolean>()
      live(history, schedule, (set, from, to) => {
        for (const now of momentsOf(set, from, to)) {
          const active = set.keys.filter(one => stateOf(set, one, now) === 'active')
          if (active.length > 1) throw new Error(`${active.length} keys sign at ${now}`)
          const anyRevoked = set.keys.some(({ revoked }) => revoked !== undefined)
          if (active.length === 0 && !anyRevoked) throw new Error(`no key signs at ${now}`)
          const published = publishedKeys(set, now)
          if (published.some(({ kid }) => inSet.get(kid) === false)) throw new Error(`a key that had left returns at ${now}`)
          for (const kid of inSet.keys()) inSet.set(kid, published.some(one => one.kid === kid))
          for (const { kid } of published) inSet.set(kid, true)
          if (active.some(key => !published.includes(key))) throw new Error(`what signs is not published at ${now}`)
        }
      })
    })
    t.doesNotThrow(() => { fc.assert(property, { numRuns: 500 }) })
  })
}

t.test('with a gate no key signs that the consumer lacks, as long as nothing is revoked', async t => {
  const peaceful = acts.map(history => history.map(act => act.what === 'revoke' ? { ...act, what: 'fetch' as const } : act))
  const property = (rules: object) => fc.property(peaceful, history => {
    live(history, BY_HAND, (set, from, to, { kids }) => {
      for (const now of momentsOf(set, from, to)) {
        const { kid, activates } = signingKey(set, { alg: 'ES256' }, now)
        if (activates !== undefined && !kids.has(kid)) throw new Error(`${kid} signs at ${now} and the consumer lacks it`)
      }
    }, rules)
  })
  const gate = { consumers: ['epic'], deadline: 5000 }
  t.doesNotThrow(() => { fc.assert(property({ gate }), { numRuns: 500 }) })
  t.throws(() => { fc.assert(property({}), { numRuns: 500 }) }, /Property failed/, 'control: without the gate')
})

t.test('without revocations: published for the lead before signing, and for the retirement after it', async t => {
  const peaceful = acts.map(history => history.map(act => act.what === 'revoke' ? { ...act, what: 'begin' as const } : act))
  const property = fc.property(peaceful, history => {
    const published = new Map<string, [number, number]>()
    const signed = new Map<string, [number, number]>()
    const stretch = (map: Map<string, [number, number]>, kid: string, now: number): void => {
      map.set(kid, [map.get(kid)?.[0] ?? now, now])
    }
    let end = NOW
    live(history, BY_HAND, (set, from, to) => {
      end = to
      for (const now of momentsOf(set, from, to)) {
        for (const { kid } of publishedKeys(set, now)) stretch(published, kid, now)
        stretch(signed, signingKey(set, { alg: 'ES256' }, now).kid, now)
      }
    })
    for (const [kid, [begins, ends]] of signed) {
      const [from, to] = published.get(kid)!
      if (begins > NOW && begins - from < shortestLead(RULES, margins)) throw new Error(`${kid} signs ${begins - from} s after its publication`)
      const needed = Math.min(end, ends + shortestRetire(300, margins))
      if (to < needed) throw new Error(`${kid} left ${to - ends} s after it last signed`)
    }
  })
  t.doesNotThrow(() => { fc.assert(property, { numRuns: 500 }) })
  const hasty = { ...BY_HAND, lead: 0 }
  const seen = (schedule: Schedule): number => {
    let lead = Infinity
    live([{ after: 10, what: 'begin', which: 0 }], schedule, (set, from) => { lead = (set.keys[1]?.activates ?? Infinity) - from })
    return lead
  }
  t.ok(seen(BY_HAND) >= shortestLead(RULES, margins))
  t.notOk(seen(hasty) >= shortestLead(RULES, margins), 'control: without the lead it would not hold')
})
