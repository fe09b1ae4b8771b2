// Keys that lie where a configuration is made: private keys in any form that `import` reads, and the kids under which an
// old jwks.json published them. Reads only; a file that holds no private key is passed over.

import { createHash, createPublicKey, type KeyObject } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { parseJson } from '../../core/keys/form.ts'
import { kidWeakness } from '../../core/keys/notes.ts'
import { readAny } from '../../keystore/files.ts'
import { readForeignKey } from '../../keystore/import.ts'

const KEY_FILE = /\.(pem|key|p8|der|p12|pfx|jwk|json)$/i
const OLD_SETS = ['jwks.json', '.well-known/jwks.json']
/** No more files than this are looked at. */
const MOST = 100

/** A key of an old JWK Set. */
export interface OldKey { readonly file: string, readonly kid: string, readonly alg?: string, readonly id: string }

/** Identifies a public key whatever its encoding: SHA-256 of its SubjectPublicKeyInfo. */
export function idOf (key: KeyObject): string {
  const publicKey = key.type === 'private' ? createPublicKey(key) : key
  return createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64')
}

/** Files in the directory with a private key; an encrypted one counts. */
export async function findPrivateKeys (directory: string): Promise<string[]> {
  const names = (await readdir(directory).catch(() => [])).filter(name => KEY_FILE.test(name)).sort().slice(0, MOST)
  const encrypted = new Error('encrypted')
  const found = await Promise.all(names.map(async name => {
    const file = path.join(directory, name)
    try {
      await readForeignKey(file, async () => { throw encrypted })
      return [file]
    } catch (error) {
      return error === encrypted ? [file] : []
    }
  }))
  return found.flat()
}

/** The keys of an old JWK Set in the directory. Members that are no sound key are left out. */
export async function readOldKeys (directory: string): Promise<OldKey[]> {
  const found = await Promise.all(OLD_SETS.map(async name => {
    const file = path.join(directory, name)
    const text = await readAny(file).then(bytes => bytes.toString('utf8'), () => '')
    const { keys } = parseJson(text) ?? {}
    return Array.isArray(keys) ? keys.flatMap((jwk: unknown) => readOldKey(file, jwk)) : []
  }))
  return found.flat()
}

function readOldKey (file: string, jwk: unknown): OldKey[] {
  const { kid, alg, ...members } = (jwk ?? {}) as Record<string, unknown>
  if (typeof kid !== 'string' || kidWeakness(kid) !== undefined) return []
  try {
    const id = idOf(createPublicKey({ key: members as never, format: 'jwk' }))
    return [{ file, kid, id, ...(typeof alg === 'string' && { alg }) }]
  } catch {
    return []
  }
}
