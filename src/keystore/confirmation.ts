// Whether a due change may be made now. No key is destroyed merely because of the clock: it must be due again later, in
// another run of the command, or for hours of monotonic time in a server.

import { readFile, unlink } from 'node:fs/promises'
import path from 'node:path'
import { writeFileSafely } from './files.ts'

/** Something that is due, by a name that stays the same while it is. */
export interface Due {
  readonly id: string
  /** Nothing signs until it is done. */
  readonly isUrgent: boolean
  readonly destroys: boolean
}

/** @param due everything that is due now @returns the ids of what may be done now; the rest waits */
export type Confirm = (due: readonly Due[]) => Promise<ReadonlySet<string>>

/** In each set's directory: what the last run of `jwksd rotate` has found due and left to the next, a line each. */
const MARKS = '.due'

/** For a command: destroys only what an earlier run has found due too. What is no longer due is forgotten. */
export function confirmByEarlierRun (directory: string): Confirm {
  const file = path.join(directory, MARKS)
  return async due => {
    const marked = new Set((await readFile(file, 'utf8').catch(() => '')).split('\n').filter(Boolean))
    const confirmed = new Set(due.filter(({ id, destroys }) => !destroys || marked.has(id)).map(({ id }) => id))
    const waiting = due.map(({ id }) => id).filter(id => !confirmed.has(id))
    if (waiting.length > 0) await writeFileSafely(file, waiting.join('\n') + '\n', 0o600)
    else if (marked.size > 0) await unlink(file)
    return confirmed
  }
}

/** As the command would decide, without leaving a mark: for `--dry-run`. */
export function previewConfirmation (directory: string): Confirm {
  return async due => {
    const marked = await readFile(path.join(directory, MARKS), 'utf8').catch(() => '')
    return new Set(due.filter(({ id, destroys }) => !destroys || marked.split('\n').includes(id)).map(({ id }) => id))
  }
}
