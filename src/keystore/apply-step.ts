// Writes a step of a rotation, or a revocation, into a set's directory. Whenever it is cut off the directory can be
// read, and the next try goes on. Refuses links and projected volumes: who placed them must change them.

import { constants } from 'node:fs'
import { lstat, open, readdir, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { defaultAlg } from '../core/keys/alg.ts'
import { fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { type Notes, setNotes } from '../core/keys/notes.ts'
import type { Step } from '../core/keys/rotation.ts'
import { generateKeyFile } from './generate.ts'
import { type Owner, readSmallFile, syncDirectory, writeFileSafely } from './files.ts'

/** Where a set's files are and how its new ones are written. */
export interface Place {
  readonly directory: string
  readonly passphrase?: string | undefined
  /** NumericDate (seconds). */
  readonly now: number
}

/** What a killed process left is swept when it is older than this; until then its writer may be at work (seconds). */
const LEFTOVER_AGE = 600
const DOOMED = '.destroyed'
const LEFTOVER = /^\..+\.pem\.[\w-]+\.tmp$/

/**
 * Does one step.
 * @throws FaultsError where another rotate was faster, or the files may not be changed here
 */
export async function applyStep (set: KeySet, step: Step, place: Place): Promise<void> {
  if (step.do === 'generate') await generateSuccessor(set, step, place)
  else if (step.do === 'advance') await annotateKey(step.key, { activates: step.activates })
  else for (const file of [...step.key.otherFiles, step.key.file]) await destroyFile(file)
}

async function generateSuccessor (
  set: KeySet, { alg, model, name, activates }: Extract<Step, { do: 'generate' }>, { directory, passphrase, now }: Place
): Promise<void> {
  const notes = { activates, ...(defaultAlg(model.kind, set.alg) === alg ? {} : { alg }) }
  const bits = model.publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  const owner = await ownFile(model.file)
  try {
    await generateKeyFile({ directory, set: set.name, alg, bits, now, name, notes, passphrase, owner })
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error
    throw fault(path.join(directory, name), 'another rotate made the successor at this very moment',
      'there is nothing left to do: jwksd status shows where the rotation stands')
  }
}

/**
 * Sets notes in every file of a key.
 * @throws FaultsError when one is a symbolic link
 */
export async function annotateKey ({ file, otherFiles }: Key, notes: Notes): Promise<void> {
  for (const one of [file, ...otherFiles]) {
    const owner = await ownFile(one)
    const { text, mode } = await readSmallFile(one)
    await writeFileSafely(one, setNotes(text, notes), mode, false, owner)
  }
}

/** Owner of a file that is really in its directory. */
async function ownFile (file: string): Promise<Owner> {
  const found = await lstat(file)
  if (!found.isSymbolicLink()) return found
  throw fault(file, 'is a symbolic link, so that its directory is not the place to change it',
    'change it where it comes from, for instance in the Kubernetes Secret: docs/rotation.md shows how')
}

/** Takes the file out of the set at one stroke, then overwrites and removes it. */
async function destroyFile (file: string): Promise<void> {
  const directory = path.dirname(file)
  const doomed = path.join(directory, `.${path.basename(file)}${DOOMED}`)
  await ownFile(file)
  await rename(file, doomed)
  await syncDirectory(directory)
  await shred(doomed)
}

/** Removes what an earlier run left: files on their way out, and unfinished ones that nobody is writing any more. */
export async function sweep ({ directory, now }: Place): Promise<void> {
  for (const name of await readdir(directory)) {
    const file = path.join(directory, name)
    if (name.startsWith('.') && name.endsWith(DOOMED)) await shred(file)
    else if (LEFTOVER.test(name) && (await stat(file)).mtimeMs / 1000 < now - LEFTOVER_AGE) await shred(file)
  }
}

/**
 * Overwrites with zeros before unlinking, which helps on simple disks and does no harm on others. A file with a second
 * name is only unlinked: a writer that was killed just before its end leaves the new key under both.
 */
async function shred (file: string): Promise<void> {
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
