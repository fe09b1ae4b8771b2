// What the listeners serve from: keys by set and the policy that signs with them, made whole or not at all.
// Refuses profiles that no key can serve, sets without keys, and two keys of one kid under one URL.

import { type Alg } from '../core/keys/alg.ts'
import type { Fault } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { isNamed, type KeySet, unorderedKeys } from '../core/keys/key-set.ts'
import { findMixedKinds, mixedKindsWarning } from '../core/keys/kinds.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import type { Policy } from '../core/clients/policy.ts'
import type { Profile } from '../core/tokens/profile.ts'
import { needsCertificate } from '../core/tokens/template.ts'
import type { Config, ProfileConfig } from '../config/types.ts'
import type { KeySets } from '../keystore/key-sets.ts'

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

/** Words the place of a field of the configuration. */
type Where = (path: readonly (string | number)[]) => string

type SnapshotConfig = Pick<Config, 'sets' | 'profiles' | 'clients'>

/**
 * Joins keys and configuration. Faults are added to `faults`, warnings to `warnings`; the result is whole only when none were.
 */
export function makeSnapshot (
  config: SnapshotConfig, found: KeySets, { signs, where, faults, warnings }: Joining
): Snapshot {
  const faulty = new Set([...found.fileFaults, ...found.setFaults].map(({ set }) => set))
  const missing = (name: string, at: string): void => {
    // The files of the set, or the set itself, were refused already; that it is empty is no news then.
    if (faulty.has(name)) return
    const misplaced = found.unread.find(({ set }) => set === name)
    faults.push({
      where: at,
      problem: `the set "${name}" holds no key${misplaced ? `: ${misplaced.where} ${misplaced.problem}` : ''}`,
      hint: misplaced?.hint ?? `make one with: jwksd keygen ${name}`
    })
  }
  const sets = new Map([...found.sets].filter(([, { keys }]) => keys.length > 0))
  const published = new Map<string, readonly KeySet[]>([...sets].map(([name, set]) => [name, [set]]))
  for (const [name, rules] of config.sets) {
    const { include } = rules
    const members = [sets.get(name), ...include.map(other => sets.get(other))].filter(set => set !== undefined)
    include.forEach((other, i) => {
      if (!sets.has(other)) missing(other, where(['sets', name, 'include', i]))
    })
    if (members.length === 0) missing(name, where(['sets', name]))
    // A set that only includes others has no keys, but its own maxAge.
    else published.set(name, sets.has(name) ? members : [makeKeySet(name, [], rules), ...members])
    if (members.length < 2) continue // what concerns a single set was checked when it was read
    checkKids(name, members, faults)
    const keys = members.flatMap(set => set.keys)
    faults.push(...findMixedKinds(name, keys, rules.mixed))
    const warning = mixedKindsWarning(name, keys)
    if (warning !== undefined) warnings.push(warning)
  }
  if (published.size === 0 && faults.length === 0) {
    const [misplaced] = found.unread
    faults.push({
      where: where(['keys']),
      problem: `there is no key in the key directory${misplaced ? `: ${misplaced.where} ${misplaced.problem}` : ''}`,
      hint: misplaced?.hint ?? 'make one with: jwksd keygen'
    })
  }
  const profiles = signs ? linkProfiles(config.profiles, { sets, where, faults, missing }) : new Map<string, Profile>()
  return { sets, published, policy: { profiles, clients: signs ? config.clients : new Map() } }
}

function checkKids (name: string, members: readonly KeySet[], faults: Fault[]): void {
  const files = new Map<string, string>()
  for (const { kid, file } of members.flatMap(set => set.keys)) {
    const other = files.get(kid)
    if (other) faults.push({ where: file, problem: `its kid ${kid} is also that of ${other}, and the set "${name}" publishes both`, hint: 'pin another kid, or include only one of the sets' })
    files.set(kid, file)
  }
}

interface Linking {
  sets: ReadonlyMap<string, KeySet>
  where: Where
  faults: Fault[]
  missing: (set: string, at: string) => void
}

function linkProfiles (configs: ReadonlyMap<string, ProfileConfig>, { sets, where, faults, missing }: Linking): Map<string, Profile> {
  const profiles = new Map<string, Profile>()
  for (const [name, config] of configs) {
    const refuse = (field: string, problem: string, hint: string): void => {
      faults.push({ where: where(['profiles', name, field]), problem, hint })
    }
    const set = sets.get(config.set)
    if (!set) {
      missing(config.set, where(['profiles', name, 'set']))
      continue
    }
    const alg = chooseAlg(config, set, refuse)
    if (!alg) continue
    const named = set.keys.filter(key => key.alg === alg && (config.key === undefined || isNamed(key, config.key)))
    const unordered = unorderedKeys(set, alg)
    if (config.key === undefined && unordered.length > 0) {
      refuse('key', `is needed: ${unordered.length} ${alg} keys of the set "${set.name}" have no activation date, so none signs by itself`,
        `name one: ${unordered.map(key => `${key.kid} (${key.file})`).join(', ')}`)
    } else if (!named.some(key => key.privateKey || key.revoked !== undefined)) {
      // A revocation must never be the fault that keeps the revoked key published.
      refuse('key', `no private ${alg} key here fits`, 'put the private key file in the directory of its set')
    } else if (fitsPreset(config, set, { named, refuse })) {
      profiles.set(name, { ...config, alg })
    }
  }
  return profiles
}

/** How the vendor knows a key: by a kid that it makes itself in the same way, or by a certificate. */
function fitsPreset (config: ProfileConfig, set: KeySet, { named, refuse }: { named: readonly Key[], refuse: Refuse }): boolean {
  const { preset, claims, forced } = config
  const { kid } = preset.key
  if (kid === 'assigned') {
    const ours = named.find(key => Object.values(key.kids).includes(key.kid))
    if (!ours || forced.includes('kid')) return true
    refuse('claims', `has no kid, and ${ours.file} is named by jwksd: ${preset.title} knows a key by the id that it gave you`,
      `write that id as claims.kid, or as a line "# kid: …" above the key in ${ours.file}`)
    return false
  }
  if (kid && set.kid !== kid) {
    refuse('set', `the set "${set.name}" names keys by ${set.kid}; ${preset.title} takes only ${kid}`, `write kid: ${kid} in sets.${set.name}`)
    return false
  }
  const names = [...preset.names, ...claims.names].filter(needsCertificate)
  const bare = names.length === 0 ? undefined : named.find(({ privateKey, certificate }) => privateKey && !certificate)
  if (bare) refuse('set', `${preset.title} needs the certificate of ${bare.file}`, 'put it beside the key, under the same name with .crt')
  const unnamed = !bare && names.includes('key.uri') && named.find(({ certificate }) => certificate && !certificate.uri)
  if (unnamed) refuse('set', `the certificate of ${unnamed.file} has no URI among its names`, `${preset.title} takes one whose subject alternative name is the issuer's URI`)
  return !bare && !unnamed
}

type Refuse = (field: string, problem: string, hint: string) => void

/** The one alg that the preset takes, the set has, and the profile asks for. */
function chooseAlg ({ alg, key: name, preset }: ProfileConfig, set: KeySet, refuse: Refuse): Alg | undefined {
  const keys = name === undefined ? set.keys : set.keys.filter(key => isNamed(key, name))
  if (keys.length === 0) {
    refuse('key', `there is no key "${name}" in the set "${set.name}"`, `name one: ${set.keys.map(key => `${key.kid} (${key.file})`).join(', ')}`)
    return undefined
  }
  const algs = [...new Set(keys.map(key => key.alg))].filter(one => preset.alg.oneOf.includes(one) && (alg ?? one) === one)
  if (algs.length === 1) return algs[0]
  const has = [...new Set(set.keys.map(key => key.alg))].join(', ')
  if (algs.length > 1) refuse('alg', `is needed: the set "${set.name}" signs with ${algs.join(' and ')}`, `choose one: ${algs.join(', ')}`)
  else refuse('set', `the set "${set.name}" has keys for ${has}; ${preset.title} takes ${alg ?? preset.alg.oneOf.join(', ')}`, `give the set a fitting key, or the keys a note "# alg: ${preset.alg.oneOf[0]}"`)
  return undefined
}
