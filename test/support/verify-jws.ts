// Verifies a JWS by the RFCs only: the signing input is put together by hand (RFC 7515 section 5.2, RFC 7797 section 3)
// and node:crypto looks at the signature. No JOSE library has a part in it.

import { constants, type KeyObject, verify } from 'node:crypto'

/** A JWS taken apart; `payload` are the bytes that were signed. */
export interface OpenedJws {
  readonly header: Record<string, unknown>
  readonly unprotected?: Record<string, unknown>
  readonly payload: Buffer
  readonly valid: boolean
}

interface Signature { protected: string, header?: Record<string, unknown>, signature: string }
type Json = { payload: string } & ({ signatures: Signature[] } | Signature)

const decode = (text: string): Buffer => Buffer.from(text, 'base64url')

/**
 * Opens any serialization.
 * @param detached the payload's bytes, for a token that does not carry them
 */
export function openJws (jws: string | Json, key: KeyObject, detached?: Buffer): OpenedJws {
  if (typeof jws === 'string') {
    const [encoded, payload, signature] = jws.split('.') as [string, string, string]
    return open({ protected: encoded, signature }, payload === '' ? detached! : decode(payload), key)
  }
  const one = 'signatures' in jws ? jws.signatures[0]! : jws
  const header = JSON.parse(decode(one.protected).toString())
  return open(one, header.b64 === false ? Buffer.from(jws.payload) : decode(jws.payload), key)
}

function open ({ protected: encoded, header: unprotected, signature }: Signature, payload: Buffer, key: KeyObject): OpenedJws {
  const header = JSON.parse(decode(encoded).toString()) as Record<string, unknown>
  const body = header.b64 === false ? payload : Buffer.from(payload.toString('base64url'))
  const input = Buffer.concat([Buffer.from(`${encoded}.`), body])
  return { header, ...(unprotected && { unprotected }), payload, valid: isValid(String(header.alg), input, key, decode(signature)) }
}

/** RFC 7518 section 3.1, RFC 8037 section 3.1. */
function isValid (alg: string, input: Buffer, key: KeyObject, signature: Buffer): boolean {
  if (alg === 'EdDSA') return verify(null, input, key, signature)
  const digest = `sha${alg.slice(2)}`
  if (alg.startsWith('ES')) return verify(digest, input, { key, dsaEncoding: 'ieee-p1363' }, signature)
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  return verify(digest, input, { key, ...(alg.startsWith('PS') && pss) }, signature)
}
