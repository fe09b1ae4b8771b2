// What files and directories look like from outside. A poll compares that with the last look, and reads nothing as long as
// it stays the same. A file that has just changed never counts as the same: its dates could hide another change.

import { type BigIntStats, statSync } from 'node:fs'
import { stat } from 'node:fs/promises'

/** No file system in use has coarser dates (milliseconds). */
const GRANULARITY = 2000

/**
 * The first of so many paths is looked at by another thread, which takes ten times as long: a file system that hangs holds
 * up that thread, and the event loop gets its turn.
 */
const SLICE = 32

/** By path; undefined for what changed so recently that dates may not show its next change. */
export type Stamps = ReadonlyMap<string, string | undefined>

/** Throws nothing: a path that cannot be looked at has the reason for its stamp. */
export async function readStamps (paths: Iterable<string>): Promise<Stamps> {
  const look = makeLook()
  const stamps = new Map<string, string | undefined>()
  for (const path of paths) stamps.set(path, await look(path))
  return stamps
}

/** Whether everything looks as it did at `last`. */
export async function looksTheSame (last: Stamps): Promise<boolean> {
  const look = makeLook()
  for (const [path, stamp] of last) {
    if (stamp === undefined || await look(path) !== stamp) return false
  }
  return true
}

/** Looks at one path after the other. Follows links, so that a link to something else is a change. */
function makeLook (): (path: string) => Promise<string | undefined> {
  let count = 0
  return async path => {
    try {
      return toStamp(count++ % SLICE === 0 ? await stat(path, { bigint: true }) : statSync(path, { bigint: true }))
    } catch (error) {
      return (error as NodeJS.ErrnoException).code
    }
  }
}

function toStamp ({ dev, ino, mode, uid, size, mtimeNs, ctimeNs, ctimeMs }: BigIntStats): string | undefined {
  return ctimeMs < Date.now() - GRANULARITY ? [dev, ino, mode, uid, size, mtimeNs, ctimeNs].join() : undefined
}
