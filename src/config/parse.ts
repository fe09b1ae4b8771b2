// jwksd.yaml and the environment → the parts of a Config that are sound, and every fault of those that are not.
// Refuses unknown fields, wrong types, contradictions and unsafe lifetimes; never stops at the first.

import path from 'node:path'
import type { Fault } from '../core/errors.ts'
import { type Config, DEFAULT_SET, type Environment, type SetConfig, type TlsFiles } from './types.ts'
import { DEFAULT_MARGINS, type Margins } from '../core/keys/rotation.ts'
import { readClients, readIdentityProviders } from './clients.ts'
import { checkLifetimes } from './lifetimes.ts'
import { readPresets, readProfiles } from './profiles.ts'
import type { RawConfig, RawSet } from './schema.ts'
import { checkShape } from './validate.ts'
import { type Address, formatAddress, parseAddress, parsePublicUrl } from './units.ts'
import type { SourceText } from './yaml.ts'
import { parseDuration } from '../core/time.ts'

export type Path = readonly (string | number)[]
/** Takes a fault at a path of the document. */
export type Note = (path: Path, problem: string, hint: string) => void

/** What could be read. When `faults` is empty, `config` is whole. */
export interface ReadConfig {
  readonly config: Partial<Config>
  readonly faults: readonly Fault[]
  readonly warnings: readonly string[]
}

/** Environment variables and the fields that they override. Relative paths are the working directory's. */
const OVERRIDES: ReadonlyArray<{ name: string, field: readonly string[], isPath?: true }> = [
  { name: 'JWKSD_URL', field: ['url'] },
  { name: 'JWKSD_LISTEN', field: ['listen'] },
  { name: 'JWKSD_KEYS', field: ['keys'], isPath: true },
  { name: 'JWKSD_TLS_CERT', field: ['tls', 'cert'], isPath: true },
  { name: 'JWKSD_TLS_KEY', field: ['tls', 'key'], isPath: true },
  { name: 'JWKSD_LOG_LEVEL', field: ['logLevel'] }
]

/**
 * Reads a document and the environment's overrides into a Config. Throws nothing: faults are returned.
 * @param now NumericDate (seconds), to tell live API keys from expired ones
 */
export function readConfig (source: SourceText, env: Environment, now: number): ReadConfig {
  const { data, where } = override(source, env)
  const shapeFaults = checkShape(data, where)
  const faults: Fault[] = shapeFaults.map(({ where, problem, hint }) => ({ where, problem, hint }))
  const note: Note = (path, problem, hint) => { faults.push({ where: where(path), problem, hint }) }
  const sound = (...path: string[]): boolean => !shapeFaults.some(fault =>
    path.every((segment, i) => fault.path.length <= i || fault.path[i] === segment))
  const namesOf = (field: string): string[] => isRecord(data) && isRecord(data[field]) ? Object.keys(data[field]) : []
  const names = { presetNames: namesOf('presets'), profileNames: namesOf('profiles'), issuerNames: namesOf('issuers') }
  return build({ raw: onlySound(data, sound), base: path.dirname(source.file), note, faults, now, ...names })
}

/** Sections of named entries: a fault in one leaves the others to be checked. */
const BY_NAME = ['sets', 'presets', 'profiles', 'issuers', 'clients']

/** The document without the sections in which a shape fault lies, so that the others can still be checked. */
function onlySound (data: unknown, sound: (...path: string[]) => boolean): Partial<RawConfig> {
  if (!isRecord(data)) return {}
  const kept = Object.entries(data).map(([field, value]) => {
    if (!BY_NAME.includes(field) || !isRecord(value)) return [field, value, sound(field)] as const
    const entries = Object.entries(value).filter(([name]) => sound(field, name))
    return [field, Object.fromEntries(entries), true] as const
  })
  return Object.fromEntries(kept.filter(([, , keep]) => keep).map(([field, value]) => [field, value]))
}

function isRecord (data: unknown): data is Record<string, unknown> {
  return typeof data === 'object' && data !== null && !Array.isArray(data)
}

function override ({ data, where }: SourceText, env: Environment): Pick<SourceText, 'data' | 'where'> {
  if (!isRecord(data)) return { data, where }
  const copy = structuredClone(data)
  const applied = OVERRIDES.filter(({ name }) => env[name] !== undefined && env[name] !== '')
  for (const { name, field: [first, second], isPath } of applied) {
    const value = isPath ? path.resolve(env[name]!) : env[name]
    if (second === undefined) copy[first!] = value
    else copy[first!] = { ...(isRecord(copy[first!]) ? copy[first!] as object : {}), [second]: value }
  }
  const origin = (at: Path): string | undefined => applied.find(({ field }) => field.join() === at.join())?.name
  return { data: copy, where: at => origin(at) ?? where(at) }
}

interface Draft {
  raw: Partial<RawConfig>
  base: string
  note: Note
  faults: Fault[]
  now: number
  /** All names of the document, also of what has faults. */
  presetNames: readonly string[]
  profileNames: readonly string[]
  issuerNames: readonly string[]
}

function build ({ raw, base, note, faults, now, presetNames, profileNames, issuerNames }: Draft): ReadConfig {
  const warnings: string[] = []
  const files = (tls: TlsFiles): TlsFiles =>
    Object.fromEntries(Object.entries(tls).map(([name, file]) => [name, path.resolve(base, file)])) as unknown as TlsFiles
  const url = raw.url === undefined ? undefined : parsePublicUrl(raw.url) as URL
  if (url?.hostname === 'localhost') warnings.push('url names localhost: no vendor can fetch keys there')
  const sets = new Map(Object.entries(raw.sets ?? {}).map(([name, set]) => [name, readSet(set)]))
  const presets = readPresets(raw.presets ?? {}, note)
  const profiles = readProfiles(raw.profiles ?? {}, { presets, presetNames, note })
  const reload = readMargins(raw.reload, note)
  checkLifetimes(sets, profiles, reload, note)
  const issuers = readIdentityProviders(raw.issuers ?? {}, base, note)
  const mtls = raw.sign === undefined || raw.sign.tls?.clientCa !== undefined // without a listener that is the fault, not this
  const clients = readClients(raw.clients ?? {}, { note, now, profileNames, issuerNames, issuers, mtls })
  const listen = raw.listen === undefined ? undefined : parseAddress(raw.listen) as Address
  checkSign(raw, note)
  return {
    config: {
      ...(url && { url }),
      ...(listen && { listen }),
      ...(raw.keys && { keys: path.resolve(base, raw.keys) }),
      ...(raw.tls && { tls: files(raw.tls) }),
      ...(raw.sign && {
        sign: {
          listen: raw.sign.listen === 'public' ? 'public' : parseAddress(raw.sign.listen) as Address,
          ...(raw.sign.tls && { tls: files(raw.sign.tls) })
        }
      }),
      ...(raw.audit && { audit: { file: path.resolve(base, raw.audit.file) } }),
      onBadKey: raw.onBadKey ?? 'fail',
      logLevel: raw.logLevel ?? 'info',
      reload,
      sets,
      presets,
      profiles,
      issuers,
      clients
    },
    faults,
    warnings
  }
}

function readSet ({ alg, kid, include, rotation, ...durations }: RawSet): SetConfig {
  const seconds = Object.entries(durations).map(([name, text]) => [name, parseDuration(text)])
  return {
    ...DEFAULT_SET,
    ...Object.fromEntries(seconds),
    ...(alg && { alg }),
    ...(kid && { kid }),
    ...(include && { include }),
    ...(rotation && { rotation: { every: parseDuration(rotation.every) as number } })
  }
}

function readMargins ({ interval, skew }: NonNullable<RawConfig['reload']> = {}, note: Note): Margins {
  const margins = {
    interval: interval === undefined ? DEFAULT_MARGINS.interval : parseDuration(interval) as number,
    skew: skew === undefined ? DEFAULT_MARGINS.skew : parseDuration(skew) as number
  }
  if (margins.interval < 1) note(['reload', 'interval'], 'is 0: files would be read without a pause', 'use 10s')
  return margins
}

function checkSign (raw: Partial<RawConfig>, note: Note): void {
  const signs = Object.keys(raw.clients ?? {}).length > 0
  if (signs && !raw.sign) {
    note(['sign'], 'there are clients, but no listener for them', 'name an internal address in sign.listen, or the word public')
  }
  const address = raw.sign && raw.sign.listen !== 'public' ? parseAddress(raw.sign.listen) as Address : undefined
  if (address && address.port !== 0 && formatAddress(address) === raw.listen) {
    note(['sign', 'listen'], 'is the public listener\'s address', 'give the internal listener an address of its own, or write: public')
  }
  if (raw.sign?.listen === 'public' && raw.sign.tls) {
    note(['sign', 'tls'], 'has no effect when sign.listen is public', 'remove it, or give sign.listen an address')
  }
}
