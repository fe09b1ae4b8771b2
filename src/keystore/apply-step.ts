// Writes a step of a rotation, or a revocation, into a set's directory. If it is interrupted, the directory stays readable
// and the next run continues. Rejects links and projected volumes: they must be changed at their source.

import { lstat } from 'node:fs/promises'
import path from 'node:path'
import { defaultAlg } from '../core/keys/alg.ts'
import { fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { type Notes, setNotes } from '../core/keys/notes.ts'
import type { Step } from '../core/keys/rotation.ts'
import { generateKeyFile } from './generate.ts'
import { readSmallFile, writeFileSafely } from './files.ts'
import type { Owner } from './owner.ts'
import { passphraseFileOf, readPassphraseOf } from './passphrase.ts'
import { setAside } from './set-aside.ts'

/** Where a set's files are and how its new ones are written. */
export interface Place {
  readonly directory: string
  readonly passphrase?: string | undefined
  /** NumericDate (seconds). */
  readonly now: number
}

/**
 * Does one step.
 * @throws FaultsError where another rotate came first, or the files may not be changed here
 */
export async function applyStep (set: KeySet, step: Step, place: Place): Promise<void> {
  if (step.do === 'generate') await generateSuccessor(set, step, place)
  else if (step.do !== 'destroy') await annotateKey(step.key, { activates: step.activates })
  else {
    const { file, otherFiles } = step.key
    const beside = await readPassphraseOf(file) === undefined ? [] : [passphraseFileOf(file)]
    for (const one of [...otherFiles, file, ...beside]) {
      await ownFile(one)
      await setAside(one, place.now)
    }
  }
}

async function generateSuccessor (
  set: KeySet, { alg, model, name, activates, held }: Extract<Step, { do: 'generate' }>, { directory, passphrase, now }: Place
): Promise<void> {
  const notes = { activates, ...(held && { held }), ...(defaultAlg(model.kind, set.alg) === alg ? {} : { alg }) }
  const bits = model.publicKey.asymmetricKeyDetails?.modulusLength ?? 0
  const owner = await ownFile(model.file)
  const mode = 0o600 | (owner.mode & 0o040) // where the server's user reads keys through their group, it reads the next one so, too
  const own = await readPassphraseOf(model.file)
  const { text } = await readSmallFile(model.file)
  const encryption = own ?? (text.includes('BEGIN ENCRYPTED') ? passphrase : undefined)
  // Before the key: a passphrase without its key does no harm.
  if (own !== undefined) await writeFileSafely(path.join(directory, passphraseFileOf(name)), own + '\n', mode, false, owner)
  try {
    await generateKeyFile({ directory, set: set.name, alg, bits, now, name, notes, passphrase: encryption, owner, mode })
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error // a FaultsError says that the name is taken, and nothing else
    throw fault(path.join(directory, name), 'another rotate has just made the successor',
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

/** Owner and mode of a file that is really in its directory. */
async function ownFile (file: string): Promise<Owner & { mode: number }> {
  const found = await lstat(file)
  if (!found.isSymbolicLink()) return found
  throw fault(file, 'is a symbolic link, so that its directory is not the place to change it',
    'change it where it comes from, for instance in the Kubernetes Secret: docs/how-to/rotate.md shows how')
}
