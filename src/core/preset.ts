// The vocabulary in which a vendor's rules are written down. Types alone: the vendors are in presets/, one file each.

import type { Alg } from './alg.ts'

/** Where a rule comes from, and whether somebody read it there. */
export interface Sourced {
  readonly source: string
  readonly verified: boolean
}

/** One thing that a vendor demands of a claim. */
export interface ClaimRule extends Sourced {
  /** Stable name, told to the caller as `rule`. */
  readonly id: string
  readonly claim: string
  /** What the vendor wants, for a reader: it completes "`claim` …". */
  readonly text: string
  readonly required?: true
  /** JSON Schema of the claim's value where it is present. */
  readonly schema?: object
  /** Another claim that must have the same value. */
  readonly same?: string
}

/** A vendor or standard as data. Durations in seconds. */
export interface Preset {
  readonly name: string
  readonly title: string
  readonly algs: readonly Alg[]
  /** Protected header members beside `alg` and `kid`. */
  readonly header: { readonly typ?: string }
  readonly ttl: Sourced & { readonly default: number, readonly max: number }
  readonly rules: readonly ClaimRule[]
}
