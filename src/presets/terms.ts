// What several presets have in common: groups of algorithms, schemas of claims, and the claims of a client assertion.

import type { Alg } from '../core/keys/alg.ts'
import type { ClaimRule } from '../core/tokens/preset.ts'

/** RSASSA-PKCS1-v1_5 (RFC 7518 section 3.3). */
export const RS: readonly Alg[] = ['RS256', 'RS384', 'RS512']
/** RSASSA-PSS (RFC 7518 section 3.5). */
export const PS: readonly Alg[] = ['PS256', 'PS384', 'PS512']
/** ECDSA (RFC 7518 section 3.4). */
export const ES: readonly Alg[] = ['ES256', 'ES384', 'ES512']
/** What SMART App Launch asks of every client. */
export const SMART_ALGS: readonly Alg[] = ['RS384', 'ES384']
/** What HL7's UDAP guide names. */
export const UDAP_ALGS: readonly Alg[] = ['RS256', 'ES256', 'RS384', 'ES384']

/** `typ` of a JWT that authenticates a client (IANA media types registry; draft-ietf-oauth-rfc7523bis-11 section 4). */
export const CLIENT_AUTHENTICATION = 'client-authentication+jwt'

export const nonEmptyString = { type: 'string', minLength: 1 }
export const httpsUrl = { type: 'string', pattern: '^https://' }

/**
 * RFC 7523 section 3: a client that authenticates itself is issuer and subject of its assertion.
 * @param name what the vendor calls the client's name
 */
export function clientRules (source: string, name = 'the client_id'): ClaimRule[] {
  return [
    { id: 'iss-required', claim: 'iss', text: `is ${name}`, required: true, schema: nonEmptyString, source, verified: true },
    { id: 'sub-is-iss', claim: 'sub', text: `is ${name}, as iss`, required: true, same: 'iss', source, verified: true }
  ]
}
