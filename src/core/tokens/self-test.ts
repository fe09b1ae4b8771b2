// The last check of a key before it is used: what it signs must verify with the JWK that vendors will fetch. jose verifies for the
// first key of each alg, and with it the form of a JWS; for further keys node:crypto verifies, in a third of the time.

import { constants, createPublicKey, type JsonWebKey, type KeyObject, verify } from 'node:crypto'
import { promisify } from 'node:util'
import { compactVerify, importJWK } from 'jose'
import type { Alg } from '../keys/alg.ts'
import { fault } from '../errors.ts'
import type { Key } from '../keys/key.ts'
import { signJws } from './jws.ts'

/** The JWK that each key has passed with: it is not tested again as long as that stays the same. */
const passed = new WeakMap<KeyObject, string>()
/** Where jose has verified what a key signed. */
const formed = new Set<Alg>()

/**
 * Signs with the key's own alg and verifies with its published JWK. A key without a private half is not tested.
 * @throws FaultsError naming the file
 */
export async function selfTest (key: Key): Promise<void> {
  const { file, alg, privateKey } = key
  if (!privateKey) return
  const jwk = JSON.stringify(key.jwk)
  if (passed.get(privateKey) === jwk) return
  try {
    const { token } = await signJws(key, { protectedHeader: {}, payload: Buffer.from('jwksd self-test') }, 'compact')
    if (formed.has(alg)) await checkSignature(token!, JSON.parse(jwk), alg)
    else await compactVerify(token!, await importJWK(JSON.parse(jwk), alg), { algorithms: [alg] })
  } catch {
    throw fault(file, `the self-test failed: what it signs with ${alg} does not verify with the JWK that would be published`,
      'restore the file from where it came, or make a new key')
  }
  formed.add(alg)
  passed.set(privateKey, jwk)
}

/** On libuv's thread pool. */
const verifyElsewhere = promisify(verify)

/** RFC 7518 section 3, RFC 8037 section 3.1. @throws Error when it does not verify */
async function checkSignature (token: string, jwk: JsonWebKey, alg: Alg): Promise<void> {
  const end = token.lastIndexOf('.')
  const key = createPublicKey({ key: jwk, format: 'jwk' })
  const pss = alg.startsWith('PS') && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  const digest = jwk.kty === 'OKP' ? null : `sha${alg.slice(2)}`
  const signature = Buffer.from(token.slice(end + 1), 'base64url')
  if (!await verifyElsewhere(digest, Buffer.from(token.slice(0, end)), { key, dsaEncoding: 'ieee-p1363', ...pss }, signature)) throw new Error('the signature does not verify')
}
