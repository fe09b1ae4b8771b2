// The sentence on top of `status` and of the page: what is wrong, or what happens next.

import t from 'tap'
import { makeKeySet } from '../../../src/core/keys/make-key-set.ts'
import { findUnsignedAlgs, type Planned, summarize } from '../../../src/core/keys/outlook.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import type { Entry } from '../../../src/core/keys/timetable.ts'
import { formatDate } from '../../../src/core/time.ts'
import { makePrivateKey, privatePem, publicPem } from '../../support/keys.ts'

const NOW = Date.UTC(2026, 10, 25, 3, 18) / 1000
const HOUR = 3600
const SET = makeKeySet('ecw', [], { kid: 'thumbprint', maxAge: 600, lead: 30 * HOUR, retire: 24 * HOUR })

const planned = (entries: Array<[Entry['event'], number]>): Planned =>
  ({ set: SET, ahead: [], held: [], certain: entries.map(([event, at]) => ({ event, at: NOW + at, file: 'k.pem' })) })

t.test('what comes next', async t => {
  const cases: Array<[string, Planned[]]> = [
    ['There is no key yet.', []],
    ['All well. No key change is planned.', [planned([])]],
    ['All well. Next: the new ecw key signs Thu 26 Nov 09:18 UTC (in 30 h).', [planned([['remove', 40 * HOUR]]), planned([['deactivate', 30 * HOUR], ['activate', 30 * HOUR]])]],
    ['All well. Next: the old ecw key leaves Wed 25 Nov 03:19 UTC (in 60 s).', [planned([['remove', 60], ['destroy', 60]])]],
    ['All well. Next: ecw gets its next key Mon 25 Oct 2027 03:18 UTC (in 334 days).', [planned([['generate', 334 * 24 * HOUR]])]],
    ['All well. Next: ecw gets its next key as soon as the rotation runs.', [planned([['generate', 0]])]]
  ]
  const waits = (set: string, deadline: number, ...lacking: string[]): Planned => {
    const key = makeKeySet('ecw', [parseKey('k.pem', privatePem('P-256'))], SET).keys[0]!
    const lacks = lacking.map(consumer => ({ consumer }))
    const held = { key, since: NOW, earliest: NOW + HOUR, deadline: NOW + deadline, has: [], lacks }
    return { ...planned([['promote', HOUR]]), set: { ...SET, name: set }, held: [held] }
  }
  cases.push(
    ['All well. Next: the new ecw key gets its date Wed 25 Nov 04:18 UTC (in 60 min).', [waits('ecw', HOUR)]],
    ['All well. The new ecw key is held: epic lacks it.', [waits('ecw', HOUR, 'epic')]],
    ['late: the new key is held past its deadline: epic and athena lack it.', [waits('ecw', HOUR, 'epic'), waits('late', 0, 'epic', 'athena')]]
  )
  for (const [text, plans] of cases) t.equal(summarize([], plans, NOW), text)
})

t.test('what is wrong comes first', async t => {
  const fault = { where: 'keys/bad.pem', problem: 'there is no PEM block', hint: 'x' }
  t.equal(summarize([fault], [], NOW), 'keys/bad.pem: there is no PEM block.')
  t.equal(summarize([fault, fault, fault], [planned([['remove', 1]])], NOW), 'keys/bad.pem: there is no PEM block (and 2 more, below).')
})

t.test('a set with which nothing signs is a fault', async t => {
  const key = parseKey('k.pem', privatePem('P-256'))
  const unsigned = (notes: object, of = key): object[] => findUnsignedAlgs(makeKeySet('ecw', [{ ...of, notes }], SET), NOW)
  t.strictSame(unsigned({}), [])
  t.match(unsigned({ revoked: NOW - 1 }), [{ where: 'ecw', problem: 'no ES256 key signs now', hint: 'run: jwksd rotate ecw' }])
  t.match(unsigned({ activates: NOW + 1 }), [{ problem: 'no ES256 key signs now', hint: /is published and signs later/ }])
  const { privateKey: _, ...publicKey } = key
  t.strictSame(unsigned({ revoked: NOW - 1 }, publicKey), [], 'public keys never sign')
  const mixed = makeKeySet('ecw', [key, { ...parseKey('pub.pem', publicPem(makePrivateKey('P-256'))), notes: { activates: NOW } }], SET)
  t.match(findUnsignedAlgs(mixed, NOW), [{ problem: 'no ES256 key signs now: the private half of pub.pem is not here', hint: /jwksd rotate ecw --begin$/ }])
  t.strictSame(findUnsignedAlgs(mixed, NOW - 1), [], 'control: before it takes over')
})

t.test('dates for a reader', async t => {
  t.equal(formatDate(NOW, NOW), 'Wed 25 Nov 03:18 UTC')
  t.equal(formatDate(NOW + 301 * 86400, NOW), 'Wed 22 Sep 2027 03:18 UTC')
})
