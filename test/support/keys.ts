// Private keys for tests, made afresh in each run: none is kept in the repository.

import { createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import type { KeyKind } from '../../src/core/keys/alg.ts'

/** A kind of key: RSA has 2048 bits, the least that is allowed and the fastest to make. */
export type TestKind = KeyKind

/** A new private key. */
export function makePrivateKey (kind: TestKind): KeyObject {
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey
}

/** PKCS#8 PEM text of a new or given private key. */
export function privatePem (key: KeyObject | TestKind): string {
  const object = typeof key === 'string' ? makePrivateKey(key) : key
  return object.export({ type: 'pkcs8', format: 'pem' }) as string
}

/** SPKI PEM text of the public half. */
export function publicPem (key: KeyObject): string {
  return createPublicKey(key).export({ type: 'spki', format: 'pem' }) as string
}
