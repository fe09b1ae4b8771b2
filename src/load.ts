// Everything that must be right before a door opens: configuration, keys, certificates. Reads the disk, changes
// nothing; refuses with every fault of all three at once.

import { readFile } from 'node:fs/promises'
import { type Fault, fault, FaultsError } from './core/errors.ts'
import { DEFAULT_MARGINS } from './core/rotation.ts'
import type { Config, TlsFiles } from './config/config.ts'
import { readConfig } from './config/read.ts'
import { readYaml } from './config/yaml.ts'
import { type KeyDirectory, readKeyDirectory } from './store/key-directory.ts'
import { makeSnapshot, type Snapshot } from './store/snapshot.ts'
import { readTls, type TlsMaterial } from './tls.ts'

export type Environment = Readonly<Record<string, string | undefined>>
/** Which doors this process opens. */
export type Doors = 'both' | 'public' | 'internal'

export interface Loaded {
  readonly doors: Doors
  readonly config: Config
  readonly snapshot: Snapshot
  readonly publicTls?: TlsMaterial
  readonly internalTls?: TlsMaterial
  readonly warnings: readonly string[]
}

export interface LoadOptions {
  readonly file: string
  readonly env: Environment
  /** NumericDate (seconds). */
  readonly now: number
  readonly doors: Doors
  /** False for commands that open no door: certificates are not read. */
  readonly tls?: boolean
}

/** @throws FaultsError with every fault of configuration, keys and certificates */
export async function load ({ file, env, now, doors, tls = true }: LoadOptions): Promise<Loaded> {
  const source = readYaml(file, await readText(file))
  const { config, faults: found, warnings: told } = readConfig(source, env, now)
  const faults = [...found]
  const warnings = [...told]
  const read = async <T>(work: () => Promise<T>): Promise<T | undefined> => {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof FaultsError)) throw error
      faults.push(...error.faults)
    }
  }

  const signs = doors !== 'public'
  const directory = config.keys === undefined ? undefined : await read(async () => await readKeys(config as Config, env, doors))
  faults.push(...(directory?.faults ?? []))
  warnings.push(...(directory?.warnings ?? []))
  const snapshot = directory && makeSnapshot(config as Config, directory, { signs, where: source.where, faults })
  const certificate = async (files: TlsFiles | undefined, host?: string): Promise<TlsMaterial | undefined> =>
    files && tls ? await read(async () => await readTls(files, { now, ...(host && { host }) })) : undefined
  const publicTls = doors === 'internal' ? undefined : await certificate(config.tls, config.url?.hostname)
  const internalFiles = config.sign?.tls ?? config.tls
  const internalTls = signs && config.sign && config.sign.listen !== 'public' ? await certificate(internalFiles) : undefined
  warnings.push(...(publicTls?.warnings ?? []), ...(internalTls?.warnings ?? []))
  if (doors === 'internal' && (config.sign === undefined || config.sign.listen === 'public')) {
    faults.push({ where: source.where(['sign']), problem: 'names no internal door', mend: 'give sign.listen an address, or serve without --only' })
  }
  if (faults.length > 0) throw new FaultsError(faults)
  const certificates = { ...(publicTls && { publicTls }), ...(internalTls && { internalTls }) }
  return { doors, config: config as Config, snapshot: snapshot!, warnings, ...certificates }
}

/**
 * The key directory and the rules of the sets, for commands that write keys before anything can be served.
 * @param file undefined where there is no configuration yet: then keys/, or what JWKSD_KEYS names
 * @throws FaultsError with every fault of the configuration
 */
export async function loadSettings (file: string | undefined, env: Environment, now: number): Promise<Pick<Config, 'keys' | 'sets' | 'clients' | 'reload'>> {
  if (file === undefined) return { keys: env.JWKSD_KEYS ?? 'keys', sets: new Map(), clients: new Map(), reload: DEFAULT_MARGINS }
  const { config, faults } = readConfig(readYaml(file, await readText(file)), env, now)
  if (faults.length > 0) throw new FaultsError(faults)
  return config as Config
}

async function readText (file: string): Promise<string> {
  return await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault(file, `the configuration cannot be read (${error.code})`, 'start from jwksd.example.yaml, or name another file with --config')
  })
}

/** The key directory with the passphrase that the environment gives. Bad files are only warned of with `onBadKey: skip`. */
async function readKeys (config: Pick<Config, 'keys' | 'onBadKey'>, env: Environment, doors: Doors): Promise<KeyDirectory> {
  const passphrase = await readPassphrase(env)
  const directory = await readKeyDirectory(config.keys, { passphrase, publicOnly: doors === 'public' })
  if (config.onBadKey === 'fail') return directory
  const skipped = directory.faults.map((one: Fault) => `${one.where}: left out: ${one.problem}; ${one.mend}`)
  return { ...directory, faults: [], warnings: [...directory.warnings, ...skipped] }
}

/** JWKSD_KEY_PASSPHRASE, or the first line of the file that JWKSD_KEY_PASSPHRASE_FILE names. */
export async function readPassphrase (env: Environment): Promise<string | undefined> {
  const file = env.JWKSD_KEY_PASSPHRASE_FILE
  if (env.JWKSD_KEY_PASSPHRASE !== undefined || !file) return env.JWKSD_KEY_PASSPHRASE
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw fault('JWKSD_KEY_PASSPHRASE_FILE', `the file ${file} cannot be read (${error.code})`, 'name a file that this user can read')
  })
  return text.replace(/\r?\n[\s\S]*$/, '')
}
