// Notes above the PEM block: what is read, what is refused, and that what is written reads back.

import fc from 'fast-check'
import t from 'tap'
import { ALGS } from '../../../src/core/keys/alg.ts'
import { kidWeakness, readNotes, setNotes, writeNotes } from '../../../src/core/keys/notes.ts'
import { faultsOf } from '../../support/faults.ts'
import { formatTime } from '../../../src/core/time.ts'

const time = fc.integer({ min: 0, max: 4_102_444_800 })

t.test('notes that are written read back', async t => {
  fc.assert(fc.property(fc.record({
    activates: time,
    revoked: time,
    alg: fc.constantFrom(...ALGS),
    kid: fc.stringMatching(/^[\x21-\x7e]{1,256}$/).filter(kid => kidWeakness(kid) === undefined)
  }, { requiredKeys: [] }), notes => {
    const read = readNotes('k.pem', writeNotes(notes))
    t.strictSame(read, { notes: { ...notes }, warnings: [] })
  }), { numRuns: 200 })
  fc.assert(fc.property(fc.record({ since: time, earliest: time }), held => {
    const { notes } = readNotes('k.pem', writeNotes({ activates: Infinity, held }))
    t.strictSame(notes, { activates: Infinity, held: { ...held } })
  }), { numRuns: 50 })
})

t.test('a held key: its note has no date; a date takes its place', async t => {
  const note = '# activates: held since 2026-11-26T09:00:00Z, not before 2026-11-27T15:00:00Z'
  const key = '-----BEGIN PRIVATE KEY-----\n'
  const { notes } = readNotes('k.pem', note)
  const held = { since: Date.UTC(2026, 10, 26, 9) / 1000, earliest: Date.UTC(2026, 10, 27, 15) / 1000 }
  t.strictSame(notes, { activates: Infinity, held })
  t.equal(writeNotes(notes), note + '\n')
  t.equal(setNotes(`# mine\n${note}\n${key}`, { activates: 0 }), `# mine\n# activates: 1970-01-01T00:00:00Z\n${key}`)
})

t.test('times: zones count, fractions of seconds are not written', async t => {
  const at = (value: string) => readNotes('k.pem', `# activates: ${value}`).notes.activates
  t.equal(at('2026-12-01T00:00:00Z'), Date.UTC(2026, 11, 1) / 1000)
  t.equal(at('2026-12-01T02:30+02:30'), Date.UTC(2026, 11, 1) / 1000)
  t.equal(formatTime(0), '1970-01-01T00:00:00Z')
})

t.test('free text is not a note; an unknown note is reported', async t => {
  const { notes, warnings } = readNotes('k.pem', '# made by Ann\nkind: x\n\n#kid:  y \n# activate: 2026-12-01T00:00:00Z\n# constructor: z')
  t.strictSame(notes, { kid: 'y' })
  t.match(warnings, [/k\.pem: the note "activate" is not known .*activates/, /"constructor" is not known/])
})

t.test('bad notes are refused with the line to hint', async t => {
  const bad: Array<[string, RegExp]> = [
    ['# activates: tomorrow', /not an RFC 3339/],
    ['# activates: 2026-12-01', /not an RFC 3339/],
    ['# activates: 2026-12-01T00:00:00', /with a zone/],
    ['# activates: 2026-13-01T00:00:00Z', /not an RFC 3339/],
    ['# activates: 2027-02-29T00:00:00Z', /not an RFC 3339/],
    ['# activates: held', /not "held since …, not before …" with two RFC 3339 date-times/],
    ['# activates: held since 2026-12-01T00:00:00Z, not before noon', /not "held since/],
    ['# revoked: today', /not an RFC 3339/],
    ['# alg: HS256', /not one of RS256/],
    ['# alg: none', /not one of RS256/],
    ['# kid:', /1 to 256 printable/],
    ['# kid: a b', /1 to 256 printable/],
    [`# kid: ${'x'.repeat(257)}`, /1 to 256 printable/],
    ['# kid: a\n# kid: a', /is duplicated/],
    ['# kid: "my-key-1"', /has quotes, which would be part of it: write my-key-1/],
    ["# kid: 'k'", /has quotes/],
    ['# kid: __proto__', /member that every JavaScript object has/],
    ['# kid: constructor', /member that every JavaScript object has/]
  ]
  for (const [line, problem] of bad) {
    const [fault] = await faultsOf(() => readNotes('k.pem', line))
    t.match(fault, { where: 'k.pem', problem, hint: /above the PEM block/ }, line)
  }
})

t.test('a line that was meant as a note and is none is quoted in a warning', async t => {
  const above = ['# Activates: 2026-12-01T00:00:00Z', '# activates = 2026-12-01T00:00:00Z', '  # activates: 2026-12-01T00:00:00Z', 'kid: x', '// REVOKED: today', ';alg=RS256']
  for (const line of above) {
    const { notes, warnings } = readNotes('k.pem', line)
    t.strictSame(notes, {})
    t.ok(warnings.length === 1 && warnings[0]!.includes(`the line "${line}" is not read as a note; write "# `), warnings.join())
  }
  t.match(readNotes('k.pem', '', 'bye\n# revoked: 2026-12-01T00:00:00Z\n').warnings, [/"# revoked: 2026-12-01T00:00:00Z" is not read .* above the PEM block: below it, it has no effect/])
  t.match(readNotes('k.pem', '#KID: ' + 'jwksd_' + 'x'.repeat(200)).warnings, [/"#KID: \[secret\]"/], 'short, and without what looks like a secret')
  t.strictSame(readNotes('k.pem', 'Bag Attributes\n    localKeyID: 01\nalgorithm of our own\n', 'kept safe\n').warnings, [], 'free text')
})
