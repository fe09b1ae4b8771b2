// What a reload must not take away: keys that vendors still need to verify, and the means to sign. A key goes by its
// life cycle or by a revocation, never by a file that happens to be missing.

import type { Fault } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import type { Margins } from '../core/keys/rotation.ts'
import { type KeySet, publishedKeys, signingKey, stateOf } from '../core/keys/key-set.ts'
import type { Snapshot } from './snapshot.ts'
import { formatTime } from '../core/time.ts'

/** Every reason for which `next` must not follow `old` at `now` (seconds). */
export function checkContinuity (old: Snapshot, next: Snapshot, now: number): Fault[] {
  const faults = new Map<string, Fault>()
  for (const [name, sets] of old.published) {
    const kept = (next.published.get(name) ?? []).flatMap(set => publishedKeys(set, now))
    for (const set of sets) {
      for (const key of publishedKeys(set, now)) {
        const problem = isRevoked(next, set.name, key) ? undefined : findLoss(set, key, kept, now)
        if (problem) faults.set(problem, { where: key.file, problem, hint: 'put it back as it was; to take a key out for good: jwksd revoke' })
      }
    }
  }
  for (const [name, { set, alg, key }] of next.policy.profiles) {
    const before = old.policy.profiles.get(name)
    if (!before || !canSign(old.sets.get(before.set)!, before.alg, now, before.key) || canSign(next.sets.get(set)!, alg, now, key)) continue
    // That nothing signs any more is what a revocation may lead to; it must not be what keeps the key in use.
    if (next.sets.get(set)!.keys.some(one => one.alg === alg && one.revoked !== undefined)) continue
    faults.set(name, {
      where: `profile ${name}`, problem: `signs now and no longer could: no private ${alg} key of the set "${set}" would be active`, hint: 'check the dates of its keys'
    })
  }
  return [...faults.values()]
}

function isRevoked ({ sets }: Snapshot, set: string, { kid }: Key): boolean {
  return sets.get(set)?.keys.find(key => key.kid === kid)?.revoked !== undefined
}

/**
 * Keys that came too late for the lead: `activates ≥ published + maxAge + skew`. They are warned of and not refused,
 * since a key that is published late is still better known to vendors than one that is not published.
 */
export function findLateKeys (old: Snapshot, next: Snapshot, { skew }: Margins, now: number): string[] {
  return [...next.sets.values()].flatMap(set => {
    const known = old.sets.get(set.name)?.keys ?? []
    return set.keys.flatMap(key => {
      const { activates = -Infinity } = key
      const isNew = !known.some(({ kid }) => kid === key.kid) && key.revoked === undefined
      const follows = known.some(one => one.alg === key.alg && !isRevoked(next, set.name, one) && activates > (one.activates ?? -Infinity))
      if (!isNew || !follows || activates >= now + set.maxAge + skew) return []
      return [`${key.file}: the key ${key.kid} signs from ${formatTime(activates)}, but until ${formatTime(now + set.maxAge + skew)} vendors may have the set without it cached; give it a later "# activates:"`]
    })
  })
}

function findLoss (set: KeySet, key: Key, kept: readonly Key[], now: number): string | undefined {
  const state = stateOf(set, key, now)
  const same = kept.find(({ kid }) => kid === key.kid)
  const needed = `is ${state} in the set "${set.name}"`
  if (!same) return `the key ${key.kid} ${needed}, so vendors need it, and it would be gone`
  if (JSON.stringify(same.jwk) !== JSON.stringify(key.jwk)) return `the key ${key.kid} ${needed}, and another key or alg would take its kid`
  if (key.privateKey && !same.privateKey && state !== 'deactivated') return `the key ${key.kid} ${needed} and would lose its private half`
  return undefined
}

function canSign (set: KeySet, alg: Key['alg'], now: number, name?: string): boolean {
  try {
    return signingKey(set, alg, now, name) !== undefined
  } catch {
    return false
  }
}
