// What a preset must prove: a request, the token that its vendor's document shows, and for each rule a request that
// breaks it.

import { NOW } from './listener.ts'
import type { TestKind } from './keys.ts'

/** When the tokens are signed (NumericDate): a little later, since openssl makes the certificates valid from now. */
export const SIGNED_AT = NOW + 600

/** Facts of the signing key, computed from its files without jwksd. */
export interface KeyFacts {
  readonly kid: string
  /** base64 of SHA-256 over the public key's DER. */
  readonly spkiSha256: string
  /** RFC 7638. */
  readonly thumbprint: string
  /** Of the certificate beside the key; empty where there is none. */
  readonly x5c: readonly string[]
  readonly x5t: string
  readonly x5tS256: string
}

type Members = Record<string, unknown>
type Body = Readonly<Record<string, unknown>>

export interface PresetCase {
  readonly kind: TestKind
  readonly alg: string
  /** Notes above the key. */
  readonly kid?: string
  readonly certified?: boolean
  readonly set?: Members
  readonly params?: Record<string, string>
  /** Forced by the profile. */
  readonly forced?: Members
  /** Body of POST /sign without the profile. */
  readonly request: Body
  /** The vendor's header: member by member, `alg` included. */
  readonly header: (key: KeyFacts) => Members
  readonly unprotected?: (key: KeyFacts) => Members
  /** The vendor's claims without those of `times`. */
  readonly claims?: (key: KeyFacts) => Members
  /** `iat` and `exp` relative to now; `jti` true where there is one. */
  readonly times?: { readonly iat?: number, readonly nbf?: number, readonly exp?: number, readonly jti?: true }
  /** The exact bytes that are signed, where no claims are. */
  readonly payload?: string | Buffer
  /** For each rule the claims that break it, merged into the good ones (undefined removes), or a whole body. */
  readonly breaks: Readonly<Record<string, { readonly claims?: Members, readonly body?: Body, readonly field?: string }>>
}
