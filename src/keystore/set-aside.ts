// Removed keys are set aside in their set's directory, as `.<name>.<time>.removed`, before they are overwritten: no
// clock can then destroy a key that is still needed. Such files are never read as keys, and put back where the clock
// shows that they were removed too early.

import { constants } from 'node:fs'
import { open, readdir, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { syncDirectory } from './files.ts'
import { takeName } from './take-name.ts'

/** Removed keys are kept for the set's retirement, at most so long (seconds). */
const LONGEST_KEPT = 24 * 3600
/** What a killed process left is swept when it is older than this; until then its writer may be at work (seconds). */
const LEFTOVER_AGE = 600
const REMOVED = /^\.(?<name>.+)\.(?<time>\d+)\.removed$/
const LEFTOVER = /^\..+\.(pem|passphrase)\.([\w-]+\.tmp|destroyed)$/

/** Takes a file out of its set atomically. @param now NumericDate (seconds) */
export async function setAside (file: string, now: number): Promise<void> {
  const directory = path.dirname(file)
  await rename(file, path.join(directory, `.${path.basename(file)}.${now}.removed`))
  await syncDirectory(directory)
}

/** Puts back what was set aside at a time that is still to come: the clock was wrong then. @returns the files */
export async function putBack (directory: string, now: number): Promise<string[]> {
  const restored: string[] = []
  for (const entry of await readdir(directory)) {
    const { name, time } = REMOVED.exec(entry)?.groups ?? {}
    if (name === undefined || Number(time) <= now) continue
    const file = path.join(directory, name)
    const isBack = await takeName(path.join(directory, entry), file).catch(passOver)
    if (isBack) restored.push(file)
  }
  if (restored.length > 0) await syncDirectory(directory)
  return restored
}

/** Another process has just put the file back. @throws every other error */
function passOver (error: NodeJS.ErrnoException): false {
  if (error.code === 'ENOENT') return false
  throw error
}

/**
 * Files of a directory that may be overwritten and removed: keys that were set aside long enough ago, and files that a
 * killed process left unfinished.
 * @param retire of the set, seconds
 * @param now NumericDate (seconds)
 */
export async function listSweepable (directory: string, retire: number, now: number): Promise<string[]> {
  const found: string[] = []
  for (const entry of await readdir(directory)) {
    const file = path.join(directory, entry)
    const removed = REMOVED.exec(entry)?.groups?.time
    if (removed !== undefined) {
      if (Number(removed) <= now - Math.min(retire, LONGEST_KEPT)) found.push(file)
    } else if (LEFTOVER.test(entry) && (await stat(file)).mtimeMs / 1000 < now - LEFTOVER_AGE) found.push(file)
  }
  return found
}

/**
 * Overwrites with zeros before unlinking, which helps on simple disks and does no harm on others. A file with a second
 * name is only unlinked: a writer that was killed just before its end leaves the new key under both.
 */
export async function shred (file: string): Promise<void> {
  const handle = await open(file, constants.O_RDWR | constants.O_NOFOLLOW)
  try {
    const { size, nlink } = await handle.stat()
    if (nlink === 1) await handle.write(Buffer.alloc(size), 0, size, 0)
    await handle.sync()
  } finally {
    await handle.close()
  }
  await unlink(file)
  await syncDirectory(path.dirname(file))
}
