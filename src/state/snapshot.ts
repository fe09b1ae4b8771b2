// What the listeners serve from: keys by set and the policy that signs with them, made whole or not at all.
// Rejects sets without keys, an alg that fits no key, and two keys of one kid under one URL.

import type { Fault } from '../core/errors.ts'
import { ALGS_OF } from '../core/keys/alg.ts'
import type { Key } from '../core/keys/key.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { findMixedKinds, mixedKindsWarning } from '../core/keys/kinds.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import { didYouMean } from '../core/near-match.ts'
import type { Policy } from '../core/clients/policy.ts'
import type { Profile } from '../core/tokens/profile.ts'
import type { Where } from '../config/report.ts'
import { type Config, DEFAULT_SET_NAME } from '../config/types.ts'
import type { KeySets } from '../keystore/key-sets.ts'
import { linkProfiles } from './link-profiles.ts'

export interface Snapshot {
  /** The sets by name, each with its own keys. */
  readonly sets: ReadonlyMap<string, KeySet>
  /** For each URL's set name, the sets whose keys are published there. */
  readonly published: ReadonlyMap<string, readonly KeySet[]>
  readonly policy: Policy
}

interface Joining {
  /** False for a public listener that runs apart: profiles are not linked and need no key. */
  signs: boolean
  where: Where
  faults: Fault[]
  warnings: string[]
}

type SnapshotConfig = Pick<Config, 'sets' | 'profiles' | 'clients' | 'consumers' | 'audit'> & Pick<Partial<Config>, 'sign'>

/**
 * Joins keys and configuration. Faults are added to `faults`, warnings to `warnings`; the result is whole only when none were.
 */
export function makeSnapshot (
  config: SnapshotConfig, found: KeySets, { signs, where, faults, warnings }: Joining
): Snapshot {
  const known = faults.length
  const faulty = new Set([...found.fileFaults, ...found.setFaults].map(({ set }) => set))
  const missing = (name: string, at: string): void => {
    // The files of the set, or the set itself, were refused already; that it is empty is no news then.
    if (faulty.has(name)) return
    const misplaced = found.unread.find(({ set }) => set === name)
    faults.push({
      where: at,
      problem: `the set "${name}" holds no key${misplaced ? `: ${misplaced.where} ${misplaced.problem}` : ''}`,
      hint: misplaced?.hint ?? didYouMean(name, sets.keys(), `make one with: jwksd keygen ${name}`)
    })
  }
  const sets = new Map([...found.sets].filter(([, { keys }]) => keys.length > 0))
  for (const set of sets.values()) checkAlg(set, where, faults)
  const published = new Map<string, readonly KeySet[]>([...sets].map(([name, set]) => [name, [set]]))
  for (const [name, rules] of config.sets) {
    const { include } = rules
    const members = [sets.get(name), ...include.map(other => sets.get(other))].filter(set => set !== undefined)
    include.forEach((other, i) => {
      if (!sets.has(other)) missing(other, where(['sets', name, 'include', i]))
    })
    if (members.length === 0) missing(name, where(['sets', name]))
    for (const field of members.length > 0 && !sets.has(name) ? ['rotation', 'gate'] as const : []) {
      if (!rules[field]) continue
      faults.push({
        where: where(['sets', name, field]), problem: 'has no effect: the set only includes the keys of others', hint: `move it to: ${include.join(', ')}`
      })
    }
    // A set that only includes others has no keys, but its own maxAge.
    if (members.length > 0) published.set(name, sets.has(name) ? members : [makeKeySet(name, [], rules), ...members])
    if (members.length < 2) continue // what concerns a single set was checked when it was read
    checkKids(name, members, faults)
    const keys = members.flatMap(set => set.keys)
    faults.push(...findMixedKinds(name, keys, rules.mixed))
    const warning = mixedKindsWarning(name, keys)
    if (warning !== undefined) warnings.push(warning)
  }
  for (const [name, { set }] of config.consumers) {
    if (!published.has(set)) missing(set, where(['consumers', name, 'set']))
  }
  const signer = signs ? config.audit?.checkpoint?.set : undefined
  if (signer !== undefined && !sets.has(signer)) missing(signer, where(['audit', 'checkpoint', 'set']))
  if (published.size === 0 && faulty.size === 0 && faults.length === known) {
    const [misplaced] = found.unread
    faults.push({
      where: where(['keys']),
      problem: `there is no key in the key directory${misplaced ? `: ${misplaced.where} ${misplaced.problem}` : ''}`,
      hint: misplaced?.hint ?? `make one with: jwksd keygen${nameOfFirst(config)}`
    })
  }
  // Without any key each profile would only repeat the fault.
  const profiles = signs && published.size > 0
    ? linkProfiles(config, { sets, where, faults, warnings, missing })
    : new Map<string, Profile>()
  const observers = config.sign?.metrics?.clients
  return { sets, published, policy: { profiles, clients: signs ? config.clients : new Map(), ...(observers && { observers }) } }
}

/** The set that the first profile needs, for the command that makes its key. */
function nameOfFirst ({ profiles }: SnapshotConfig): string {
  const [first] = profiles.values()
  return first && first.set !== DEFAULT_SET_NAME ? ` ${first.set}` : ''
}

/** The alg of a set applies to the keys that it fits. One that fits none would be ignored silently. */
function checkAlg ({ name, alg, keys }: KeySet, where: Where, faults: Fault[]): void {
  if (alg === undefined || keys.some(({ kind }) => ALGS_OF[kind].includes(alg))) return
  const [{ file, kind, alg: signs }] = keys as [Key]
  faults.push({
    where: where(['sets', name, 'alg']),
    problem: `is ${alg}, which fits no key of the set: ${file} is a key of kind ${kind} and has ${signs}`,
    hint: `write ${signs}, or make a key with: jwksd keygen ${name} --alg ${alg}`
  })
}

function checkKids (name: string, members: readonly KeySet[], faults: Fault[]): void {
  const files = new Map<string, string>()
  for (const { kid, file } of members.flatMap(set => set.keys)) {
    const other = files.get(kid)
    if (other) faults.push({ where: file, problem: `its kid ${kid} is also that of ${other}, and the set "${name}" publishes both`, hint: 'pin another kid, or include only one of the sets' })
    files.set(kid, file)
  }
}
