// The key directory: PEM files directly in it are the set `default`, each sub-directory is a set of its own.
// Reads only; rejects bad files one by one with their reason, so that all of them are reported at once.

import { readdir, realpath, stat } from 'node:fs/promises'
import path from 'node:path'
import { readCertificate } from '../core/keys/certificate.ts'
import { collectFaultsAsync, type Fault, fault } from '../core/errors.ts'
import type { ParsedKey } from '../core/keys/key.ts'
import { readSmallFile } from './files.ts'
import { KeyCache } from './key-cache.ts'

/** A fault and the set that it concerns. */
export interface SetFault extends Fault { readonly set: string }

export interface KeyDirectory {
  /** Sound keys by set name. A set of which no file is sound has an empty list. */
  readonly sets: ReadonlyMap<string, readonly ParsedKey[]>
  readonly faults: readonly SetFault[]
  readonly warnings: readonly string[]
}

interface Reading {
  passphrase: string | undefined
  /** Keep only the public half, for a listener that must never hold what could sign. */
  publicOnly: boolean
  cache: KeyCache
  warnings: string[]
}

export const DEFAULT_SET_NAME = 'default'
export const SET_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/
const WRONG_NAME = 'a set has a name of lower-case letters, digits, "-" and "_"; the keys of "default" lie in the directory above'
const LOOKS_LIKE_A_KEY = /\.(key|pub|priv|der|p8|p12|pfx|jwk)$/i

/** A file as it is read, and as a person knows it. */
interface ListedFile { readonly file: string, readonly shown: string }

/** `certificate` is `<name>.crt` beside `<name>.pem`. */
interface ListedKey extends ListedFile { readonly certificate?: ListedFile }

/** What a key directory holds, before anything of it is read. */
export interface KeyListing {
  readonly sets: ReadonlyMap<string, readonly ListedKey[]>
  /** The directories that change when a key file comes, goes or is swapped. */
  readonly directories: readonly string[]
  readonly faults: readonly SetFault[]
  readonly warnings: readonly string[]
}

/**
 * Lists the key files of every set below `directory`.
 * @throws FaultsError when the directory itself cannot be read
 */
export async function listKeyFiles (directory: string): Promise<KeyListing> {
  const root = await resolveDirectory(directory)
  const names = await list(directory, directory)
  const sets = new Map([[DEFAULT_SET_NAME, await listSet(root, directory)]])
  const directories = [directory]
  const faults: SetFault[] = []
  const warnings: string[] = []
  for (const name of names.filter(name => !name.startsWith('.') && !name.endsWith('.pem'))) {
    const shown = path.join(directory, name)
    const inRoot = path.join(root, name)
    const below = await isDirectory(inRoot) ? inRoot : shown
    if (!await isDirectory(below)) continue
    directories.push(shown)
    if (!SET_NAME.test(name) || name === DEFAULT_SET_NAME) warnings.push(`${display(shown)}: is not read: ${WRONG_NAME}`)
    else sets.set(name, await collectOf(name, faults, async () => await listSet(await resolveDirectory(below), shown)) ?? [])
  }
  for (const { shown } of [...sets.values()].flat().filter(({ shown }) => LOOKS_LIKE_A_KEY.test(shown))) {
    warnings.push(`${shown}: is not read: key files end in .pem; rename it if it is one`)
  }
  const keys = new Map([...sets].map(([name, files]) => [name, joinCertificates(files, warnings)]))
  return { sets: keys, directories, faults, warnings }
}

function joinCertificates (files: readonly ListedFile[], warnings: string[]): ListedKey[] {
  const keys = files.filter(({ file }) => file.endsWith('.pem') && !path.basename(file).startsWith('.'))
  const nameOf = ({ file }: ListedFile): string => file.replace(/\.(pem|crt)$/, '')
  const certificates = files.filter(({ file }) => file.endsWith('.crt'))
  for (const alone of certificates.filter(one => !keys.some(key => nameOf(key) === nameOf(one)))) {
    warnings.push(`${alone.shown}: is not read: there is no key of this name beside the certificate`)
  }
  return keys.map(key => {
    const certificate = certificates.find(one => nameOf(one) === nameOf(key))
    return { ...key, ...(certificate && { certificate }) }
  })
}

export interface ReadOptions {
  /** For encrypted PKCS#8 files. */
  passphrase?: string | undefined
  /** Keep only the public half of private files. */
  publicOnly?: boolean
  cache?: KeyCache
}

/**
 * Reads every key file below `directory`.
 * @throws FaultsError when the directory itself cannot be read
 */
export async function readKeyDirectory (
  directory: string, { passphrase, publicOnly = false, cache = new KeyCache() }: ReadOptions = {}
): Promise<KeyDirectory> {
  const listing = await listKeyFiles(directory)
  const faults = [...listing.faults]
  const reading: Reading = { publicOnly, passphrase, cache, warnings: [...listing.warnings] }
  const sets = new Map<string, readonly ParsedKey[]>()
  for (const [name, files] of listing.sets) {
    const keys: ParsedKey[] = []
    for (const one of files) {
      const key = await collectOf(name, faults, async () => await readKey(one, reading))
      if (key) keys.push(key)
    }
    if (name !== DEFAULT_SET_NAME || keys.length > 0) sets.set(name, keys)
  }
  return { sets, faults, warnings: reading.warnings }
}

/** As `collectFaultsAsync`, for the faults of one set. */
async function collectOf<T> (set: string, faults: SetFault[], read: () => Promise<T>): Promise<T | undefined> {
  const found: Fault[] = []
  const result = await collectFaultsAsync(found, read)
  faults.push(...found.map(one => ({ ...one, set })))
  return result
}

async function isDirectory (file: string): Promise<boolean> {
  return await stat(file).then(found => found.isDirectory(), () => false)
}

async function list (directory: string, shown: string): Promise<string[]> {
  try {
    return (await readdir(directory)).sort()
  } catch (error) {
    throw fault(display(shown), `the key directory cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'make it and put PEM files in it, or make a key with: jwksd keygen')
  }
}

async function listSet (root: string, directory: string): Promise<ListedFile[]> {
  return (await list(root, directory)).map(name => ({ file: path.join(root, name), shown: display(path.join(directory, name)) }))
}

/**
 * Kubernetes swaps a volume's files by one symbolic link, `..data`. Reading by the resolved directory sees either the
 * old files or the new ones; reading by name could mix them. A directory that is not there stays a name.
 */
async function resolveDirectory (directory: string): Promise<string> {
  return await realpath(path.join(directory, '..data')).catch(() => realpath(directory)).catch(() => directory)
}

async function readKey ({ file, shown, certificate }: ListedKey, { passphrase, publicOnly, cache, warnings }: Reading): Promise<ParsedKey> {
  const { text, mode } = await readSmallFile(file, shown)
  const key = cache.parse(shown, text, passphrase)
  warnings.push(...key.warnings)
  if (!key.privateKey) return key
  if (mode & 0o026) {
    throw fault(shown, `a private key with mode 0${mode.toString(8)}: ${mode & 0o004 ? 'the world can read it' : 'others can write it'}`,
      `chmod 600 ${shown}`)
  }
  if (mode & 0o040) warnings.push(`${shown}: its group can read the private key (mode 0${mode.toString(8)}); chmod 600 if it need not`)
  if (!publicOnly) {
    if (!certificate) return key
    const { text } = await readSmallFile(certificate.file, certificate.shown)
    return { ...key, certificate: readCertificate(certificate.shown, text, key.publicKey) }
  }
  warnings.push(`${shown}: a private key beside a public listener; give this machine public halves: jwksd export --all DIR`)
  const { privateKey: _, ...publicHalf } = key
  return { ...publicHalf, privateDropped: true }
}

/** A path as a person would write it: relative where it lies below the working directory. */
function display (file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative === '' || relative.startsWith('..') ? file : relative
}
