// Signing (RFC 7515): headers and payload bytes in, a JWS out. The only place that signs tokens with a private key.
// Rejects nothing itself: policy.ts and prepare.ts have decided before what may be signed.

import { type FlattenedJWS, FlattenedSign } from 'jose'
import type { Key } from '../keys/key.ts'
import type { SigningInput } from './prepare.ts'
import type { Serialization } from './preset.ts'

/** What was signed: a `token` for `compact` and `detached`, a `jws` object for `flattened` and `general`. */
export interface SerializedJws { readonly token?: string, readonly jws?: object }

/** Signs an input with the key's private half, and gives it the serialization that the preset asks for. */
export async function signJws (key: Key, input: Pick<SigningInput, 'protectedHeader' | 'unprotectedHeader' | 'payload'>, serialization: Serialization): Promise<SerializedJws> {
  const { protectedHeader, unprotectedHeader, payload } = input
  const signer = new FlattenedSign(payload).setProtectedHeader({ alg: key.alg, ...protectedHeader })
  if (unprotectedHeader) signer.setUnprotectedHeader(unprotectedHeader)
  const { crit = [], b64 = true } = protectedHeader as { crit?: string[], b64?: boolean }
  // jose knows b64 itself; every other critical member is the vendor's own and is declared here.
  const own = Object.fromEntries(crit.filter(name => name !== 'b64').map(name => [name, true]))
  const jws = await signer.sign(key.privateKey!, { crit: own })
  return serialize(b64 ? jws : { ...jws, payload: payload.toString() }, serialization)
}

function serialize ({ payload, protected: encoded, header, signature }: FlattenedJWS, serialization: Serialization): SerializedJws {
  const one = { protected: encoded, ...(header && { header }), signature }
  switch (serialization) {
    case 'compact': return { token: `${encoded}.${payload}.${signature}` }
    case 'detached': return { token: `${encoded}..${signature}` }
    case 'flattened': return { jws: { payload, ...one } }
    case 'general': return { jws: { payload, signatures: [one] } }
  }
}
