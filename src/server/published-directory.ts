// The directory of published files. Writes a file only when its bytes change, whole or not at all, and readable for the web
// server, which is another user. Files of sets that are gone stay: a set may be missing only in this configuration.

import { chmod, lstat, mkdir, readdir, readFile, rm } from 'node:fs/promises'
import path from 'node:path'
import { collectFaultsAsync, type Fault, fault, FaultsError } from '../core/errors.ts'
import { JWKS_PATH } from '../http/jwks.ts'
import type { PublishedFile } from '../http/published-files.ts'
import { finalPath, writeFileSafely } from '../keystore/files.ts'

/** A write that is older has been abandoned (milliseconds). */
const ABANDONED = 60_000

/**
 * Writes what differs. A file that cannot be written does not keep the others from it.
 * @returns paths of the files whose bytes were not there yet
 * @throws FaultsError with each file that cannot be written
 */
export async function writePublished (directory: string, files: ReadonlyArray<Pick<PublishedFile, 'path' | 'body'>>): Promise<Set<string>> {
  const changed = new Set<string>()
  const faults: Fault[] = []
  for (const { path: name, body } of files) {
    await collectFaultsAsync(faults, async () => {
      if (await writeChanged(path.join(directory, name), body)) changed.add(name)
    })
  }
  if (faults.length > 0) throw new FaultsError(faults)
  return changed
}

async function writeChanged (file: string, body: string): Promise<boolean> {
  try {
    if (await readFile(file, 'utf8').catch(() => undefined) === body) return false
    await makeReadable(path.dirname(file))
    await sweep(path.dirname(file))
    await writeFileSafely(file, body, 0o644)
    return true
  } catch (error) {
    throw fault(file, `cannot be written (${(error as NodeJS.ErrnoException).code})`, 'name a directory that this user may write, on a disk with room')
  }
}

/** Whatever the umask. A directory that is there already keeps its mode. */
async function makeReadable (directory: string): Promise<void> {
  const first = await mkdir(directory, { recursive: true })
  if (first === undefined) return
  const made = path.relative(path.dirname(first), directory).split(path.sep)
  for (const [i] of made.entries()) await chmod(path.resolve(path.dirname(first), ...made.slice(0, i + 1)), 0o755)
}

/** Removes what killed processes left of their writes. */
async function sweep (directory: string): Promise<void> {
  const left = (await readdir(directory)).filter(name => finalPath(name) !== name).map(name => path.join(directory, name))
  for (const file of left) {
    // What another replica was writing may have its name by now.
    const found = await lstat(file).catch(() => undefined)
    if (found && found.mtimeMs < Date.now() - ABANDONED) await rm(file, { force: true })
  }
}

/** JWK Sets in the directory that are not among `files`: of sets that were removed or renamed. */
export async function findOrphans (directory: string, files: readonly PublishedFile[]): Promise<string[]> {
  const names = await readdir(directory).catch(() => [])
  const possible = ['', ...names.map(name => `/${name}`)].map(prefix => prefix + JWKS_PATH)
    .filter(name => !files.some(({ path }) => path === name))
    .map(name => path.join(directory, name))
  const found = await Promise.all(possible.map(async file => await lstat(file).then(() => [file], () => [])))
  return found.flat()
}
