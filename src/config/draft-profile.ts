// A new profile and its set for a preset: the values of the vendor as far as they are known, and rules that suit the preset.

import { ALGS_OF, type Alg, kindFor } from '../core/keys/alg.ts'
import { isPending } from '../core/onboarding/pending.ts'
import { vendorValues } from '../core/onboarding/vendor-values.ts'
import { formatDuration } from '../core/time.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { NewProfile, NotedValue } from './config-text.ts'
import { DEFAULT_SET } from './types.ts'

const DAY = 86400

/** Values of a profile by section, with what they mean. */
export type ProfileValues = Record<'claims' | 'params', Record<string, NotedValue>>

interface KnownValue { readonly places: readonly string[], readonly text: string, readonly value: string, readonly open?: boolean }

/** What each place of a profile has, for the places of vendor values. */
export function notedValues (values: readonly KnownValue[]): ProfileValues {
  const sections: ProfileValues = { params: {}, claims: {} }
  for (const { places, text, value, open = isPending(value) } of values) {
    places.forEach((place, i) => {
      const [section, name] = place.split('.') as [keyof ProfileValues, string]
      const note = i === 0 ? text : `as ${places[0]!.split('.')[1]}`
      sections[section][name] = { value, note: open ? `${note}; the vendor gives it` : note, open }
    })
  }
  return sections
}

/**
 * @param given values of the vendor by name, as far as they are known
 * @param issuer URL of the set without /.well-known/jwks.json
 */
export function draftProfile (
  preset: Preset, { set, alg, issuer, given }: { set: string, alg: Alg, issuer: string, given: Readonly<Record<string, string>> }
): NewProfile {
  const values = vendorValues(preset, issuer).map(({ name, usual, ...value }) => ({ ...value, value: given[name] ?? usual }))
  const { claims, params } = notedValues(values)
  return { preset: preset.name, set, ...(needsAlg(preset, alg) && { alg }), params, claims }
}

/** A key that can sign in several ways signs as its set says, unless the preset takes several of them. */
function needsAlg ({ alg: { oneOf } }: Preset, alg: Alg): boolean {
  return ALGS_OF[kindFor(alg)].filter(one => oneOf.includes(one)).length > 1
}

/** The rules of a new set for the preset's keys; its retire covers the longest token. */
export function draftSet ({ key, time }: Preset, alg: Alg): Record<string, string> {
  const { maxAge, lead, retire } = DEFAULT_SET
  const longest = time.ttl.max ?? 0
  const kid = key.kid === 'thumbprint' ? { kid: key.kid } : {}
  return {
    alg,
    ...kid,
    maxAge: formatDuration(maxAge),
    lead: formatDuration(lead),
    retire: longest < retire / 2 ? formatDuration(retire) : formatDuration((Math.ceil(longest / DAY) + 1) * DAY)
  }
}
