// Makes new key files. The private half goes from the generator into a file of mode 0600 and nowhere else.

import { generateKeyPairSync, type KeyObject } from 'node:crypto'
import path from 'node:path'
import { type Alg, kindFor } from '../core/keys/alg.ts'
import { writeNotes, type Notes } from '../core/keys/notes.ts'
import { writeFileSafely } from './files.ts'
import type { Owner } from './owner.ts'
import { formatTime } from '../core/time.ts'

/** @param bits RSA modulus length */
export function generatePrivateKey (alg: Alg, bits: number): KeyObject {
  const kind = kindFor(alg)
  if (kind === 'RSA') return generateKeyPairSync('rsa', { modulusLength: bits }).privateKey
  if (kind === 'Ed25519') return generateKeyPairSync('ed25519').privateKey
  return generateKeyPairSync('ec', { namedCurve: kind }).privateKey
}

/** PKCS#8 PEM text, encrypted where there is a passphrase. */
export function encodePrivateKey (key: KeyObject, passphrase: string | undefined): string {
  const encryption = passphrase === undefined ? {} : { cipher: 'aes-256-cbc', passphrase }
  return key.export({ type: 'pkcs8', format: 'pem', ...encryption }) as string
}

interface NewKey {
  directory: string
  set: string
  alg: Alg
  /** RSA modulus length. */
  bits: number
  /** NumericDate (seconds), for the file's name. */
  now: number
  /** File name (default: `<set>-<date>.pem`). */
  name?: string
  notes?: Notes
  /** Encrypts the file: a key that is kept encrypted gets an encrypted successor. */
  passphrase?: string | undefined
  owner?: Owner | undefined
  /** Permission bits (default: 0o600). */
  mode?: number
}

/**
 * Writes a new private key, PKCS#8, and never over another file.
 * @returns the path of the file
 * @throws FaultsError when there is such a file already
 */
export async function generateKeyFile (
  { directory, set, alg, bits, now, name = `${set}-${formatTime(now).slice(0, 10)}.pem`, notes = {}, passphrase, owner, mode = 0o600 }: NewKey
): Promise<string> {
  const pem = encodePrivateKey(generatePrivateKey(alg, bits), passphrase)
  const file = path.join(directory, name)
  await writeFileSafely(file, writeNotes(notes) + pem, mode, true, owner)
  return file
}
