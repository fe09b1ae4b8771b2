// Everything that must be right before a listener opens: configuration, keys, certificates. Reads the disk, changes
// nothing; rejects with every fault of all three at once.

import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import { collectFaultsAsync, type Fault, FaultsError } from '../core/errors.ts'
import type { Config, Environment, TlsFiles } from '../config/types.ts'
import { ConfigCache } from '../config/config-cache.ts'
import { makeWhere } from '../config/yaml.ts'
import { invalidity } from '../core/keys/certificate.ts'
import type { Key } from '../core/keys/key.ts'
import { selfTest } from '../core/tokens/self-test.ts'
import { type Sources } from './fingerprint.ts'
import { type KeySets, type KeySettings, readKeySets } from '../keystore/key-sets.ts'
import { exposedWarnings } from '../keystore/permissions.ts'
import { KeyCache } from '../keystore/key-cache.ts'
import { readConfigText } from './settings.ts'
import { makeSnapshot, type Snapshot } from './snapshot.ts'
import { readSmallFile } from '../keystore/files.ts'
import { PUT_THERE, readAuthorities, readTls, type TlsMaterial } from './tls.ts'

/** Which listeners this process opens. */
export type Listeners = 'both' | 'public' | 'internal'

export interface Loaded {
  readonly listeners: Listeners
  readonly config: Config
  readonly snapshot: Snapshot
  readonly publicTls?: TlsMaterial
  readonly internalTls?: TlsMaterial
  /** Key files that were left out (`onBadKey: skip`). */
  readonly skipped: readonly Fault[]
  readonly warnings: readonly string[]
  /** Everything that was read. */
  readonly sources: Sources
}

export interface LoadOptions {
  readonly file: string
  readonly env: Environment
  /** NumericDate (seconds). */
  readonly now: number
  readonly listeners: Listeners
  /** False for commands that open no listener: certificates are not read. */
  readonly tls?: boolean
  readonly cache?: LoadCache
  /** The configuration is the one that quickstart made. */
  readonly quickstart?: boolean
}

/** What one server has read before. */
export class LoadCache {
  readonly keys = new KeyCache()
  readonly config = new ConfigCache()
}

/** Self-tests before requests get their turn: a test takes 0.1 ms. */
const SELF_TESTS = 16

/** @throws FaultsError with every fault of configuration, keys and certificates */
export async function load (
  { file, env, now, listeners, tls = true, cache = new LoadCache(), quickstart = false }: LoadOptions
): Promise<Loaded> {
  const text = await readConfigText(file)
  const { config, sound, ...read } = cache.config.read(file, text, env, now, quickstart)
  const where = makeWhere(file, text)
  const faults = [...read.faults]
  const warnings = [...read.warnings]
  const collect = async <T>(work: () => Promise<T>): Promise<T | undefined> => await collectFaultsAsync(faults, work)

  const signs = listeners !== 'public'
  const { keys } = sound
  const found = keys === undefined
    ? undefined
    : await collect(async () => await readKeys({ ...sound, keys }, { env, listeners, cache: cache.keys }))
  faults.push(...(found?.fileFaults ?? []), ...(found?.setFaults ?? []))
  warnings.push(...(found?.warnings ?? []))
  await turn() // to requests, in a server that reloads
  const snapshot = found && makeSnapshot(sound, found, { signs, where, faults, warnings })
  const usedKeys = [...snapshot?.sets.values() ?? []].flatMap(({ keys }) => keys)
  await selfTestAll(usedKeys, collect)
  for (const key of usedKeys) {
    const wrong = key.certificate && invalidity(key.certificate, now)
    if (wrong) warnings.push(`${key.file}: its certificate ${wrong}: profiles that need it cannot sign`)
  }
  const issued = sound.acme?.certificate
  const certificate = async (files: TlsFiles | undefined, names: { host?: string, address?: string }): Promise<TlsMaterial | undefined> =>
    files && tls ? await collect(async () => await readTls(files, { now, issued: files.cert === issued, ...names })) : undefined
  const publicTls = listeners === 'internal' ? undefined : await certificate(sound.tls, sound.url ? { host: sound.url.hostname } : {})
  const internalFiles = sound.sign?.tls ?? sound.tls
  const internalTls = signs && sound.sign && sound.sign.listen !== 'public'
    ? await certificate(internalFiles, { address: sound.sign.listen.host })
    : undefined
  for (const { ca, tokenFile } of signs && tls ? sound.issuers.values() : []) {
    if (ca) await collect(async () => await readAuthorities(ca))
    if (tokenFile) await collect(async () => await readSmallFile(tokenFile, tokenFile, PUT_THERE))
  }
  warnings.push(...(publicTls?.warnings ?? []), ...(internalTls?.warnings ?? []))
  if (listeners === 'internal' && (sound.sign === undefined || sound.sign.listen === 'public')) {
    faults.push({ where: where(['sign']), problem: 'names no internal listener', hint: 'give sign.listen an address, or serve without --only' })
  }
  const { tls: files = {}, sign, publish } = sound
  const directory = publish?.directory === undefined ? [] : [publish.directory]
  warnings.push(...await exposedWarnings([file, ...Object.values(files), ...Object.values(sign?.tls ?? {}), ...directory]))
  if (!config || !found || !snapshot || faults.length > 0) throw new FaultsError(unique(faults), unique(warnings))
  const certificates = { ...(publicTls && { publicTls }), ...(internalTls && { internalTls }) }
  const sources = sourcesOf(file, config, env)
  return { listeners, config, snapshot, warnings: unique(warnings), sources, skipped: found.skipped, ...certificates }
}

/** @param collect takes the fault of each key */
export async function selfTestAll (keys: readonly Key[], collect: (test: () => Promise<void>) => Promise<void>): Promise<void> {
  for (const [i, key] of keys.entries()) {
    if (i % SELF_TESTS === 0) await turn()
    await collect(async () => { await selfTest(key) })
  }
}

/** Each once: both listeners may have the same certificate. */
function unique<T> (found: readonly T[]): T[] {
  return [...new Map(found.map(one => [JSON.stringify(one), one])).values()]
}

function sourcesOf (file: string, { tls, sign, keys }: Config, env: Environment): Sources {
  const files = [file, ...Object.values(tls), ...Object.values(sign?.tls ?? {}), env.JWKSD_KEY_PASSPHRASE_FILE || file]
  return { files: [...new Set(files.map(one => path.resolve(one)))], keys }
}

/** The key sets. Bad files are only warned of with `onBadKey: skip`. */
async function readKeys (
  config: KeySettings & Pick<Config, 'onBadKey'>, { env, listeners, cache }: Pick<LoadOptions, 'env' | 'listeners'> & { cache: KeyCache }
): Promise<KeySets & Pick<Loaded, 'skipped'>> {
  const found = await readKeySets(config, env, { publicOnly: listeners === 'public', cache })
  if (config.onBadKey === 'fail') return { ...found, skipped: [] }
  const warned = found.fileFaults.map(one => `${one.where}: left out: ${one.problem}; ${one.hint}`)
  return { ...found, fileFaults: [], skipped: found.fileFaults, warnings: [...found.warnings, ...warned] }
}
