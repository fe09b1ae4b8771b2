// Watches directories, never files: an editor, a rename or Kubernetes' swap of `..data` replaces a file, and a watch on
// the old file would see nothing more. A watch is only a hint: the poll finds what it misses.

import { type FSWatcher, watch } from 'node:fs'
import type { Places } from './fingerprint.ts'

/** Calls `changed` when something that matters changes. @returns what ends the watch */
export function watchDirectories (watched: Places['watched'], changed: () => void): () => void {
  const watchers: FSWatcher[] = []
  for (const [directory, names] of watched) {
    try {
      // A name of two dots: Kubernetes' link, through which every file of a volume changes.
      const watcher = watch(directory, { persistent: false }, (_event, name) => {
        if (names === 'all' || name === null || names.has(name) || name.startsWith('..')) changed()
      })
      watchers.push(watcher.on('error', () => watcher.close()))
    } catch { /* it is gone, or the system has no watches left: the poll goes on */ }
  }
  return () => { for (const watcher of watchers) watcher.close() }
}
