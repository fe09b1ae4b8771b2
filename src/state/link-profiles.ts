// Profiles and the keys that sign for them: each profile gets its alg from its preset and its set. Rejects a profile that
// no key can serve, that cannot tell its key, or that is bound to a key which rotation replaces.

import type { Where } from '../config/report.ts'
import type { Config, ProfileConfig } from '../config/types.ts'
import type { Fault } from '../core/errors.ts'
import { type Alg, ALGS_OF } from '../core/keys/alg.ts'
import type { Key } from '../core/keys/key.ts'
import { isNamed, type KeySet, lifeOf, unorderedKeys } from '../core/keys/key-set.ts'
import { formatTime } from '../core/time.ts'
import type { Profile } from '../core/tokens/profile.ts'
import { needsCertificate } from '../core/tokens/template.ts'

interface Linking {
  sets: ReadonlyMap<string, KeySet>
  where: Where
  faults: Fault[]
  warnings: string[]
  missing: (set: string, at: string) => void
}

/** Joins each profile with the keys of its set. Faults and warnings are added to those of `linking`. */
export function linkProfiles (all: Pick<Config, 'sets' | 'profiles'>, { sets, where, faults, warnings, missing }: Linking): Map<string, Profile> {
  const profiles = new Map<string, Profile>()
  for (const [name, config] of all.profiles) {
    const report = (field: string, problem: string, hint: string): void => {
      faults.push({ where: where(['profiles', name, field]), problem, hint })
    }
    const set = sets.get(config.set)
    if (!set) {
      missing(config.set, where(['profiles', name, 'set']))
      continue
    }
    const alg = chooseAlg(config, set, report)
    if (!alg) continue
    const named = set.keys.filter(key => key.alg === alg && (config.key === undefined || isNamed(key, config.key)))
    const unordered = unorderedKeys(set, alg)
    if (config.key === undefined && unordered.length > 0) {
      report('key', `is needed: ${unordered.length} ${alg} keys of the set "${set.name}" have no activation date, so none signs by itself`,
        `if one is to follow the other, give it a date above the key, "# activates: 2026-12-01T00:00:00Z" (jwksd rotate ${set.name} --begin makes a successor by itself); else name one: ${unordered.map(key => `${key.kid} (${key.file})`).join(', ')}`)
    } else if (config.key !== undefined && all.sets.get(set.name)?.rotation) {
      report('key', `is bound to one key, and sets.${set.name}.rotation replaces it`, 'take key out of the profile, or rotation out of the set')
    } else if (!named.some(key => key.privateKey || key.revoked !== undefined)) {
      // A revocation must never be a fault that keeps the revoked key published.
      report('key', `no private ${alg} key here fits`, 'put the private key file in the directory of its set')
    } else if (fitsPreset(config, set, { named, report })) {
      profiles.set(name, { ...config, alg })
      warnings.push(...warnOfEnd(config, set, named))
    }
  }
  return profiles
}

/** A profile does not change over to the next key when it is bound to one. */
function warnOfEnd ({ name, key: bound }: ProfileConfig, set: KeySet, named: readonly Key[]): string[] {
  const end = Math.max(...named.map(key => lifeOf(set, key).deactivates))
  if (bound === undefined || end === Infinity) return []
  return [`profile ${name} is bound to ${bound}, which stops signing on ${formatTime(end)}, when the next key of its set takes over; take key out of the profile`]
}

/** How the vendor knows a key: by a kid that it makes itself in the same way, or by a certificate. */
function fitsPreset (config: ProfileConfig, set: KeySet, { named, report }: { named: readonly Key[], report: ReportFault }): boolean {
  const { preset, claims, forced } = config
  const { kid } = preset.key
  if (kid === 'assigned') {
    const ours = named.find(key => Object.values(key.kids).includes(key.kid))
    if (!ours || forced.includes('kid')) return true
    report('claims', `has no kid, and ${ours.file} is named by jwksd: ${preset.title} knows a key by the id that it gave you`,
      `write that id as claims.kid, or as a line "# kid: …" above the key in ${ours.file}`)
    return false
  }
  if (kid && set.kid !== kid) {
    report('set', `the set "${set.name}" names keys by ${set.kid}; ${preset.title} takes only ${kid}`, `write kid: ${kid} in sets.${set.name}`)
    return false
  }
  const names = [...preset.names, ...claims.names].filter(needsCertificate)
  const bare = names.length === 0 ? undefined : named.find(({ privateKey, certificate }) => privateKey && !certificate)
  if (bare) report('set', `${preset.title} needs the certificate of ${bare.file}`, 'put it beside the key, under the same name with .crt')
  const unnamed = !bare && names.includes('key.uri') && named.find(({ certificate }) => certificate && !certificate.uri)
  if (unnamed) report('set', `the certificate of ${unnamed.file} has no URI among its names`, `${preset.title} takes one whose subject alternative name is the issuer's URI`)
  return !bare && !unnamed
}

type ReportFault = (field: string, problem: string, hint: string) => void

/** The one alg that the preset takes, the set has, and the profile asks for. */
function chooseAlg ({ alg, key: name, preset }: ProfileConfig, set: KeySet, report: ReportFault): Alg | undefined {
  const keys = name === undefined ? set.keys : set.keys.filter(key => isNamed(key, name))
  if (keys.length === 0) {
    report('key', `there is no key "${name}" in the set "${set.name}"`, `name one: ${set.keys.map(key => `${key.kid} (${key.file})`).join(', ')}`)
    return undefined
  }
  const algs = [...new Set(keys.map(key => key.alg))].filter(one => preset.alg.oneOf.includes(one) && (alg ?? one) === one)
  if (algs.length === 1) return algs[0]
  const has = [...new Set(set.keys.map(key => key.alg))].join(', ')
  if (algs.length > 1) report('alg', `is needed: the set "${set.name}" signs with ${algs.join(' and ')}`, `choose one: ${algs.join(', ')}`)
  else {
    const taken = alg ? [alg] : preset.alg.oneOf
    report('set', `the set "${set.name}" has keys for ${has}; ${preset.title} takes ${taken.join(', ')}`, hintForAlg(set.name, keys, taken))
  }
  return undefined
}

/** A key may sign with another alg of its kind; else another key is needed. */
function hintForAlg (set: string, keys: readonly Key[], taken: readonly Alg[]): string {
  const fitting = taken.find(alg => keys.some(({ kind }) => ALGS_OF[kind].includes(alg)))
  return fitting === undefined
    ? `make a key for a set of its own: jwksd keygen ${set}-${taken[0]!.toLowerCase()} --alg ${taken[0]}`
    : `write sets.${set}.alg: ${fitting}, or a line "# alg: ${fitting}" above the key`
}
