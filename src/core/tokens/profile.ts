// A profile: a preset bound to a set of keys and to the operator's policy. It says what a token holds, and what its
// caller may choose. Types only: prepare.ts holds requests against them.

import type { Alg } from '../keys/alg.ts'
import type { Check } from './json-schema.ts'
import type { PayloadType, Preset } from './preset.ts'
import type { Compiled } from './template.ts'

export type Claims = Record<string, unknown>

/** Durations in seconds. */
export interface Profile {
  readonly name: string
  readonly preset: Preset
  readonly set: string
  /** Where the set is published. */
  readonly setUrl: string
  readonly alg: Alg
  /** kid or file name of the one key that signs, where the set has no single line of succession. */
  readonly key?: string
  /** What the preset's templates name as `params.<name>`. */
  readonly params: Readonly<Record<string, string>>
  /** Claims that every token of the profile has with exactly these values. */
  readonly claims: Compiled
  /** What the caller's own claims must be; absent: the preset's `allowed`. */
  readonly allow?: Check
  /** The only audiences; absent: any that the preset takes. */
  readonly aud?: readonly string[]
  /** Fewer payload types than the preset takes. */
  readonly payload?: readonly PayloadType[]
  /** Instead of the preset's own `typ`. */
  readonly typ?: string
  /** How far `iat` and `nbf` lie in the past, instead of the preset's own (seconds). */
  readonly backdate?: number
  readonly ttl: { readonly default: number, readonly max: number }
}

/** What a caller asks for, already checked for shape. `ttl` in seconds; `payload_b64u` is base64url without padding. */
export interface SigningRequest {
  readonly profile?: string
  readonly claims?: Claims
  readonly payload?: unknown
  readonly payload_b64u?: string
  readonly ttl?: number
}
