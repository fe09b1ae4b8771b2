// The key sets: files of the key directory → keys → sets with their rules. Every command and the server read them
// here; what a fault leads to is the caller's own decision.

import path from 'node:path'
import { type Config, DEFAULT_SET, type Environment, type SetConfig } from '../config/types.ts'
import { collectFaults, type Fault, fault } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { isNamed, type KeySet } from '../core/keys/key-set.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import { readKeyDirectory, type ReadOptions } from './key-directory.ts'
import { DEFAULT_SET_NAME, type SetFault } from './list-keys.ts'
import { readPassphrase } from './passphrase.ts'

/** The key directory and the rules of its sets. */
export type KeySettings = Pick<Config, 'keys' | 'sets'>

export interface KeySets {
  /** Sets by name, without those of `setFaults`. A set of which no file is sound is empty. */
  readonly sets: ReadonlyMap<string, KeySet>
  /** Files that hold no sound key, and directories that cannot be read. */
  readonly fileFaults: readonly SetFault[]
  /** Sound keys that do not go together in their set. */
  readonly setFaults: readonly SetFault[]
  /** What looks like a key or a set and is not read, each with what to do. */
  readonly unread: readonly SetFault[]
  readonly warnings: readonly string[]
}

/**
 * Reads every set below the key directory, with the passphrase that the environment gives.
 * @throws FaultsError when the key directory or the passphrase file cannot be read
 */
export async function readKeySets (
  settings: KeySettings, env: Environment, options: Omit<ReadOptions, 'passphrase'> = {}
): Promise<KeySets> {
  options.cache?.beginRead()
  const passphrase = await readPassphrase(env)
  const { sets: parsed, faults, unread, warnings } = await readKeyDirectory(settings.keys, { ...options, passphrase })
  const setFaults: SetFault[] = []
  const sets = new Map<string, KeySet>()
  for (const [name, keys] of parsed) {
    const found: Fault[] = []
    const set = collectFaults(found, () => makeKeySet(name, keys, rulesOf(settings, name)))
    setFaults.push(...found.map(one => ({ ...one, set: name })))
    if (set) sets.set(name, set)
  }
  return { sets, fileFaults: faults, setFaults, unread, warnings }
}

/** The rules of a set: its own, or the defaults. */
export function rulesOf ({ sets }: Pick<KeySettings, 'sets'>, set: string): SetConfig {
  return sets.get(set) ?? DEFAULT_SET
}

/** The directory of a set's key files. */
export function directoryOf (keys: string, set: string): string {
  return set === DEFAULT_SET_NAME ? keys : path.join(keys, set)
}

/**
 * The one key of that name, among the keys of all sets.
 * @param name kid or file name
 * @throws FaultsError that names the keys there are, when none or several have the name
 */
export function findKey (sets: Iterable<KeySet>, name: string): { set: KeySet, key: Key } {
  const all = [...sets].flatMap(set => set.keys.map(key => ({ set, key })))
  const [found, ...others] = all.filter(({ key }) => isNamed(key, name))
  if (found && others.length === 0) return found
  const names = all.map(({ key: { kid, file } }) => `${kid} (${file})`).join(', ')
  throw fault(name, found ? 'is the name of several keys' : 'there is no such key', `name one: ${names || '(none)'}`)
}
