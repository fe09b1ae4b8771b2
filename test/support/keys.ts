// Private keys for tests: none is in the repository. Each process makes its own, but RSA, which takes long: those are kept
// below node_modules/.cache, and a process takes each of them once.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { KeyKind } from '../../src/core/keys/alg.ts'

/** A kind of key: RSA has 2048 bits, the least that is allowed and the fastest to make. */
export type TestKind = KeyKind

const CACHE = fileURLToPath(new URL('../../node_modules/.cache/test-keys', import.meta.url))
let taken = 0

/** The next RSA key that this process has not had. */
function nextRsaKey (): KeyObject {
  const file = `${CACHE}/rsa-${taken++}.pem`
  if (existsSync(file)) return createPrivateKey(readFileSync(file))
  const key = generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey
  mkdirSync(CACHE, { recursive: true, mode: 0o700 })
  const fresh = `${file}.${process.pid}`
  writeFileSync(fresh, privatePem(key), { mode: 0o600 })
  renameSync(fresh, file)
  return key
}

/** A private key that this process has not had. */
export function makePrivateKey (kind: TestKind): KeyObject {
  if (kind === 'RSA') return nextRsaKey()
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
