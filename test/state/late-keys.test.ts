// A reload and revocation, and keys that come too late for the lead.

import t from 'tap'
import { DEFAULT_SET } from '../../src/config/types.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import type { Notes } from '../../src/core/keys/notes.ts'
import { jwt } from '../../src/presets/jwt.ts'
import { checkContinuity, findLateKeys } from '../../src/state/continuity.ts'
import type { Snapshot } from '../../src/state/snapshot.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'

const margins = { interval: 10, skew: 60 }
const parsed = Array.from({ length: 3 }, (_, i) => parseKey(`${i}.pem`, privatePem('P-256')))

/** A snapshot of one set, `s`, of the keys with these notes. */
function snapshotOf (...notes: Array<Notes | undefined>): Snapshot {
  const keys = notes.flatMap((one, i) => one === undefined ? [] : [{ ...parsed[i]!, notes: one }])
  const set = makeKeySet('s', keys, { ...DEFAULT_SET, maxAge: 600 })
  const profile = { name: 'p', preset: jwt, set: 's', alg: 'ES256', claims: {}, ttl: { default: 300, max: 300 } }
  return {
    sets: new Map([['s', set]]),
    published: new Map([['s', [set]]]),
    policy: { profiles: new Map([['p', profile]]), clients: new Map() }
  } as unknown as Snapshot
}

t.test('a revoked key may go, and with it the means to sign; a missing one may not', async t => {
  const before = snapshotOf({})
  t.strictSame(checkContinuity(before, snapshotOf({ revoked: NOW }), NOW), [])
  t.match(checkContinuity(before, snapshotOf(undefined, {}), NOW), [{ where: '0.pem', problem: /vendors need it/ }], 'control')
  t.match(checkContinuity(before, snapshotOf({ activates: NOW + 100 }), NOW), [{ where: 'profile p' }], 'control')
})

t.test('a key that signs before the caches can know it is warned of', async t => {
  const before = snapshotOf({})
  const late = (...notes: Array<Notes | undefined>): string[] => findLateKeys(before, snapshotOf(...notes), margins, NOW)
  t.match(late({}, { activates: NOW + 659 }), [/^1.pem: the key [0-9a-f]{16} signs from .*, but until .* vendors may have the set without it cached/])
  t.strictSame(late({}, { activates: NOW + 660 }), [], 'control: a second later it is in time')
  t.strictSame(late({}), [], 'nothing new')
  t.strictSame(late({}, { activates: NOW, revoked: NOW }), [], 'a revoked one signs nothing')
  t.strictSame(late({ revoked: NOW }, { activates: NOW }), [], 'after a revocation there is nothing to wait for')
  const [one, two] = [{ activates: NOW - 100 }, { activates: NOW - 200 }]
  t.strictSame(findLateKeys(snapshotOf(one), snapshotOf(one, two), margins, NOW), [],
    'one that comes before the key that signs takes over from nobody')
  const first = { ...before, sets: new Map() }
  t.strictSame(findLateKeys(first, before, margins, NOW), [], 'nor does the first')
})
