// What files and directories look like from outside. A poll compares that with the last look, and reads nothing as long as
// it stays the same. A file that has just changed never counts as the same: its dates could hide another change.

import { stat } from 'node:fs/promises'

/** No file system in use has coarser dates (milliseconds). */
const GRANULARITY = 2000

/** By path; undefined for what changed so recently that dates may not show its next change. */
export type Stamps = ReadonlyMap<string, string | undefined>

/** Throws nothing: a path that cannot be looked at has the reason for its stamp. */
export async function readStamps (paths: Iterable<string>): Promise<Stamps> {
  const stamps = new Map<string, string | undefined>()
  for (const path of paths) stamps.set(path, await readStamp(path)) // one at a time: a poll is in no hurry
  return stamps
}

/** Whether everything looks as it did at `last`. */
export async function looksTheSame (last: Stamps): Promise<boolean> {
  for (const [path, stamp] of last) {
    if (stamp === undefined || await readStamp(path) !== stamp) return false
  }
  return true
}

/** Follows links, so that a link to something else is a change. */
async function readStamp (path: string): Promise<string | undefined> {
  try {
    const { dev, ino, mode, uid, size, mtimeNs, ctimeNs, ctimeMs } = await stat(path, { bigint: true })
    return ctimeMs < Date.now() - GRANULARITY ? [dev, ino, mode, uid, size, mtimeNs, ctimeNs].join() : undefined
  } catch (error) {
    return (error as NodeJS.ErrnoException).code
  }
}
