// The key directory: PEM files directly in it are the set `default`, each sub-directory is a set of its own.
// Reads only; refuses bad files one by one with their reason, so that all of them are told at once.

import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { invalidity, readCertificate } from '../core/certificate.ts'
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
  now: number | undefined
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
 * @param now NumericDate (seconds), to warn of certificates that are not valid
 * @throws FaultsError when the directory itself cannot be read
 */
export async function readKeyDirectory (
  directory: string, { passphrase, publicOnly = false, now }: { passphrase?: string | undefined, publicOnly?: boolean, now?: number } = {}
): Promise<KeyDirectory> {
  const reading: Reading = { publicOnly, passphrase, now, faults: [], warnings: [] }
  const entries = await list(directory)
  const sets = new Map<string, readonly ParsedKey[]>()
  const own = await readSet(directory, reading)
  if (own.length > 0) sets.set(DEFAULT_SET_NAME, own)
  for (const name of entries.filter(name => !name.startsWith('.') && !name.endsWith('.pem'))) {
    const below = path.join(directory, name)
    if (!(await stat(below)).isDirectory()) continue
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
  const names = await list(root)
  for (const name of names) {
    const shown = display(path.join(directory, name))
    if (LOOKS_LIKE_A_KEY.test(name)) reading.warnings.push(`${shown}: is not read: key files end in .pem; rename it if it is one`)
    const pem = name.replace(/\.crt$/, '.pem')
    if (pem !== name && !names.includes(pem)) reading.warnings.push(`${shown}: is not read: there is no key ${pem} beside this certificate`)
    if (!name.endsWith('.pem') || name.startsWith('.')) continue
    const crt = name.replace(/\.pem$/, '.crt')
    try {
      const key = await readKey(path.join(root, name), shown, reading)
      keys.push(key.privateKey && names.includes(crt) ? await addCertificate(key, path.join(root, crt), shown.replace(/\.pem$/, '.crt'), reading) : key)
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

/** Joins `<name>.crt` to the key of `<name>.pem`. One that is out of date is warned of here, and signs nothing. */
async function addCertificate (key: ParsedKey, file: string, shown: string, { now, warnings }: Reading): Promise<ParsedKey> {
  const certificate = readCertificate(shown, (await readSmallFile(file, shown)).text, key.publicKey)
  const wrong = now === undefined ? undefined : invalidity(certificate, now)
  if (wrong) warnings.push(`${shown}: the certificate ${wrong}: profiles that need it cannot sign`)
  return { ...key, certificate }
}

/** A path as a person would write it: relative where it lies below the working directory. */
function display (file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative.startsWith('..') ? file : relative || '.'
}
