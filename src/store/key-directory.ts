// The key directory: PEM files directly in it are the set `default`, each sub-directory is a set of its own.
// Reads only; refuses bad files one by one with their reason, so that all of them are told at once.

import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { type Fault, fault, FaultsError } from '../core/errors.ts'
import { parseKey, type ParsedKey } from '../core/key.ts'
import { readSmallFile } from './key-file.ts'

export interface KeyDirectory {
  /** Sound keys by set name. A set of which no file is sound has an empty list. */
  readonly sets: ReadonlyMap<string, readonly ParsedKey[]>
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

interface Reading {
  passphrase: string | undefined
  /** Keep the public half alone, for a door that must never hold what could sign. */
  publicOnly: boolean
  faults: Fault[]
  warnings: string[]
}

export const DEFAULT_SET_NAME = 'default'
export const SET_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/
const WRONG_NAME = 'a set has a name of lower-case letters, digits, "-" and "_"; the keys of "default" stand in the directory above'
const LOOKS_LIKE_A_KEY = /\.(key|pub|priv|der|p8|p12|pfx|jwk)$/i

/**
 * Reads every key file below `directory`.
 * @param passphrase for encrypted PKCS#8 files
 * @param publicOnly keep the public half of private files alone
 * @throws FaultsError when the directory itself cannot be read
 */
export async function readKeyDirectory (
  directory: string, { passphrase, publicOnly = false }: { passphrase?: string | undefined, publicOnly?: boolean } = {}
): Promise<KeyDirectory> {
  const reading: Reading = { publicOnly, passphrase, faults: [], warnings: [] }
  const entries = await list(directory)
  const sets = new Map<string, readonly ParsedKey[]>()
  const own = await readSet(directory, reading)
  if (own.length > 0) sets.set(DEFAULT_SET_NAME, own)
  for (const name of entries.filter(name => !name.startsWith('.') && !name.endsWith('.pem'))) {
    const below = path.join(directory, name)
    if (!(await stat(below).catch(() => undefined))?.isDirectory()) continue // a link may point nowhere
    if (SET_NAME.test(name) && name !== DEFAULT_SET_NAME) sets.set(name, await readSet(below, reading))
    else reading.warnings.push(`${display(below)}: is not read: ${WRONG_NAME}`)
  }
  return { sets, faults: reading.faults, warnings: reading.warnings }
}

async function list (directory: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    throw fault(display(directory), `the key directory cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'make it and put PEM files in it, or make a key with: jwksd keygen')
  }
}

/**
 * Kubernetes swaps a volume's files by one symbolic link, `..data`. Reading by the resolved directory sees either the
 * old files or the new ones; reading by name could mix them.
 */
async function resolveDirectory (directory: string): Promise<string> {
  return await realpath(path.join(directory, '..data')).catch(() => realpath(directory))
}

async function readSet (directory: string, reading: Reading): Promise<ParsedKey[]> {
  const root = await resolveDirectory(directory)
  const keys: ParsedKey[] = []
  for (const name of await list(root)) {
    const shown = display(path.join(directory, name))
    if (LOOKS_LIKE_A_KEY.test(name)) reading.warnings.push(`${shown}: is not read: key files end in .pem; rename it if it is one`)
    if (!name.endsWith('.pem') || name.startsWith('.')) continue
    try {
      keys.push(await readKey(path.join(root, name), shown, reading))
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error
      reading.faults.push(...error.faults)
    }
  }
  return keys
}

async function readKey (file: string, shown: string, { passphrase, publicOnly, warnings }: Reading): Promise<ParsedKey> {
  const { text, mode } = await readSmallFile(file, shown)
  const key = parseKey(shown, text, passphrase)
  warnings.push(...key.warnings)
  if (!key.privateKey) return key
  if (mode & 0o026) {
    throw fault(shown, `a private key with mode 0${mode.toString(8)}: ${mode & 0o004 ? 'the world can read it' : 'others can write it'}`,
      `chmod 600 ${shown}`)
  }
  if (mode & 0o040) warnings.push(`${shown}: its group can read the private key (mode 0${mode.toString(8)}); chmod 600 if it need not`)
  if (!publicOnly) return key
  warnings.push(`${shown}: a private key beside a public door; give this machine public halves: jwksd export --all DIR`)
  const { privateKey: _, ...publicHalf } = key
  return publicHalf
}

/** A path as a person would write it: relative where it lies below the working directory. */
function display (file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative || '.'
}
