// The vocabulary in which the rules of a vendor or a standard are written down, and what signing makes of it. Types only:
// compile-preset.ts turns the first into the second.

import type { Alg } from '../keys/alg.ts'
import type { Check, JsonSchema } from './json-schema.ts'
import type { KidScheme } from '../keys/identity.ts'
import type { Template } from './template.ts'

/** Where a rule comes from, and whether somebody read it there. */
export interface Sourced {
  readonly source: string
  readonly verified: boolean
}

/** RFC 7515 section 7; `detached` is the compact form without its payload (appendix F). */
export type Serialization = 'compact' | 'flattened' | 'general' | 'detached'
/** What a payload profile signs: a JSON value, a text's UTF-8 bytes, or any bytes. */
export type PayloadType = 'json' | 'text' | 'bytes'
/** Registered claims that only the server sets (RFC 7519 sections 4.1.4 to 4.1.7). */
export const SERVER_CLAIMS = ['iat', 'nbf', 'exp', 'jti'] as const
export type ServerClaim = typeof SERVER_CLAIMS[number]

/** One thing that a vendor demands of a claim; a request that breaks it is refused by its `id`. */
export interface ClaimRule extends Sourced {
  readonly id: string
  readonly claim: string
  /** What the vendor wants, for a reader: it completes "`claim` …". */
  readonly text: string
  readonly required?: boolean
  /** Template of the value that jwksd adds where neither caller nor profile gives the claim. */
  readonly value?: unknown
  /** Template of the only value that the claim may have: jwksd adds it, and rejects every other. */
  readonly fixed?: unknown
  /** JSON Schema of the claim's value where it is present. */
  readonly schema?: JsonSchema
  /** Another claim that must have the same value. */
  readonly same?: string
  /** JSON Schema of all claims together, where one claim depends on others. */
  readonly claims?: JsonSchema
}

/** A text for readers and where it comes from. */
export interface Advice { readonly text: string, readonly source: string }

/**
 * How somebody gets a key registered with the vendor. Texts may hold `{url}`, `{host}`, `{issuer}`, `{kid}`, `{alg}`,
 * `{base64}` (the public key without the lines around it), `{fingerprint}` and `{thumbprint}` of the live key.
 */
export interface Onboarding {
  /** What to do at the vendor's, in order. */
  readonly steps?: readonly Advice[]
  /** What to ask for, besides the values. */
  readonly ask?: readonly Advice[]
  /**
   * What the vendor gives and a profile forces, as `iss` or `params.issuer`, with what a new profile has until then: a real
   * value where everybody's is the same, else one that `isPending` knows. Default: iss, aud and the params.
   */
  readonly values?: Readonly<Record<string, string>>
}

/** Header members by name; strings may be templates. `alg` is always there and no member of these. */
export type HeaderMembers = Readonly<Record<string, unknown>>

/**
 * A vendor or standard as data. Durations are texts as in the configuration where it is written (`5m`), seconds once
 * it is read.
 */
export interface PresetData<Duration = string> {
  readonly title: string
  /**
   * How the vendor gets the public key: `vendor` means that it makes the key pair itself. `kid` where it must be one;
   * `assigned`: a name that the vendor gives to each key.
   */
  readonly key: Sourced & {
    readonly given: 'jwks-url' | 'jwk' | 'pem' | 'certificate' | 'vendor'
    readonly kid?: KidScheme | 'assigned'
    /** The JWK has the certificate chain of its key, where there is one. */
    readonly x5c?: boolean
  }
  readonly onboarding?: Onboarding
  readonly alg: Sourced & { readonly oneOf: readonly Alg[] }
  /** These members and no others. `b64: false` signs the payload unencoded (RFC 7797); `zip: DEF` deflates it first. */
  readonly header: Sourced & {
    readonly protected: HeaderMembers
    readonly unprotected?: HeaderMembers
    /** Values of `typ` that a profile may choose instead; absent: none. */
    readonly types?: readonly string[]
    /** Members without which the vendor refuses a token, besides those that lead to the key or to the payload. */
    readonly required?: readonly string[]
  }
  readonly form: Sourced & { readonly serialization: Serialization, readonly payload: 'claims' | readonly PayloadType[] }
  /** Registered claims that the server sets. `backdate` moves `iat` and `nbf` into the past; `exp` counts from `iat`. */
  readonly time: Sourced & {
    readonly set: readonly ServerClaim[]
    /** Members of `set` that the vendor's documents do not demand. */
    readonly optional?: readonly ServerClaim[]
    /** How far the vendor lets clocks differ, where it says so. */
    readonly leeway?: Duration
    /** Absent `max`: the vendor names none, so a profile may choose its own. */
    readonly ttl: { readonly default: Duration, readonly max?: Duration }
    readonly backdate?: Duration
    /** `exp` is no member of `set`, and is there when the request asks for a ttl. */
    readonly expOnRequest?: boolean
  }
  /** Claims that a caller may send where its profile has no `allow` of its own; absent: any. */
  readonly allowed?: readonly string[]
  /** What the vendor recommends, or could not be confirmed: for readers only, never a reason to refuse a request. */
  readonly advice?: readonly Advice[]
  readonly rules: readonly ClaimRule[]
  /** A request that keeps every rule, and the params that its profile would have. */
  readonly example: {
    readonly claims?: Readonly<Record<string, unknown>>
    readonly payload?: unknown
    readonly params?: Readonly<Record<string, string>>
  }
}

export interface CompiledRule extends ClaimRule {
  readonly check?: Check
  readonly checkAll?: Check
  readonly fill?: Template
}

/** A preset ready to sign with. Durations in seconds. */
export interface Preset extends PresetData<number> {
  readonly name: string
  readonly rules: readonly CompiledRule[]
  readonly protectedHeader: Template
  readonly unprotectedHeader?: Template
  /** Every placeholder of the preset. */
  readonly names: readonly string[]
}
