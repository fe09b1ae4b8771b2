// The last check of a key before it is used: what it signs must verify with the JWK that vendors will fetch.
// Signing runs off the event loop; a key that passed is not tested again as long as nothing about it changes.

import type { KeyObject } from 'node:crypto'
import { compactVerify, importJWK } from 'jose'
import { fault } from '../errors.ts'
import type { Key } from '../keys/key.ts'
import { signJws } from './jws.ts'

const passed = new WeakMap<KeyObject, string>()

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
    await compactVerify(token!, await importJWK(JSON.parse(jwk), alg), { algorithms: [alg] })
  } catch {
    throw fault(file, `the self-test failed: what it signs with ${alg} does not verify with the JWK that would be published`,
      'restore the file from where it came, or make a new key')
  }
  passed.set(privateKey, jwk)
}
