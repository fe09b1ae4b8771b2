// Who owns what root writes among other users' files, and who may read it: the server's user must be able to.

import { chmod, chown, type FileHandle, mkdir, stat } from 'node:fs/promises'
import path from 'node:path'

/** User and group of a file. */
export interface Owner { readonly uid: number, readonly gid: number }

/** And its permission bits. */
interface Held extends Owner { readonly mode: number }

/**
 * Who gets what root writes in a directory or in place of a file: its owner, whose server reads it. Undefined for other users,
 * who cannot give files away.
 * @param user the effective one
 */
export async function ownerOf (place: string, user = process.geteuid?.()): Promise<Held | undefined> {
  return user === 0 ? await stat(place) : undefined
}

/**
 * Permission bits for what is written in a directory. Where root keeps it for one group, and nobody else, that is the group of
 * the server, which must be able to read what root adds.
 * @param directory as `ownerOf` finds it
 * @param own the bits of its owner
 */
export function modeIn (directory: Held | undefined, own: 0o600 | 0o700): number {
  const isForGroup = directory?.uid === 0 && directory.gid !== 0 && (directory.mode & 0o057) === 0o050
  return isForGroup ? own | (own & 0o500) >> 3 : own
}

/** Makes a directory of key files, and those above it. Where root makes them, they belong to the owner of what was there. */
export async function makeKeyDirectory (directory: string, user?: number): Promise<void> {
  const first = await mkdir(directory, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  const above = path.dirname(path.resolve(first))
  const owner = await ownerOf(above, user)
  if (!owner) return
  for (let made = path.resolve(directory); made !== above; made = path.dirname(made)) {
    await chown(made, owner.uid, owner.gid)
    await chmod(made, modeIn(owner, 0o700))
  }
}

/** Where it is another one: a sandbox such as systemd's may forbid the call as such. */
export async function changeOwner (handle: FileHandle, owner: Owner): Promise<void> {
  const { uid, gid } = await handle.stat()
  if (uid !== owner.uid || gid !== owner.gid) await handle.chown(owner.uid, owner.gid)
}
