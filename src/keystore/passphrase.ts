// The passphrase of encrypted key files: of one key from the file beside it, of all from the environment or from a
// file that it names.

import type { Environment } from '../config/types.ts'
import { fault } from '../core/errors.ts'
import { formOf } from '../core/keys/form.ts'
import { readAny } from './files.ts'

/**
 * JWKSD_KEY_PASSPHRASE, or the first line of the file that JWKSD_KEY_PASSPHRASE_FILE names. An empty one is none.
 * @throws FaultsError when that file cannot be read
 */
export async function readPassphrase (env: Environment): Promise<string | undefined> {
  const file = env.JWKSD_KEY_PASSPHRASE_FILE
  if (env.JWKSD_KEY_PASSPHRASE || !file) return env.JWKSD_KEY_PASSPHRASE || undefined
  return await readPassphraseFile(file, 'JWKSD_KEY_PASSPHRASE_FILE')
}

/**
 * The first line of a file.
 * @param where what named the file, for a fault
 * @throws FaultsError when it cannot be read, or is in UTF-16
 */
export async function readPassphraseFile (file: string, where: string): Promise<string> {
  const bytes = await readAny(file).catch((error: NodeJS.ErrnoException) => {
    throw fault(where, `the file ${file} cannot be read (${error.code})`, 'name a file that this user can read')
  })
  return firstLine(`${where}: ${file}`, bytes)
}

/** @throws FaultsError naming `file` when it is in UTF-16 */
export function firstLine (file: string, bytes: Buffer): string {
  if (formOf(bytes) === 'utf-16') throw fault(file, 'the passphrase is in UTF-16, as Windows\' tools write it', 'save it as UTF-8')
  return bytes.toString('utf8').replace(/^\uFEFF/, '').replace(/\r?\n[\s\S]*$/, '')
}

/** Where the passphrase of a key file may be. */
export function passphraseFileOf (file: string): string {
  return file.replace(/\.pem$/, '.passphrase')
}

/** What the file beside a key file says, where there is one. */
export async function readPassphraseOf (file: string): Promise<string | undefined> {
  const beside = passphraseFileOf(file)
  const bytes = await readAny(beside).catch(() => undefined)
  return bytes && firstLine(beside, bytes)
}
