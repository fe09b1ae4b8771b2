// Signing (RFC 7515): header and payload bytes in, a compact JWS out. The one place where a private key is used.
// Refuses nothing itself: what may be signed was decided by policy.ts and profile.ts before.

import { CompactSign } from 'jose'
import type { Key } from './key.ts'

/** Protected header members beside `alg` and `kid`, as the preset fixes them. */
export interface Header { readonly typ?: string }

/**
 * The compact serialization of claims signed with a key's private half.
 * @param header members that the preset fixes; the caller of the service never adds to them
 * @param claims the whole claims set, times included
 */
export async function signCompact (key: Key, header: Header, claims: object): Promise<string> {
  return await new CompactSign(Buffer.from(JSON.stringify(claims)))
    .setProtectedHeader({ alg: key.alg, kid: key.kid, ...header })
    .sign(key.privateKey!)
}
