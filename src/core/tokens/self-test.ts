// The last check of a key before it is used: what it signs must verify with the JWK that vendors will fetch. For the first key
// of each alg jose verifies a signature, and with it the form of a JWS. Of each further key the JWK must be the public key that
// parse-key.ts has verified a signature with: one more would show the same.

import { createPublicKey, type KeyObject } from 'node:crypto'
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
 * Checks that the published JWK verifies what the key signs. A key without a private half is not tested.
 * @throws FaultsError naming the file
 */
export async function selfTest (key: Key): Promise<void> {
  const { file, alg, privateKey, publicKey } = key
  if (!privateKey) return
  const jwk = JSON.stringify(key.jwk)
  if (passed.get(privateKey) === jwk) return
  try {
    if (!formed.has(alg)) await checkSignature(key, jwk)
    else if (!createPublicKey({ key: JSON.parse(jwk), format: 'jwk' }).equals(publicKey)) throw new Error('the JWK is another key')
  } catch {
    throw fault(file, `the self-test failed: what it signs with ${alg} does not verify with the JWK that would be published`,
      'restore the file from where it came, or make a new key')
  }
  formed.add(alg)
  passed.set(privateKey, jwk)
}

/** @throws Error when jose finds the signature wrong */
async function checkSignature (key: Key, jwk: string): Promise<void> {
  const { token } = await signJws(key, { protectedHeader: {}, payload: Buffer.from('jwksd self-test') }, 'compact')
  await compactVerify(token!, await importJWK(JSON.parse(jwk), key.alg), { algorithms: [key.alg] })
}
