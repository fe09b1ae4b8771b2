// The values that a vendor gives: which claims and params of a profile they are, what they mean, and what stands there until
// then. Everything comes from the preset.

import type { Preset } from '../tokens/preset.ts'
import { NOT_ASSIGNED, NOT_ASSIGNED_ORIGIN } from './pending.ts'

export interface VendorValue {
  /** `iss`, `params.issuer`. */
  readonly name: string
  /** Places in a profile: `claims.iss` and `claims.sub` where both must be the same. */
  readonly places: readonly string[]
  /** What the vendor wants; it completes "`name` …". */
  readonly text: string
  readonly source: string
  /** What a new profile has: a real value, or one that is pending. */
  readonly usual: string
}

const PARAMS = 'params.'

/** @param issuer what `{issuer}` stands for: the URL of the set without /.well-known/jwks.json */
export function vendorValues (preset: Preset, issuer: string): VendorValue[] {
  const values = preset.onboarding?.values ?? usualValues(preset)
  return Object.entries(values).map(([name, usual]) => ({
    name,
    places: placesOf(preset, name),
    ...explain(preset, name),
    usual: usual.replace('{issuer}', issuer)
  }))
}

/** iss and aud where the vendor requires them and nothing else gives them, and the params. */
function usualValues ({ rules, names }: Preset): Record<string, string> {
  const isOpen = (name: string): boolean =>
    rules.some(({ claim, required, fixed, value }) => claim === name && required === true && fixed === undefined && value === undefined)
  const params = [...new Set(names.filter(name => name.startsWith(PARAMS)))]
  return {
    ...(isOpen('iss') && { iss: NOT_ASSIGNED }),
    ...(isOpen('aud') && { aud: `${NOT_ASSIGNED_ORIGIN}/token` }),
    ...Object.fromEntries(params.map(name => [name, NOT_ASSIGNED_ORIGIN]))
  }
}

/** The claim, and every claim that must be the same and is not filled in. */
function placesOf ({ rules }: Preset, name: string): string[] {
  if (name.startsWith(PARAMS)) return [name]
  const same = rules.filter(rule => rule.same === name && rule.value === undefined).map(({ claim }) => claim)
  return [...new Set([name, ...same])].map(claim => `claims.${claim}`)
}

function explain ({ rules, header }: Preset, name: string): Pick<VendorValue, 'text' | 'source'> {
  const { text, source } = rules.find(({ claim, fixed }) => claim === name || fixed === `\${${name}}`) ??
    { text: 'is part of the header', source: header.source }
  return { text, source }
}
