// The part of the configuration that commands need which open no listener: where keys are, and the rules of the sets.
// The reader of the configuration is loaded only where there is one.

import { fault, FaultsError } from '../core/errors.ts'
import { DEFAULT_MARGINS } from '../core/keys/rotation.ts'
import type { Config, Environment } from '../config/types.ts'
import { readAny } from '../keystore/files.ts'

/** What is optional is absent without a configuration: there are only the built-in presets then. */
export type Settings = Pick<Config, 'keys' | 'sets' | 'profiles' | 'reload'> &
  Partial<Pick<Config, 'url' | 'certified' | 'acme' | 'presets' | 'audit' | 'ledger' | 'redis' | 'publish' | 'consumers'>>

/**
 * The key directory and the rules of the sets, for commands that write keys before anything can be served.
 * @param file undefined where there is no configuration yet: then keys/, or what JWKSD_KEYS names
 * @throws FaultsError with every fault of the configuration, where there are others than placeholders
 */
export async function loadSettings (file: string | undefined, env: Environment, now: number): Promise<Settings> {
  if (file === undefined) return { keys: env.JWKSD_KEYS || 'keys', sets: new Map(), profiles: new Map(), reload: DEFAULT_MARGINS }
  const [{ readConfig }, { readYaml }] = await Promise.all([import('../config/parse.ts'), import('../config/yaml.ts')])
  const { sound, faults, placeholders } = readConfig(readYaml(file, await readConfigText(file)), env, now)
  const { keys } = sound
  if (keys === undefined || faults.length > placeholders.length) throw new FaultsError(faults)
  return { ...sound, keys }
}

const UNREADABLE: Record<string, string> = { EACCES: 'let the user that runs jwksd read it, and its directory' }

/** The text of a configuration. @throws FaultsError when it cannot be read */
export async function readConfigText (file: string): Promise<string> {
  const bytes = await readAny(file).catch((error: NodeJS.ErrnoException) => {
    throw fault(file, `the configuration cannot be read (${error.code})`,
      UNREADABLE[error.code!] ?? 'start from jwksd.example.yaml, or name another file with --config')
  })
  return bytes.toString('utf8')
}
