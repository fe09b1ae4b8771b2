// Takes care that `jwksd sign` and a server beside it do not both write the line that follows the same one. `jwksd sign` makes
// a lock file, and waits until a server that had not seen it has written; a server only looks whether the file is there.

import { closeSync, openSync, rmSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { lookAt } from './audit-file.ts'

/** From a look of the server at the lock to the end of its write is much less than this (milliseconds). */
const GRACE = 50
/** A lock that is older is of a process that was killed (milliseconds). */
const STALE = 1000
/** Between two looks at a lock (milliseconds). */
const STEP = 5

/** The lock of an audit log; hidden, so that `audit.jsonl*` does not name it. */
export const lockOf = (file: string): string => path.join(path.dirname(file), `.${path.basename(file)}.lock`)

function isHeld (lock: string): boolean {
  const found = lookAt(lock)
  return found !== undefined && Math.abs(Date.now() - found.mtimeMs) < STALE
}

/** Waits while another process holds the lock of an audit log. */
export async function waitForLock (file: string): Promise<void> {
  const lock = lockOf(file)
  while (isHeld(lock)) await sleep(STEP)
}

/** How often it is tried to make a lock, which another process may make at the same moment. */
const ATTEMPTS = 5

/**
 * Takes the lock of an audit log.
 * @returns releases it; does nothing where no lock can be made, such as in a directory that this user cannot write to
 */
export async function takeLock (file: string): Promise<() => void> {
  const lock = lockOf(file)
  for (let attempt = 0; attempt < ATTEMPTS; attempt++) {
    await waitForLock(file)
    if (!make(lock)) continue
    await sleep(GRACE)
    return () => { rmSync(lock, { force: true }) }
  }
  return () => {}
}

function make (lock: string): boolean {
  try {
    if (lookAt(lock)) rmSync(lock) // of a process that was killed
    closeSync(openSync(lock, 'wx', 0o600))
    return true
  } catch {
    return false
  }
}
