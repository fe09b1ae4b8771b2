// A token against this installation: as which of its profiles would it pass? The one with the fewest faults is meant.

import { DEFAULT_SET_NAME } from '../config/types.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Loaded } from '../state/load.ts'
import type { Finding } from './finding.ts'
import { countFaults, publishedJwks } from './loaded.ts'
import { checkToken, type TokenOptions } from './token.ts'

interface LocalOptions extends Pick<TokenOptions, 'now' | 'payload'> {
  readonly loaded: Loaded
  /** Only profiles of this preset; where there are none, every set is tried. */
  readonly preset?: Preset
}

/** @param text as it is in a file or was copied */
export function checkLocalToken (text: string, { loaded, preset, ...options }: LocalOptions): Finding[] {
  const { snapshot: { published, policy: { profiles } }, config: { url: { origin } } } = loaded
  const fitting = [...profiles.values()].filter(one => !preset || one.preset.name === preset.name).map(profile => ({
    seen: `looked at as a token of the profile ${profile.name}, with the set ${profile.set}`,
    set: profile.set,
    expected: { url: profile.setUrl, preset: profile.preset, profile }
  }))
  const sets = [...published.keys()].map(set => ({
    seen: `looked at with the set ${set}`,
    set,
    expected: { url: `${origin}${set === DEFAULT_SET_NAME ? '' : `/${set}`}/.well-known/jwks.json`, ...preset && { preset } }
  }))
  const verdicts = (fitting.length > 0 ? fitting : sets).map(({ seen, set, expected }) => [
    { check: 'profile', level: 'ok' as const, seen }, ...checkToken(text, { ...options, ...expected, jwks: publishedJwks(loaded, set, options.now) })
  ])
  return verdicts.sort((a, b) => countFaults(a) - countFaults(b))[0]!
}
