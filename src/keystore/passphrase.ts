// The passphrase of encrypted key files, from the environment or from a file that it names.

import type { Environment } from '../config/types.ts'
import { fault } from '../core/errors.ts'
import { readAny } from './files.ts'

/**
 * JWKSD_KEY_PASSPHRASE, or the first line of the file that JWKSD_KEY_PASSPHRASE_FILE names.
 * @throws FaultsError when that file cannot be read
 */
export async function readPassphrase (env: Environment): Promise<string | undefined> {
  const file = env.JWKSD_KEY_PASSPHRASE_FILE
  if (env.JWKSD_KEY_PASSPHRASE !== undefined || !file) return env.JWKSD_KEY_PASSPHRASE
  const text = await readAny(file).catch((error: NodeJS.ErrnoException) => {
    throw fault('JWKSD_KEY_PASSPHRASE_FILE', `the file ${file} cannot be read (${error.code})`, 'name a file that this user can read')
  })
  return text.replace(/\r?\n[\s\S]*$/, '')
}
