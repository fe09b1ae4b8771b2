// Key life cycle: when a key is published, signs, and is removed. One timestamp per key decides everything.
// Pure: time comes in as `now` (seconds); nothing here touches a file.

import type { Alg } from './alg.ts'
import { RequestError } from '../errors.ts'
import { formatTime } from '../time.ts'
import type { KidScheme } from './identity.ts'
import type { Key } from './key.ts'

/** States of NIST SP 800-57 Part 1 Rev. 5, section 7. */
export type KeyState = 'pre-activation' | 'active' | 'deactivated' | 'destroyed' | 'compromised'

/** Whom a set's successors wait for (core/keys/gate.ts). */
export interface Gate {
  /** Names of consumers. */
  readonly consumers: readonly string[]
  /** For how long a key may be held before that is reported; seconds. */
  readonly deadline: number
}

/** How a set names and times its keys; durations in seconds. */
export interface SetRules {
  readonly alg?: Alg
  readonly kid: KidScheme
  readonly maxAge: number
  readonly lead: number
  readonly retire: number
  /** How long caches may use an old JWK Set while the server is down; absent: what `staleIfErrorOf` finds safe. */
  readonly staleIfError?: number
  /** A successor gets its date only when these consumers have fetched it. */
  readonly gate?: Gate
  /** A successor gets its date only when it has been seen at these URLs, and its lead counts from then. */
  readonly publicUrls?: readonly string[]
  /** Each JWK has the certificate chain of its key, where there is one. */
  readonly x5c?: boolean
  /** The issuer identifier under which discovery documents name the JWK Set; absent: there are none. */
  readonly issuer?: string
}

export interface KeySet extends SetRules {
  readonly name: string
  /** In order of activation, then kid. */
  readonly keys: readonly Key[]
}

/** When a key begins to sign, stops, and leaves the JWK Set (NumericDates, infinite where nothing limits them). */
export interface KeyLife {
  readonly activates: number
  readonly deactivates: number
  readonly removed: number
}

/**
 * The keys of one alg that nothing puts in order: two or more without `activates`. All are published for good and
 * each signs only where a profile names it. Empty when the alg is one line of succession. A revoked one still counts,
 * or else the revocation would put the others in a line and end those that a dated key follows.
 */
export function unorderedKeys (set: KeySet, alg: Alg): readonly Key[] {
  const undated = set.keys.filter(key => key.alg === alg && key.activates === undefined)
  return undated.length > 1 ? undated : []
}

/**
 * The dates of a key: it is active from its own activation until that of the next key of its alg in the set. A
 * successor that is revoked while the key is still published makes it active again: every vendor knows it. One that is
 * revoked later does not: a key that has left the JWK Set never returns.
 */
export function lifeOf (set: KeySet, key: Key): KeyLife {
  let lives = livesOfSets.get(set)
  if (!lives) livesOfSets.set(set, lives = livesOf(set))
  return lives.get(key)!
}

/** Sets never change: the dates of all keys are computed once, in one pass. */
const livesOfSets = new WeakMap<KeySet, ReadonlyMap<Key, KeyLife>>()

function livesOf (set: KeySet): Map<Key, KeyLife> {
  const lives = new Map<Key, KeyLife>()
  for (const alg of new Set(set.keys.map(key => key.alg))) {
    const unordered = new Set(unorderedKeys(set, alg))
    let deactivates = Infinity
    for (const key of set.keys.filter(one => one.alg === alg).reverse()) {
      const { activates = -Infinity, revoked = Infinity } = key
      const ends = unordered.has(key) ? Infinity : deactivates
      lives.set(key, { activates, deactivates: ends, removed: ends + set.retire })
      if (revoked >= activates + set.retire) deactivates = activates
    }
  }
  return lives
}

/** The state of a key at `now` (seconds). A revoked key is compromised whatever the clock says. */
export function stateOf (set: KeySet, key: Key, now: number): KeyState {
  if (key.revoked !== undefined) return 'compromised'
  const { activates, deactivates, removed } = lifeOf(set, key)
  if (now >= removed) return 'destroyed'
  if (now >= deactivates) return 'deactivated'
  return now < activates ? 'pre-activation' : 'active'
}

/** True when `name` is a key's kid or the name of its file, with or without its directories. */
export function isNamed (key: Key, name: string): boolean {
  return key.kid === name || key.file === name || key.file.endsWith('/' + name)
}

/** What decides which key of a set signs: a profile, as far as its key is concerned. */
export interface KeyChoice {
  readonly alg: Alg
  /** Kid or file name of the one key that a profile is bound to. */
  readonly key?: string
  /** Name of the profile. */
  readonly name?: string
}

/**
 * The key that signs at `now`: the active key of the alg, or the one that the profile names.
 * @throws RequestError ERR_NO_ACTIVE_KEY when no such key is active, or it has no private half here
 */
export function signingKey (set: KeySet, { alg, key: bound, name }: KeyChoice, now: number): Key {
  const fitting = set.keys.filter(one => one.alg === alg && (bound === undefined || isNamed(one, bound)))
  const key = fitting.find(one => stateOf(set, one, now) === 'active')
  if (key?.privateKey) return key
  if (bound === undefined || !fitting[0]) {
    throw new RequestError('ERR_NO_ACTIVE_KEY', `the set "${set.name}" has no private ${alg} key that is active now`)
  }
  throw new RequestError('ERR_NO_ACTIVE_KEY', `profile ${name} is bound to ${bound}, which ${whyNot(set, fitting[0], now)}`, {
    hint: 'without key in the profile, the active key of its set signs'
  })
}

/** Why a key does not sign at `now`; it completes "the key …". */
function whyNot (set: KeySet, key: Key, now: number): string {
  const { activates, deactivates } = lifeOf(set, key)
  if (key.revoked !== undefined) return `was revoked on ${formatTime(key.revoked)}`
  if (now >= deactivates) return `stopped signing on ${formatTime(deactivates)}`
  if (key.held) return `is held since ${formatTime(key.held.since)}`
  return now < activates ? `signs from ${formatTime(activates)}` : 'has no private half here'
}

const ORDER: readonly KeyState[] = ['active', 'pre-activation', 'deactivated']

/**
 * The keys to publish at `now`, in one order on every replica: those that sign first, since a consumer that ignores
 * `kid` tries the first; then those to come, then those that signed.
 */
export function publishedKeys (set: KeySet, now: number): Key[] {
  return set.keys
    .map(key => ({ key, rank: ORDER.indexOf(stateOf(set, key, now)) }))
    .filter(({ rank }) => rank >= 0)
    .sort((a, b) => a.rank - b.rank || (a.key.kid < b.key.kid ? -1 : 1))
    .map(({ key }) => key)
}

/** The first moment after `now` at which a key changes its state, or Infinity. */
export function nextTransition (set: KeySet, now: number): number {
  const times = set.keys.filter(({ revoked }) => revoked === undefined).flatMap(key => Object.values(lifeOf(set, key)) as number[])
  return Math.min(...times.filter(time => time > now))
}
