// JWT bearer tokens of other issuers (RFC 7519, RFC 8725): an identity provider's, or a Kubernetes service account's.
// Rejects tokens with a wrong signature, alg, type or audience, expired ones, and those that are valid for too long.

import { decodeJwt, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose'
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
  /** The only types of its tokens, as `normalizeType` writes them; `none` is a header without typ. */
  readonly types: readonly string[]
  /** Longest life of its tokens (seconds). */
  readonly maxLife: number
}

/** A media type may be written without `application/` and in any case (RFC 7515 section 4.1.9). */
export function normalizeType (typ: string): string {
  return typ.toLowerCase().replace(/^application\//, '')
}

/** The tokens that identify a client: `sub` is compared exactly. */
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
 * @see RFC 8725 sections 3.1, 3.8, 3.9 and 3.11
 */
export async function verifySubject (token: string, issuer: IdentityProvider, keys: JWTVerifyGetKey, now: number): Promise<string> {
  const { payload, protectedHeader: { typ = 'none' } } = await jwtVerify(token, keys, {
    issuer: issuer.issuer,
    audience: issuer.audience,
    algorithms: [...issuer.algs],
    requiredClaims: ['sub', 'exp'],
    currentDate: new Date(now * 1000),
    clockTolerance: DEFAULT_MARGINS.skew
  })
  // RFC 8725 section 3.11: a token of another kind, such as a logout token, is signed by the same keys.
  if (!issuer.types.includes(normalizeType(typ))) throw new errors.JWTClaimValidationFailed('unexpected "typ" header', payload, 'typ', 'check_failed')
  checkLife(payload, issuer.maxLife, now)
  return payload.sub!
}

/** Without `iat`, or with one further ahead than clocks may differ, what is left of the life must not be longer. */
function checkLife (payload: JWTPayload, longest: number, now: number): void {
  const { exp, iat = now } = payload
  if (exp! - Math.min(iat, now + DEFAULT_MARGINS.skew) > longest) throw new errors.JWTClaimValidationFailed('"exp" is too far from "iat"', payload, 'exp', 'check_failed')
}
