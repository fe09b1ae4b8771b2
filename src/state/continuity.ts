// What a reload must not remove: keys that vendors still need to verify, and those needed to sign. A key is removed by its
// life cycle or by a revocation, never because a file happens to be missing.

import type { Fault, RequestError } from '../core/errors.ts'
import { isSameKey } from '../core/keys/identity.ts'
import type { Key } from '../core/keys/key.ts'
import { findElsewhere } from '../core/keys/outlook.ts'
import type { Margins } from '../core/keys/rotation.ts'
import { type KeyChoice, type KeySet, publishedKeys, signingKey, stateOf } from '../core/keys/key-set.ts'
import type { Snapshot } from './snapshot.ts'
import { formatTime } from '../core/time.ts'

/** Every reason for which `next` must not follow `old` at `now` (seconds). */
export function checkContinuity (old: Snapshot, next: Snapshot, now: number): Fault[] {
  const faults = new Map<string, Fault>()
  for (const [name, sets] of old.published) {
    const kept = byKid((next.published.get(name) ?? []).flatMap(set => publishedKeys(set, now)))
    for (const set of sets) {
      const after = byKid(next.sets.get(set.name)?.keys ?? [])
      for (const key of publishedKeys(set, now)) {
        const loss = after.get(key.kid)?.revoked !== undefined ? undefined : findLoss(set, key, kept, now)
        if (loss) faults.set(loss.problem, { where: key.file, hint: 'put it back as it was; to take a key out for good: jwksd revoke', ...loss })
      }
    }
  }
  for (const [name, profile] of next.policy.profiles) {
    const before = old.policy.profiles.get(name)
    if (!before || !canSign(old.sets.get(before.set)!, before, now) || canSign(next.sets.get(profile.set)!, profile, now)) continue
    const { set, alg } = profile
    // After a revocation nothing may be left to sign; that must not keep the revoked key in use.
    if (next.sets.get(set)!.keys.some(one => one.alg === alg && one.revoked !== undefined)) continue
    faults.set(name, {
      where: `profile ${name}`, problem: `signs now and no longer could: no private ${alg} key of the set "${set}" would be active`, hint: 'check the dates of its keys'
    })
  }
  return [...faults.values()]
}

function byKid (keys: readonly Key[]): Map<string, Key> {
  return new Map(keys.map(key => [key.kid, key]))
}

/**
 * Keys that came too late for the lead: `activates ≥ published + maxAge + skew`. They cause a warning, not a refusal,
 * since publishing a key late is better than not publishing it.
 */
export function findLateKeys (old: Snapshot, next: Snapshot, { skew }: Margins, now: number): string[] {
  return [...next.sets.values()].flatMap(set => {
    const known = old.sets.get(set.name)?.keys ?? []
    const kids = new Set(known.map(({ kid }) => kid))
    const revoked = new Set(set.keys.filter(key => key.revoked !== undefined).map(({ kid }) => kid))
    /** The first activation of each alg: a new key follows another one when it comes after that. */
    const first = new Map<string, number>()
    for (const { kid, alg, activates = -Infinity } of known) {
      if (!revoked.has(kid)) first.set(alg, Math.min(activates, first.get(alg) ?? Infinity))
    }
    /** When no cache has the set without the new key any more. */
    const everywhere = now + set.maxAge + skew
    return set.keys
      .filter(({ kid, alg, activates = -Infinity }) =>
        !kids.has(kid) && !revoked.has(kid) && activates > (first.get(alg) ?? Infinity) && activates < everywhere)
      .map(({ file, kid, activates }) => `${file}: the key ${kid} signs from ${formatTime(activates!)}, but until ${formatTime(everywhere)} vendors may have the set without it cached; give it a later "# activates:"`)
  })
}

function findLoss (set: KeySet, key: Key, kept: ReadonlyMap<string, Key>, now: number): { problem: string, hint?: string } | undefined {
  const state = stateOf(set, key, now)
  const same = kept.get(key.kid)
  const needed = `is ${state} in the set "${set.name}"`
  const renamed = same ? undefined : [...kept.values()].find(one => isSameKey(one, key))
  if (renamed) {
    return {
      problem: `the key ${key.kid} ${needed}, and would be published as ${renamed.kid}: vendors' caches and tokens in use know it as ${key.kid}`,
      hint: `pin the kid that vendors know with "# kid: ${key.kid}"; the other one takes a restart, when no vendor needs ${key.kid} any more`
    }
  }
  if (!same) return { problem: `the key ${key.kid} ${needed}, so vendors need it, and it would be gone` }
  if (JSON.stringify(same.jwk) !== JSON.stringify(key.jwk)) return { problem: `the key ${key.kid} ${needed}, and another key or alg would take its kid` }
  if (key.privateKey && !same.privateKey && state !== 'deactivated') return { problem: `the key ${key.kid} ${needed} and would lose its private half` }
  return undefined
}

function canSign (set: KeySet, profile: KeyChoice, now: number): boolean {
  return collectRefusal(() => signingKey(set, profile, now)) === undefined
}

/** Why profiles cannot sign at `now`, once for each set that has nothing to sign with, and each profile bound to a key. */
export function findUnsigned ({ sets, policy }: Snapshot, now: number): Fault[] {
  const faults = new Map<string, Fault>()
  for (const profile of policy.profiles.values()) {
    const set = sets.get(profile.set)!
    const refusal = collectRefusal(() => signingKey(set, profile, now))
    if (!refusal) continue
    const found = profile.key === undefined
      ? wordUnsigned(set, profile.alg, now)
      : { where: `profiles.${profile.name}.key`, problem: refusal.message, hint: 'take key out of the profile, or name a key that signs' }
    faults.set(found.problem, found)
  }
  return [...faults.values()]
}

function wordUnsigned (set: KeySet, alg: KeyChoice['alg'], now: number): Fault {
  const elsewhere = findElsewhere(set, alg, now, `nothing signs in ${set.name}`)
  if (elsewhere) return { where: `sets.${set.name}`, ...elsewhere }
  const line = set.keys.filter(key => key.alg === alg && key.privateKey)
  const first = line.find(key => stateOf(set, key, now) === 'pre-activation')
  return first && !first.held && line.every(({ revoked }) => revoked === undefined)
    ? { where: `sets.${set.name}`, problem: `nothing signs in ${set.name} before ${formatTime(first.activates!)}`, hint: `give ${first.file} an earlier "# activates:" if that is too late` }
    : { where: `sets.${set.name}`, problem: `nothing signs in ${set.name}`, hint: `jwksd rotate ${set.name}` }
}

function collectRefusal (work: () => unknown): RequestError | undefined {
  try {
    work()
    return undefined
  } catch (error) {
    return error as RequestError
  }
}
