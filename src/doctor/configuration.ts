// The doctor of an installation, before it is deployed: configuration, keys, certificates and permissions as the server would
// load them, and what it finds on its machine. Nothing is changed.

import path from 'node:path'
import { readConfig } from '../config/parse.ts'
import type { PartialConfig } from '../config/types.ts'
import { readYaml } from '../config/yaml.ts'
import { collectFaultsAsync, FaultsError } from '../core/errors.ts'
import { load, type Loaded, type LoadOptions } from '../state/load.ts'
import { readConfigText } from '../state/settings.ts'
import type { Finding } from './finding.ts'
import { checkLoaded } from './loaded.ts'
import { checkAudit, checkClock, checkConnections, checkLedger } from './machine.ts'

interface Checked {
  readonly findings: readonly Finding[]
  /** Absent when the server would not start. */
  readonly loaded?: Loaded
}

/** Every finding about an installation; nothing is thrown for what is wrong with it. */
export async function checkConfiguration (options: Omit<LoadOptions, 'cache' | 'tls'>): Promise<Checked> {
  const { file, env, now } = options
  const sound = await collectFaultsAsync([], async () => readConfig(readYaml(file, await readConfigText(file)), env, now).sound)
  const { loaded, findings } = await tryLoad(options, sound)
  const keys = [...loaded?.snapshot.sets.values() ?? []].flatMap(({ keys }) => keys.map(key => key.file))
  const files = [file, ...Object.values(sound?.tls ?? {}), ...keys]
  const signs = options.listeners !== 'public' && sound?.sign !== undefined
  return {
    ...loaded && { loaded },
    findings: [
      ...findings,
      ...loaded ? checkLoaded(loaded, now) : [],
      ...signs ? checkAudit(sound.audit) : [],
      ...checkLedger(sound?.ledger),
      ...checkConnections(1),
      ...await checkClock(files, now)
    ]
  }
}

async function tryLoad (options: LoadOptions, sound?: PartialConfig): Promise<Checked> {
  const name = (where: string): string => nameOf(where, options.file, sound)
  const warn = (text: string): Finding => ({ check: name(text), level: 'warning', seen: text, hint: 'docs/reference/configuration.md says more' })
  try {
    const loaded = await load(options)
    const { config: { profiles, clients }, warnings } = loaded
    const seen = `${options.file}: no fault (profiles: ${profiles.size}, clients: ${clients.size})`
    return { loaded, findings: [{ check: 'configuration', level: 'ok', seen }, ...warnings.map(warn)] }
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error
    const faults = error.faults.map(({ where, problem, hint }): Finding => ({ check: name(where), level: 'fault', seen: `${where}: ${problem}`, hint }))
    return { findings: [...faults, ...error.warnings.map(warn)] }
  }
}

/** What a fault or a warning is about, by the file that it begins with. */
function nameOf (text: string, file: string, { tls, sign, keys = '' }: Partial<PartialConfig> = {}): string {
  const [certificates, own] = [[...Object.values(tls ?? {}), ...Object.values(sign?.tls ?? {})], path.resolve(file)]
  const begins = (name: string): boolean => [name, path.relative('', name)].some(form => form !== '' && text.startsWith(form))
  if (text.startsWith(file) || begins(own)) return 'configuration'
  if (certificates.some(begins)) return 'certificate'
  return begins(keys) ? 'key-file' : 'configuration'
}
