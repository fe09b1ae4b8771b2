// A fingerprint of everything that a server was loaded from, by content: a reload asks it whether there is anything new.
// Content, since dates find changes where there are none. And what a poll and a watch have to look at.

import { createHash } from 'node:crypto'
import path from 'node:path'
import { filesOf, listKeyFiles } from '../keystore/list-keys.ts'
import { readAny, readSmallBytes } from '../keystore/files.ts'

/** Where a server's state comes from; absolute paths. */
export interface Sources {
  /** Configuration, certificates and their keys, the passphrase file. */
  readonly files: readonly string[]
  /** The key directory. */
  readonly keys: string
}

/** SHA-256 over names, modes and contents. What cannot be read counts by the reason. Throws nothing. */
export async function readFingerprint ({ files, keys }: Sources): Promise<string> {
  const hash = createHash('sha256')
  const add = async (name: string, read: () => Promise<unknown>): Promise<void> => {
    const found = await read().catch((error: Error) => error.message)
    hash.update(JSON.stringify([name, found]))
  }
  for (const file of files) await add(file, async () => (await readAny(file)).toString('base64'))
  await add(keys, async () => {
    const { sets, faults } = await listKeyFiles(keys)
    for (const [name, listed] of sets) {
      await add(name, async () => faults)
      for (const { file, shown } of listed.keys.flatMap(filesOf)) {
        await add(shown, async () => {
          const { bytes, ...permissions } = await readSmallBytes(file, shown)
          return [bytes.toString('base64'), permissions]
        })
      }
    }
  })
  return hash.digest('base64')
}

/** Where changes show. */
export interface Places {
  /** The directories to watch, each with the names in it that matter, or `all`. */
  readonly watched: ReadonlyMap<string, ReadonlySet<string> | 'all'>
  /** Every file that is read, and the directories of keys: as long as they look the same, nothing has changed. */
  readonly paths: ReadonlySet<string>
}

export async function listPlaces ({ files, keys }: Sources): Promise<Places> {
  const watched = new Map<string, Set<string> | 'all'>()
  for (const file of files) {
    const directory = path.dirname(file)
    const names = (watched.get(directory) ?? new Set()) as Set<string>
    watched.set(directory, names.add(path.basename(file)))
  }
  const { directories, keyFiles } = await listKeyFiles(keys).then(({ directories, sets }) =>
    ({ directories, keyFiles: [...sets.values()].flatMap(set => set.keys.flatMap(filesOf).map(({ file }) => file)) }),
  () => ({ directories: [keys], keyFiles: [] }))
  for (const directory of directories) watched.set(directory, 'all')
  return { watched, paths: new Set([...files, ...directories, ...keyFiles]) }
}
