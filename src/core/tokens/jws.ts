// Signing (RFC 7515): headers and payload bytes in, a JWS out. The only place that signs tokens with a private key.
// Rejects nothing itself: compile-preset.ts has checked crit and b64, policy.ts and prepare.ts what may be signed. jose does not
// sign here, but verifies: the first key of each alg in self-test.ts, what each preset makes in tests. It signs through WebCrypto,
// which always takes the thread pool, and that costs more than an ES256 signature (225 us in all, against 46).

import { constants, sign } from 'node:crypto'
import { promisify } from 'node:util'
import { NIST_CURVES } from '../keys/curves.ts'
import { itemsOf, readDer } from '../keys/der.ts'
import type { Key } from '../keys/key.ts'
import type { SigningInput } from './prepare.ts'
import type { Serialization } from './preset.ts'

/** What was signed: a `token` for `compact` and `detached`, a `jws` object for `flattened` and `general`. */
export interface SerializedJws { readonly token?: string, readonly jws?: object }

/** Runs signatures of the thread pool, now or later, or refuses them. */
export type SignatureQueue = <T>(sign: () => Promise<T>) => Promise<T>

/**
 * Signs an input with the key's private half, and gives it the serialization that the preset asks for.
 * @param queue not asked for kinds of keys that sign on this thread
 */
export async function signJws (
  key: Key, input: Pick<SigningInput, 'protectedHeader' | 'unprotectedHeader' | 'payload'>, serialization: Serialization, queue: SignatureQueue = async sign => await sign()
): Promise<SerializedJws> {
  const { protectedHeader, unprotectedHeader: header, payload } = input
  const encoded = Buffer.from(JSON.stringify({ alg: key.alg, ...protectedHeader })).toString('base64url')
  const text = payload.toString(protectedHeader.b64 === false ? 'utf8' : 'base64url')
  const bytes = protectedHeader.b64 === false ? Buffer.concat([Buffer.from(`${encoded}.`), payload]) : Buffer.from(`${encoded}.${text}`)
  const signature = (await signBytes(key, bytes, queue)).toString('base64url')
  const one = { protected: encoded, ...(header && { header }), signature }
  switch (serialization) {
    case 'compact': return { token: `${encoded}.${text}.${signature}` }
    case 'detached': return { token: `${encoded}..${signature}` }
    case 'flattened': return { jws: { payload: text, ...one } }
    case 'general': return { jws: { payload: text, signatures: [one] } }
  }
}

/** Whether signatures are made on this thread: by these kinds one takes less time than handing it to another. */
export function signsHere ({ kind }: Key): boolean {
  return kind === 'P-256' || kind === 'Ed25519'
}

/** On libuv's thread pool. */
const signElsewhere = promisify(sign)

/** The signature in the form that JWS has (RFC 7518 section 3, RFC 8037 section 3.1). */
async function signBytes (signingKey: Key, bytes: Buffer, queue: SignatureQueue): Promise<Buffer> {
  const { alg, kind, privateKey } = signingKey
  // Without options the key itself: inside an object Node 24 takes as long to find it as for an ES256 signature.
  const key = alg.startsWith('PS')
    ? { key: privateKey!, padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
    : privateKey!
  const digest = kind === 'Ed25519' ? null : `sha${alg.slice(2)}`
  const signature = signsHere(signingKey) ? sign(digest, bytes, key) : await queue(async () => await signElsewhere(digest, bytes, key))
  const curve = NIST_CURVES.find(({ name }) => name === kind)
  return curve ? joinNumbers(signature, curve.size) : signature
}

/**
 * R and S side by side (RFC 7518 section 3.4) out of an ECDSA-Sig-Value (RFC 3279 section 2.2.3). Node does the same on request, but
 * Node 24 takes as long for it as for the signature.
 */
function joinNumbers (der: Buffer, size: number): Buffer {
  const joined = Buffer.alloc(2 * size)
  for (const [i, { content }] of itemsOf(readDer(der)).entries()) {
    const octets = content.subarray(-size) // without the zero that comes before a first bit of 1
    octets.copy(joined, (i + 1) * size - octets.length)
  }
  return joined
}
