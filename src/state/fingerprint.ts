// A fingerprint of everything that a server was loaded from, by content: the poll asks it whether there is anything to
// reload. Content, not dates, since a date misses quick changes and finds changes where there are none.

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

/** The directories to watch, each with the names in it that matter, or `all`. */
export async function listWatched ({ files, keys }: Sources): Promise<Map<string, Set<string> | 'all'>> {
  const watched = new Map<string, Set<string> | 'all'>()
  for (const file of files) {
    const directory = path.dirname(file)
    const names = (watched.get(directory) ?? new Set()) as Set<string>
    watched.set(directory, names.add(path.basename(file)))
  }
  const directories = await listKeyFiles(keys).then(({ directories }) => directories, () => [keys])
  for (const directory of directories) watched.set(directory, 'all')
  return watched
}
