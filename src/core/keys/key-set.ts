// Key life cycle: when a key is published, signs, and is gone. One timestamp per key decides everything.
// Pure: time comes in as `now` (seconds); nothing here touches a file.

import type { Alg } from './alg.ts'
import { RequestError } from '../errors.ts'
import type { KidScheme } from './identity.ts'
import type { Key } from './key.ts'

/** States of NIST SP 800-57 Part 1 Rev. 5, section 7. */
export type KeyState = 'pre-activation' | 'active' | 'deactivated' | 'destroyed' | 'compromised'

/** How a set names and times its keys; durations in seconds. */
export interface SetRules {
  readonly alg?: Alg
  readonly kid: KidScheme
  readonly maxAge: number
  readonly lead: number
  readonly retire: number
  /** How long caches may use an old JWK Set while the server is down; absent: what `staleIfErrorOf` finds safe. */
  readonly staleIfError?: number
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
 * successor that is revoked while the key is still published gives it its place back: every vendor knows it. One that
 * is revoked later does not: what has left the JWK Set never returns.
 */
export function lifeOf (set: KeySet, key: Key): KeyLife {
  const line = set.keys.filter(({ alg }) => alg === key.alg)
  const later = unorderedKeys(set, key.alg).includes(key) ? [] : line.slice(line.indexOf(key) + 1)
  const successor = later.find(({ activates, revoked = Infinity }) => revoked >= activates! + set.retire)
  const deactivates = successor?.activates ?? Infinity
  return { activates: key.activates ?? -Infinity, deactivates, removed: deactivates + set.retire }
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

/**
 * The key that signs at `now`: the active key of `alg`, or the one that the profile names.
 * @param name kid or file name, for a profile that is bound to one key
 * @throws RequestError ERR_NO_ACTIVE_KEY when no such key is active, or it has no private half here
 */
export function signingKey (set: KeySet, alg: Alg, now: number, name?: string): Key {
  const key = set.keys.find(one =>
    one.alg === alg && (name === undefined || isNamed(one, name)) && stateOf(set, one, now) === 'active')
  if (key?.privateKey) return key
  throw new RequestError('ERR_NO_ACTIVE_KEY', `the set "${set.name}" has no private ${alg} key that is active now`)
}

const ORDER: readonly KeyState[] = ['active', 'pre-activation', 'deactivated']

/**
 * The keys to publish at `now`, in one order on every replica: those that sign first, since a consumer that ignores
 * `kid` tries the first; then those to come, then those that signed.
 */
export function publishedKeys (set: KeySet, now: number): Key[] {
  const rank = (key: Key): number => ORDER.indexOf(stateOf(set, key, now))
  return set.keys
    .filter(key => rank(key) >= 0)
    .sort((a, b) => rank(a) - rank(b) || (a.kid < b.kid ? -1 : 1))
}

/** The first moment after `now` at which a key changes its state, or Infinity. */
export function nextTransition (set: KeySet, now: number): number {
  const times = set.keys.filter(({ revoked }) => revoked === undefined).flatMap(key => Object.values(lifeOf(set, key)) as number[])
  return Math.min(...times.filter(time => time > now))
}
