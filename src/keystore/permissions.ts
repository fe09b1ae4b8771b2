// Who may read and change key files. Rejects private keys that others can read or change, and key files that somebody
// else could have put there; a directory that others can write is warned of.

import { lstat, stat } from 'node:fs/promises'
import path from 'node:path'
import { getuid } from 'node:process'
import { fault } from '../core/errors.ts'
import { shellWord } from '../core/keys/pem.ts'

/** Permission bits and owner of a file or directory. */
export interface Permissions { readonly mode: number, readonly uid: number }

/** The directory of a key file. */
export interface Surroundings extends Permissions {
  /** It comes from a Kubernetes volume, whose modes and owners are those of the volume's definition. */
  readonly projected: boolean
}

const octal = (mode: number): string => `0${mode.toString(8)}`

/**
 * @param file how to call the file
 * @returns a warning, where its group can read it for no apparent reason
 * @throws FaultsError when others can read or change a private key or passphrase
 */
export function checkPrivate (file: string, { mode }: Pick<Permissions, 'mode'>, { projected }: Pick<Surroundings, 'projected'>): string | undefined {
  if (mode & 0o026) {
    throw fault(file, `a private key with mode ${octal(mode)}: ${mode & 0o004 ? 'the world can read it' : 'others can write it'}`,
      projected ? 'set defaultMode: 0400 on the volume (0440 with fsGroup)' : `chmod 600 ${shellWord(file)}`)
  }
  return mode & 0o040 && !projected ? `${file}: its group can read the private key (mode ${octal(mode)}); chmod 600 if it need not` : undefined
}

/** @throws FaultsError when every user can replace the key that vendors would trust */
export function checkPublic (file: string, { mode }: Pick<Permissions, 'mode'>): void {
  if (mode & 0o002) throw fault(file, `a public key with mode ${octal(mode)}: every user can replace the key that vendors trust`, `chmod 644 ${shellWord(file)}`)
}

/**
 * A key file belongs to root, to the user that runs jwksd, or to whom its directory belongs.
 * @param self the user that runs jwksd
 * @throws FaultsError when it belongs to anyone else: another user may have put it there
 */
export function checkOwner (file: string, own: Pick<Permissions, 'uid'>, directory: Permissions, self = getuid?.()): void {
  const problem = strangerOf(own, directory, self)
  if (problem !== undefined) throw fault(file, problem, `if it is yours: chown ${directory.uid} ${shellWord(file)}`)
}

/** Root cannot know which user the server has, so it looks only where others can put files. */
function strangerOf ({ uid }: Pick<Permissions, 'uid'>, directory: Permissions, self: number | undefined): string | undefined {
  if ([0, self, directory.uid].includes(uid) || (self === 0 && !(directory.mode & 0o022))) return undefined
  return `belongs to the user ${uid}, who is neither root, nor the user of jwksd, nor the owner of the directory`
}

/** A warning where any user can put files into the directory. */
export function directoryWarning (directory: string, { mode }: Pick<Permissions, 'mode'>): string | undefined {
  return mode & 0o002
    ? `${directory}: every user can put keys here that vendors would trust (mode ${octal(mode)}); chmod 755 ${shellWord(directory)}, or 700`
    : undefined
}

/** Whether a file comes from a Kubernetes volume: its directory then has the link that swaps all files of the volume. */
export async function isProjected (file: string): Promise<boolean> {
  return await lstat(path.join(path.dirname(file), '..data')).then(() => true, () => false)
}

/** Warnings of files, such as the configuration and certificates, that every user or a stranger can change. */
export async function exposedWarnings (files: readonly string[]): Promise<string[]> {
  const found = await Promise.all(files.map(async file => {
    const [own, directory] = await Promise.all([file, path.dirname(file)].map(async one => await stat(one).catch(() => undefined)))
    return own && directory ? exposures(file, own, directory) : []
  }))
  return found.flat()
}

/** @param self the user that runs jwksd */
export function exposures (file: string, own: Permissions, directory: Permissions, self = getuid?.()): string[] {
  const above = path.dirname(file)
  const stranger = strangerOf(own, directory, self)
  const isOpen = (directory.mode & 0o1002) === 0o002 // with the sticky bit, as /tmp has it, only owners replace files
  return [
    ...own.mode & 0o002 ? [`${file}: every user can change it (mode ${octal(own.mode & 0o777)}); chmod o-w ${shellWord(file)}`] : [],
    ...isOpen ? [`${file}: every user can replace it (mode ${octal(directory.mode & 0o777)} of ${above}); chmod o-w ${shellWord(above)}`] : [],
    ...stranger === undefined ? [] : [`${file}: ${stranger}; if it is yours: chown ${directory.uid} ${shellWord(file)}`]
  ]
}
