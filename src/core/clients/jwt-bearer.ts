// JWT bearer tokens that others issue (RFC 7519, RFC 8725): an identity provider's, or a Kubernetes service account's.
// Refuses what was not signed by the issuer's own keys with a configured alg, for this service, and in time.

import { decodeJwt, jwtVerify, type JWTVerifyGetKey } from 'jose'
import type { Alg } from '../keys/alg.ts'
import { DEFAULT_MARGINS } from '../keys/rotation.ts'

/** An issuer whose tokens can name clients. */
export interface IdentityProvider {
  readonly name: string
  /** The exact `iss` of its tokens. */
  readonly issuer: string
  /** What `aud` must be, or hold: the name by which the issuer knows this service. */
  readonly audience: string
  /** Asymmetric by type: a public key can never be taken for an HMAC secret. */
  readonly algs: readonly Alg[]
  readonly jwksUrl: URL
  /** Absolute path of the CA certificates that vouch for `jwksUrl`; absent means the public ones. */
  readonly ca?: string
  /** Absolute path of a bearer token to show when the keys are fetched: Kubernetes asks for one. */
  readonly tokenFile?: string
  /** How long keys are used beyond their freshness while the issuer cannot be reached (seconds). */
  readonly staleIfError: number
}

/** Whose tokens mean a client: `sub` is compared exactly. */
export interface Subject { readonly issuer: IdentityProvider, readonly sub: string }

/** The `iss` that a token claims, unverified: it only tells whose keys to verify with. */
export function claimedIssuer (token: string): string | undefined {
  try {
    return decodeJwt(token).iss
  } catch {
    return undefined
  }
}

/**
 * The `sub` of a token that an issuer really made for this service and that is valid at `now`.
 * @param keys finds the issuer's key for a token's header
 * @param now NumericDate (seconds); clocks may differ by a minute
 * @throws JOSEError, or what `keys` throws, with a message that never quotes the token
 * @see RFC 8725 sections 3.1, 3.8 and 3.9
 */
export async function verifySubject (token: string, issuer: IdentityProvider, keys: JWTVerifyGetKey, now: number): Promise<string> {
  const { payload } = await jwtVerify(token, keys, {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algs],
    requiredClaims: ['sub', 'exp'],
    currentDate: new Date(now * 1000),
    clockTolerance: DEFAULT_MARGINS.skew
  })
  return payload.sub!
}
