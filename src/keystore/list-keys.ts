// What a key directory holds, before anything of it is read: PEM files directly in it are the set `default`, each
// sub-directory is a set of its own. Rejects sets of too many files; names what is not read because of its name.

import { type Dirent, lstatSync, readdirSync, realpathSync, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { collectFaults, type Fault, fault } from '../core/errors.ts'
import { shellWord } from '../core/keys/pem.ts'
import { directoryWarning, type Surroundings } from './permissions.ts'

/** A fault and the set that it concerns. */
export interface SetFault extends Fault { readonly set: string }

/** A file as it is read, and as a person knows it. */
export interface ListedFile { readonly file: string, readonly shown: string }

/** A key file and the files of the same name beside it. */
export interface ListedKey extends ListedFile {
  /** `<name>.crt`: the certificate of the key. */
  readonly certificate?: ListedFile
  /** `<name>.passphrase`: what decrypts the key. */
  readonly passphrase?: ListedFile
}

export interface ListedSet extends Surroundings {
  readonly keys: readonly ListedKey[]
  /** Other files, of which some may be keys under a wrong name. */
  readonly others: readonly ListedFile[]
  /** None of them is read: below the key directory they are sets, below a set nothing. */
  readonly directories: readonly ListedFile[]
}

interface Listing {
  sets: Map<string, ListedSet>
  /** The directories that change when a key file comes, goes or is swapped. */
  directories: string[]
  faults: SetFault[]
  /** Directories that are no sets because of their name or place. */
  unread: SetFault[]
  warnings: string[]
}
export type KeyListing = Readonly<Listing>

export const DEFAULT_SET_NAME = 'default'
export const SET_NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/
/** A JWK Set of more keys than this is too large for common consumers, and each reload checks them all. */
export const MAX_KEY_FILES = 100

/** Every file that a key is read from. */
export function filesOf ({ certificate, passphrase, ...key }: ListedKey): ListedFile[] {
  return [key, certificate, passphrase].filter(file => file !== undefined)
}

/**
 * Lists the key files of every set below `directory`.
 * @throws FaultsError when the directory itself cannot be read
 */
export async function listKeyFiles (directory: string): Promise<KeyListing> {
  // The first look at each directory is another thread's, since a file system may hang. The rest takes a tenth of the time here.
  await isDirectory(directory)
  const entries = list(directory, directory)
  const listing: Listing = { sets: new Map(), directories: [directory], faults: [], unread: [], warnings: [] }
  const root = resolveDirectory(directory)
  addSet(listing, DEFAULT_SET_NAME, root, directory)
  for (const entry of entries.filter(({ name }) => !name.startsWith('.') && !name.endsWith('.pem'))) {
    const { name } = entry
    const shown = path.join(directory, name)
    const inRoot = path.join(root.resolved, name)
    const below = await isDirectory(inRoot) ? inRoot : root.projected && await isDirectory(shown) ? shown : undefined
    if (below === undefined) continue
    listing.directories.push(shown)
    if (!SET_NAME.test(name) || name === DEFAULT_SET_NAME) listing.unread.push(misnamed(shown, name))
    else addSet(listing, name, resolveDirectory(below, entry.isDirectory() && !root.projected), shown)
  }
  return listing
}

/** A set whose directory cannot be listed. */
const NOTHING: ListedSet = { keys: [], others: [], directories: [], uid: 0, mode: 0, projected: false }

function addSet (listing: Listing, name: string, real: RealDirectory, directory: string): void {
  const found: Fault[] = []
  const set = collectFaults(found, () => listSet(real, directory)) ?? NOTHING
  const shown = display(directory)
  if (set.keys.length > MAX_KEY_FILES) {
    found.push({
      where: shown,
      problem: `holds ${set.keys.length} key files; a set has at most ${MAX_KEY_FILES}`,
      hint: 'divide them among several sets, or move public halves of private keys away'
    })
  }
  listing.faults.push(...found.map(one => ({ ...one, set: name })))
  listing.sets.set(name, found.length > 0 ? { ...set, keys: [] } : set)
  if (name !== DEFAULT_SET_NAME) listing.unread.push(...set.directories.map(({ shown }) => nested(shown, name)))
  const warning = set.projected ? undefined : directoryWarning(shown, set)
  if (warning !== undefined) listing.warnings.push(warning)
}

function listSet ({ resolved, projected }: RealDirectory, directory: string): ListedSet {
  const entries = list(resolved, directory).filter(({ name }) => !name.startsWith('.'))
  const names = entries.map(({ name }) => name)
  const listed = (name: string): ListedFile => ({ file: path.join(resolved, name), shown: display(path.join(directory, name)) })
  const beside = (name: string): ListedFile | undefined => names.includes(name) ? listed(name) : undefined
  const used = new Set<string>()
  const keys = names.filter(name => name.endsWith('.pem')).map(name => {
    const stem = name.slice(0, -'.pem'.length)
    for (const file of [name, `${stem}.crt`, `${stem}.passphrase`]) used.add(file)
    const [certificate, passphrase] = [beside(`${stem}.crt`), beside(`${stem}.passphrase`)]
    return { ...listed(name), ...(certificate && { certificate }), ...(passphrase && { passphrase }) }
  })
  const { uid, mode } = statSync(resolved)
  const [others, directories]: [ListedFile[], ListedFile[]] = [[], []]
  for (const entry of entries.filter(({ name }) => !used.has(name))) {
    const one = listed(entry.name)
    const isDirectory = entry.isDirectory() || (entry.isSymbolicLink() && leadsToDirectory(one.file))
    ;(isDirectory ? directories : others).push(one)
  }
  return { keys, others, directories, uid, mode: mode & 0o777, projected }
}

function misnamed (directory: string, name: string): SetFault {
  const shown = display(directory)
  if (name === DEFAULT_SET_NAME) {
    return unread(DEFAULT_SET_NAME, shown, 'the keys of the set "default" lie directly in the key directory', `mv ${shellWord(shown)}/* ${shellWord(path.dirname(shown))}`)
  }
  const better = name.toLowerCase().replace(/[^a-z0-9_-]+/g, '-').replace(/^-+/, '').slice(0, 63) || 'NAME'
  return unread(better, shown, 'a set has a name of lower-case letters, digits, "-" and "_"', `mv ${shellWord(shown)} ${shellWord(path.join(path.dirname(shown), better))}`)
}

function nested (shown: string, set: string): SetFault {
  const better = `${set}-${path.basename(shown).toLowerCase().replace(/[^a-z0-9_-]+/g, '-')}`
  return unread(set, shown, 'a set has no sets in it', `mv ${shellWord(shown)} ${shellWord(path.join(path.dirname(path.dirname(shown)), better))}`)
}

/** A file or directory that is not read. */
export function unread (set: string, where: string, reason: string, hint: string): SetFault {
  return { set, where, problem: `is not read: ${reason}`, hint }
}

async function isDirectory (file: string): Promise<boolean> {
  return await stat(file).then(found => found.isDirectory(), () => false)
}

function leadsToDirectory (link: string): boolean {
  try {
    return statSync(link).isDirectory()
  } catch {
    return false // nothing is there, or it is a loop
  }
}

/** In the order of names. */
function list (directory: string, shown: string): Dirent[] {
  try {
    return readdirSync(directory, { withFileTypes: true }).sort((a, b) => Number(a.name > b.name) - Number(a.name < b.name))
  } catch (error) {
    throw fault(display(shown), `the key directory cannot be read (${(error as NodeJS.ErrnoException).code})`,
      'make it and put PEM files in it, or make a key with: jwksd keygen [set]')
  }
}

/** The path by which the files of a directory are read. */
interface RealDirectory {
  readonly resolved: string
  /** It is what `..data` points to. */
  readonly projected: boolean
}

/**
 * Kubernetes swaps a volume's files by one symbolic link, `..data`. Reading by the resolved directory sees either the
 * old files or the new ones; reading by name could mix them. A directory that is not there stays a name.
 * @param isReal no link leads there, so that its path need not be resolved: that takes longer than all the rest
 */
function resolveDirectory (directory: string, isReal = false): RealDirectory {
  const data = realpathOf(path.join(directory, '..data'))
  const [resolved = directory] = [data, isReal ? directory : realpathOf(directory)].filter(found => found !== undefined)
  return { resolved, projected: data !== undefined }
}

/** The real path of what is there. The look before it is for what usually is not: an error takes longer than all the rest. */
function realpathOf (file: string): string | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false }) && realpathSync.native(file)
  } catch {
    return undefined
  }
}

/** A path as a person would write it: relative where it lies below the working directory. */
export function display (file: string): string {
  const relative = path.relative(process.cwd(), file)
  return relative === '' || relative.startsWith('..') ? file : relative
}
