// Gives a finished file a name in its directory, but only one that is free: what has the name is never replaced. Decides
// what to do on file systems without hard links.

import { link, open, rename, unlink } from 'node:fs/promises'

/** How link() fails where there are no hard links: on SMB shares, exFAT and many FUSE mounts. */
const NO_HARD_LINKS: readonly (string | undefined)[] = ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']

/** Whether link() failed for want of hard links. EPERM has other causes too; what is then tried instead fails on those itself. */
export function lacksHardLinks (code: string | undefined): boolean {
  return NO_HARD_LINKS.includes(code)
}

/**
 * Renames a file, unless there is something of the new name.
 * @returns false when the name is taken: nothing was changed then
 * @throws Error of the file system
 */
export async function takeName (from: string, to: string): Promise<boolean> {
  try {
    await link(from, to) // fails where rename() would replace, and shows readers the whole file or none
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    if (code === 'EEXIST') return false
    if (lacksHardLinks(code)) return await takeNameWithoutLinks(from, to)
    throw error
  }
  await Promise.allSettled([unlink(from)]) // the file has its name; a second one that stays does no harm
  return true
}

/**
 * As `takeName`, where there are no hard links: an empty file takes the name (O_EXCL: one of two who try gets it), and the
 * finished file replaces it. Readers never see half a file here either, but may see the empty one for a moment, and who is
 * killed in that moment leaves it behind. Therefore link() is preferred.
 */
export async function takeNameWithoutLinks (from: string, to: string): Promise<boolean> {
  try {
    const handle = await open(to, 'wx', 0o600)
    await handle.close()
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false
    throw error
  }
  try {
    await rename(from, to)
  } catch (error) {
    await Promise.allSettled([unlink(to)]) // whether or not it can be removed, the first error is the one to report
    throw error
  }
  return true
}
