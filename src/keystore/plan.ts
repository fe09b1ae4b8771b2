// What a rotation of a set would do, from its keys, its rules and the profiles that sign with it. Rejects a rotation that
// would leave a profile without its key, reach a vendor unannounced, or be faster than the caches.

import type { Config, ProfileConfig } from '../config/types.ts'
import { DEFAULT_SET } from '../config/types.ts'
import { collectFaults, fault } from '../core/errors.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { findHeldKeys } from '../core/keys/gate.ts'
import { isNamed, type KeySet } from '../core/keys/key-set.ts'
import type { Planned } from '../core/keys/outlook.ts'
import { planRotation, shortestLead, type Step } from '../core/keys/rotation.ts'
import { type Entry, makeTimetable } from '../core/keys/timetable.ts'
import { formatDuration, formatRelative, formatTime } from '../core/time.ts'
import { rulesOf } from './key-sets.ts'

type PlanSettings = Pick<Config, 'sets' | 'profiles' | 'reload'>

/** Options beyond the rules of the set. Durations in seconds. */
export interface PlanOptions {
  /** Instead of the set's lead. */
  readonly lead?: number | undefined
  /** Age at which a key is followed by the next, instead of the set's schedule. */
  readonly every?: number | undefined
  /** Begin a rotation now, whatever the age of the key. */
  readonly begin?: boolean | undefined
  /** What the ledger says, for a set with a gate. */
  readonly fetches?: readonly ConsumerFetches[] | undefined
  /** Accept a lead that is too short, and consumers that lack a held key. */
  readonly force?: boolean | undefined
}

/**
 * The steps of a set's rotation, due and to come.
 * @param now NumericDate (seconds)
 * @throws FaultsError when the set cannot be rotated
 */
export function planSet (set: KeySet, settings: PlanSettings, options: PlanOptions, now: number): Step[] {
  const { lead, rotation } = rulesOf(settings, set.name)
  const every = options.every ?? rotation?.every
  checkBound(set, settings)
  return planRotation(set, {
    margins: settings.reload,
    lead: options.lead ?? lead,
    begin: options.begin ?? false,
    fetches: options.fetches ?? [],
    pass: options.force ?? false,
    ...(every !== undefined && { every })
  }, now)
}

/**
 * What is ahead of a set; without the steps of a rotation where it cannot be rotated.
 * @param fetches what the ledger says; absent: nothing is said of held keys, as on a public page, which names no consumer
 */
export function lookAhead (set: KeySet, settings: PlanSettings, now: number, fetches?: readonly ConsumerFetches[]): Planned {
  const steps = collectFaults([], () => planSet(set, settings, { fetches }, now)) ?? []
  const isScheduled = rulesOf(settings, set.name).rotation !== undefined
  const timetable = (planned: readonly Step[]): Entry[] => makeTimetable(set, planned, settings.reload, now)
  return {
    set,
    ahead: timetable(steps),
    certain: timetable(isScheduled ? steps : steps.filter(step => step.do !== 'generate')),
    held: fetches ? findHeldKeys(set, fetches) : []
  }
}

function profilesOf (set: KeySet, { profiles }: Pick<Config, 'profiles'>): ProfileConfig[] {
  return [...profiles.values()].filter(profile => profile.set === set.name)
}

/** A profile that names its key would not sign with the next one, and could not be loaded without it. */
function checkBound (set: KeySet, settings: PlanSettings): void {
  const bound = profilesOf(set, settings).find(({ key }) => key !== undefined && set.keys.some(one => isNamed(one, key)))
  if (!bound) return
  throw fault(set.name, `is not rotated: the profile ${bound.name} names its key, ${bound.key}, and could not sign with the next one`,
    `take key: ${bound.key} out of the profile; if the set has several keys without dates, move each into a directory of its own first`)
}

/** @throws FaultsError when the caches could lack the key that signs already */
export function checkLead (set: KeySet, { reload }: PlanSettings, lead = set.lead): void {
  const needed = shortestLead(set, reload)
  if (lead >= needed) return
  throw fault(set.name, `a lead of ${formatDuration(lead)} is unsafe: for up to ${formatDuration(needed - lead)} a vendor's cache may lack the key that signs already, and every token is refused there`,
    `use at least ${formatDuration(needed)}, or add --force and accept that`)
}

/** A vendor that gets each key manually. */
export interface Handover { readonly vendor: string, readonly profile: string }

/** The vendors that do not fetch the keys of a set. */
export function handoversOf (set: KeySet, settings: PlanSettings): Handover[] {
  return profilesOf(set, settings)
    .filter(({ preset }) => preset.key.given !== 'jwks-url')
    .map(({ name, preset }) => ({ vendor: preset.title, profile: name }))
}

/**
 * Rejects a rotation that begins where a vendor makes or names each key, or gets it manually and no lead was chosen.
 * @param activates when the new key would sign (NumericDate); where nothing signs it does not wait
 * @param lead the one that was asked for
 * @throws FaultsError naming the vendor, the deadline and the command
 */
export function checkHandover (
  set: KeySet, settings: PlanSettings, { activates, lead }: { activates: number, lead: number | undefined }, now: number
): void {
  const made = profilesOf(set, settings).find(({ preset }) => preset.key.given === 'vendor')
  if (made) {
    throw fault(set.name, `is not rotated: ${made.preset.title} (profile ${made.name}) makes the key pair itself`,
      'get the next private key there, and put it into the directory of the set with a note "# activates: …" above it')
  }
  const assigned = profilesOf(set, settings).find(({ preset }) => preset.key.kid === 'assigned')
  if (assigned) {
    throw fault(set.name, `is not rotated: ${assigned.preset.title} (profile ${assigned.name}) gives each key its id, which the next one does not have yet`,
      'make it elsewhere (JWKSD_KEYS=next jwksd keygen), send them its public half, and put it into the set with the notes "# kid: …" and "# activates: …"')
  }
  const [first] = handoversOf(set, settings)
  if (!first || lead !== undefined || set.lead !== DEFAULT_SET.lead || activates <= now) return
  throw fault(set.name, `is not rotated: ${first.vendor} (profile ${first.profile}) gets the key by hand, and would refuse every token from ${formatTime(activates)} on (${formatRelative(activates - now)}) without the next one`,
    `give the lead that this takes, such as: jwksd rotate ${set.name} --begin --lead 14d; then send them: jwksd export <new key> --pem`)
}
