// Reads every key file of a key directory. Rejects bad files one by one with their reason, reports all of them at once, and
// lists files that look like keys but are not read.

import type { KeyObject } from 'node:crypto'
import path from 'node:path'
import { type Certificate, readCertificate } from '../core/keys/certificate.ts'
import { collectFaultsAsync, type Fault } from '../core/errors.ts'
import { FORMS, formOf, hintFor } from '../core/keys/form.ts'
import type { ParsedKey } from '../core/keys/key.ts'
import { shellWord } from '../core/keys/pem.ts'
import { readSmallBytes, readSmallFile } from './files.ts'
import { KeyCache } from './key-cache.ts'
import { DEFAULT_SET_NAME, type ListedFile, type ListedKey, listKeyFiles, type SetFault, unread } from './list-keys.ts'
import { firstLine } from './passphrase.ts'
import { checkOwner, checkPrivate, checkPublic, type Surroundings } from './permissions.ts'

export interface KeyDirectory {
  /** Sound keys by set name. A set of which no file is sound has an empty list. */
  readonly sets: ReadonlyMap<string, readonly ParsedKey[]>
  readonly faults: readonly SetFault[]
  /** Files and directories that look like keys and sets but are not read, each with what to do. */
  readonly unread: readonly SetFault[]
  readonly warnings: readonly string[]
}

export interface ReadOptions {
  /** For encrypted PKCS#8 files without a passphrase of their own. */
  passphrase?: string | undefined
  /** Keep only the public half of private files. */
  publicOnly?: boolean
  cache?: KeyCache
}

interface Reading extends Required<Pick<ReadOptions, 'publicOnly' | 'cache'>>, Pick<ReadOptions, 'passphrase'> {
  warnings: string[]
}

/** Names that only key material has. */
const LOOKS_LIKE_A_KEY = /\.(pem|crt|key|pub|priv|der|p8|pk8|p12|pfx|jwk|jks|cer|cert)$/i

/**
 * Reads every key file below `directory`.
 * @throws FaultsError when the directory itself cannot be read
 */
export async function readKeyDirectory (
  directory: string, { passphrase, publicOnly = false, cache = new KeyCache() }: ReadOptions = {}
): Promise<KeyDirectory> {
  const listing = await listKeyFiles(directory)
  const faults = [...listing.faults]
  const skipped = [...listing.unread]
  const reading: Reading = { publicOnly, passphrase, cache, warnings: [...listing.warnings] }
  const sets = new Map<string, readonly ParsedKey[]>()
  for (const [name, { keys: files, others, ...surroundings }] of listing.sets) {
    const keys: ParsedKey[] = []
    for (const one of files) {
      const key = await collectOf(name, faults, async () => await readKey(one, surroundings, reading))
      if (key) keys.push(key)
    }
    for (const one of others) {
      const wrong = await describeUnread(name, one)
      if (wrong) skipped.push(wrong)
    }
    if (name !== DEFAULT_SET_NAME || keys.length > 0) sets.set(name, keys)
  }
  const warnings = [...reading.warnings, ...skipped.map(({ where, problem, hint }) => `${where}: ${problem}; ${hint}`)]
  return { sets, faults, unread: skipped, warnings }
}

/** As `collectFaultsAsync`, for the faults of one set. */
async function collectOf<T> (set: string, faults: SetFault[], read: () => Promise<T>): Promise<T | undefined> {
  const found: Fault[] = []
  const result = await collectFaultsAsync(found, read)
  faults.push(...found.map(one => ({ ...one, set })))
  return result
}

async function readKey (listed: ListedKey, surroundings: Surroundings, reading: Reading): Promise<ParsedKey> {
  const { file, shown, certificate } = listed
  const { publicOnly, cache, warnings } = reading
  const { bytes, ...permissions } = await readSmallBytes(file, shown)
  if (!surroundings.projected) checkOwner(shown, permissions, surroundings)
  const parsed = cache.parse(shown, bytes, await passphraseOf(listed, surroundings) ?? reading.passphrase)
  const key = certificate ? { ...parsed, certificate: await readCertificateOf(certificate, parsed.publicKey) } : parsed
  warnings.push(...key.warnings)
  if (!key.privateKey) {
    checkPublic(shown, permissions)
    return key
  }
  const warning = checkPrivate(shown, permissions, surroundings)
  if (warning !== undefined) warnings.push(warning)
  if (!publicOnly) return key
  warnings.push(`${shown}: a private key beside a public listener; give this machine public halves: jwksd export --all DIR`)
  const { privateKey: _, ...publicHalf } = key
  return { ...publicHalf, privateDropped: true }
}

async function readCertificateOf ({ file, shown }: ListedFile, publicKey: KeyObject): Promise<Certificate> {
  const { text } = await readSmallFile(file, shown)
  return readCertificate(shown, text, publicKey)
}

/** What the file `<name>.passphrase` beside a key says; it is as secret as the key. */
async function passphraseOf ({ passphrase }: ListedKey, surroundings: Surroundings): Promise<string | undefined> {
  if (!passphrase) return undefined
  const { bytes, mode } = await readSmallBytes(passphrase.file, passphrase.shown)
  checkPrivate(passphrase.shown, { mode }, surroundings)
  return firstLine(passphrase.shown, bytes)
}

/** What to do with a file that is not read as a key file, although its name or content is that of a key. */
async function describeUnread (set: string, { file, shown }: ListedFile): Promise<SetFault | undefined> {
  const bytes = await readSmallBytes(file).then(({ bytes }) => bytes, () => undefined)
  const form = bytes && formOf(bytes)
  const { dir, name, ext } = path.parse(shown)
  const rename = (to: string): string => `if it is one, rename it: mv ${shellWord(shown)} ${shellWord(path.join(dir, name + to))}`
  if (ext === '.crt') return unread(set, shown, 'there is no key of this name beside the certificate', 'give it the name of its key')
  if (ext === '.passphrase') return unread(set, shown, 'there is no key of this name beside the passphrase', 'give it the name of its key')
  if (form === 'pem') {
    if (ext === '.md') return undefined // a page about keys, with an example of one
    return /-----BEGIN [A-Z0-9 ]*KEY-----/.test(bytes!.toString('utf8'))
      ? unread(set, shown, 'key files end in .pem', rename('.pem'))
      : unread(set, shown, 'certificates end in .crt and have the name of their key', rename('.crt'))
  }
  if (form !== undefined && form !== 'utf-16') return unread(set, shown, `it is ${FORMS[form]}, not a key in PEM`, hintFor(form, shown))
  return LOOKS_LIKE_A_KEY.test(shown) ? unread(set, shown, 'key files end in .pem', rename('.pem')) : undefined
}
