// The key sets: files of the key directory → keys → sets with their rules. Every command and the server read them
// here; what a fault leads to is the caller's own decision.

import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { type Config, DEFAULT_SET, type Environment, type SetConfig } from '../config/types.ts'
import { collectFaults, type Fault, FaultsError } from '../core/errors.ts'
import { isSameKey } from '../core/keys/identity.ts'
import type { Key } from '../core/keys/key.ts'
import { isNamed, type KeySet, lifeOf } from '../core/keys/key-set.ts'
import { findMixedKinds, mixedKindsWarning } from '../core/keys/kinds.ts'
import { didYouMean } from '../core/near-match.ts'
import { formatTime } from '../core/time.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import { readKeyDirectory, type ReadOptions } from './key-directory.ts'
import { DEFAULT_SET_NAME, type SetFault } from './list-keys.ts'
import { readPassphrase } from './passphrase.ts'

/** The key directory and the rules of its sets. */
export type KeySettings = Pick<Config, 'keys' | 'sets'> & Partial<Pick<Config, 'url' | 'publish' | 'certified'>>

export interface KeySets {
  /** Sets by name. One in which two keys have one kid is missing; one without a sound file is empty. */
  readonly sets: ReadonlyMap<string, KeySet>
  /** Files that hold no sound key, and directories that cannot be read. */
  readonly fileFaults: readonly SetFault[]
  /** Sound keys that do not go together in their set. */
  readonly setFaults: readonly SetFault[]
  /** What looks like a key or a set and is not read, each with what to do. */
  readonly unread: readonly SetFault[]
  readonly warnings: readonly string[]
}

/** Sets that are made in one go: a reload of a thousand must not hold up requests. */
const SLICE = 100

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
    if (sets.size % SLICE === 0) await turn()
    const found: Fault[] = []
    const rules = rulesOf(settings, name)
    const set = collectFaults(found, () => makeKeySet(name, keys, rules))
    found.push(...findMixedKinds(name, set?.keys ?? [], rules.mixed))
    setFaults.push(...found.map(one => ({ ...one, set: name })))
    if (set) sets.set(name, set)
  }
  const mixed = [...sets.values()].map(({ name, keys }) => mixedKindsWarning(name, keys)).filter(text => text !== undefined)
  const takeovers = [...sets.values()].flatMap(takeoverWarnings)
  return { sets, fileFaults: faults, setFaults, unread, warnings: [...warnings, ...mixed, ...takeovers, ...sharedKeyWarnings(sets)] }
}

/** Every fault of a read. */
export function faultsOf ({ fileFaults, setFaults }: Pick<KeySets, 'fileFaults' | 'setFaults'>): SetFault[] {
  return [...fileFaults, ...setFaults]
}

/** A public key takes its place in a line as any other, and then nothing signs. */
function takeoverWarnings (set: KeySet): string[] {
  const own = set.keys.filter(({ privateKey, revoked }) => privateKey && revoked === undefined)
  return set.keys.filter(({ privateKey }) => !privateKey).flatMap(({ file, alg, activates = Infinity }) => {
    const ended = own.find(key => key.alg === alg && activates < Infinity && lifeOf(set, key).deactivates === activates)
    if (!ended) return []
    const when = formatTime(activates)
    return [`${file}: takes over from ${ended.file} on ${when}, and its private half is not here: from then on nothing signs ${alg} in "${set.name}"`]
  })
}

/** One key in several sets stays in use for the others when only one of its files is taken away. */
function sharedKeyWarnings (sets: KeySets['sets']): string[] {
  const places = new Map<string, SetKey[]>()
  for (const one of keysOf(sets)) places.set(one.key.spkiSha256, [...places.get(one.key.spkiSha256) ?? [], one])
  return [...places.values()].filter(({ length }) => length > 1).map(([first, ...others]) =>
    `${first!.key.file}: is the same key as ${others.map(({ key }) => key.file).join(' and ')}: if one is compromised, all are; jwksd revoke ${first!.key.kid} takes them together`)
}

/** The rules of a set: its own, or the defaults. */
export function rulesOf ({ sets, url, publish, certified }: Omit<KeySettings, 'keys'>, set: string): SetConfig {
  const own = sets.get(set) ?? DEFAULT_SET
  const rules = certified?.has(set) ? { ...own, x5c: true } : own
  if (!publish?.verify || !url) return rules
  const urls = [set, ...[...sets].filter(([, { include }]) => include.includes(set)).map(([name]) => name)]
  return { ...rules, publicUrls: urls.map(name => `${url.origin}${name === DEFAULT_SET_NAME ? '' : `/${name}`}/.well-known/jwks.json`) }
}

/** The directory of a set's key files. */
export function directoryOf (keys: string, set: string): string {
  return set === DEFAULT_SET_NAME ? keys : path.join(keys, set)
}

/** A key and the set that it is in. */
export interface SetKey { readonly set: KeySet, readonly key: Key }

function keysOf (sets: KeySets['sets']): SetKey[] {
  return [...sets.values()].flatMap(set => set.keys.map(key => ({ set, key })))
}

/**
 * The key of that name: once for each set that has it.
 * @param name kid or file name
 * @throws FaultsError that names the keys there are, when none or different keys have the name, and every fault of the
 * files: the key may be in one of them
 */
export function findKey (found: KeySets, name: string): [SetKey, ...SetKey[]] {
  const all = keysOf(found.sets)
  const [first, ...others] = all.filter(({ key }) => isNamed(key, name))
  if (first && others.every(({ key }) => isSameKey(key, first.key))) return [first, ...others]
  const names = all.map(({ key: { kid, file } }) => `${kid} (${file})`).join(', ')
  const problem = first ? 'is the name of several keys' : 'there is no such key'
  const known = first ? [] : all.flatMap(({ key: { kid, file } }) => [kid, path.basename(file)])
  throw new FaultsError([...faultsOf(found), { where: name, problem, hint: didYouMean(name, known, `name one: ${names || '(none)'}`) }], found.warnings)
}

/** Every place of one key, whatever kid or alg it has there. */
export function copiesOf ({ sets }: KeySets, key: Key): SetKey[] {
  return keysOf(sets).filter(one => isSameKey(one.key, key))
}
