// Makes new key files. The private half goes from the generator into a file of mode 0600 and nowhere else.

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { type Alg, kindFor } from '../core/alg.ts'
import { writeNotes, type Notes } from '../core/pem.ts'
import { writeFileSafely } from './key-file.ts'

const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

function generatePrivateKey (alg: Alg, bits: number): KeyObject {
  const kind = kindFor(alg)
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: CURVES[kind] }).privateKey
}

/**
 * Writes a new private key as `<directory>/<set>-<date>.pem`, PKCS#8, mode 0600, and never over another file.
 * @param bits RSA modulus length
 * @param now NumericDate (seconds), for the file's name
 * @returns the path of the file
 * @throws FaultsError when there is such a file already
 */
export async function generateKeyFile (
  { directory, set, alg, bits, now, notes = {} }: { directory: string, set: string, alg: Alg, bits: number, now: number, notes?: Notes }
): Promise<string> {
  const pem = generatePrivateKey(alg, bits).export({ type: 'pkcs8', format: 'pem' })
  const file = path.join(directory, `${set}-${new Date(now * 1000).toISOString().slice(0, 10)}.pem`)
  await writeFileSafely(file, writeNotes(notes) + pem, 0o600, true)
  return file
}
