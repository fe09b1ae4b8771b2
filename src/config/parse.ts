// jwksd.yaml and the environment → a Config, or every fault at once. Rejects unknown fields, wrong types,
// contradictions and unsafe lifetimes; never stops at the first.

import path from 'node:path'
import type { Fault } from '../core/errors.ts'
import { DEFAULT_MARGINS, type Margins } from '../core/keys/rotation.ts'
import { readClients } from './clients.ts'
import { checkGates, checkProxies, checkRedis, readConsumers, withDeadline } from './consumers.ts'
import { applyEnvironment } from './environment.ts'
import { isRecord } from './fields.ts'
import { readIdentityProviders } from './identity-providers.ts'
import { checkLifetimes } from './lifetimes.ts'
import { checkPlaceholders } from './placeholders.ts'
import { findCertified, readPresets, readProfiles } from './profiles.ts'
import { didYouMean } from '../core/near-match.ts'
import { Report } from './report.ts'
import { findSecretIn } from './served-directory.ts'
import { configMembers } from './schema.ts'
import { formatDuration } from '../core/time.ts'
import { type ObjectOf, readMembers } from './structures.ts'
import { readTlsFields } from './tls.ts'
import { type AuditConfig, type Config, DEFAULT_SET, DEFAULT_SET_NAME, type Environment, NEEDED, type PartialConfig, type TlsFiles } from './types.ts'
import { formatAddress } from './units.ts'
import type { SourceText } from './yaml.ts'

export interface ReadConfig {
  /** Undefined when there are faults. */
  readonly config: Config | undefined
  /** What could be read despite the faults: keys and certificates are checked in the same pass. */
  readonly sound: PartialConfig
  readonly faults: readonly Fault[]
  /** Those of the faults that are placeholders: commands that only need keys run despite them. */
  readonly placeholders: readonly Fault[]
  readonly warnings: readonly string[]
}

/** Seconds: health checks of most balancers notice within this time, and with the grace it ends before "docker stop" kills. */
const DEFAULT_DRAIN = 5
/** Seconds: timers of Node count milliseconds in 32 bits, and a longer one would end at once. */
const LONGEST_WAIT = 24 * 86400

/** The document's own fields, of which those with faults are missing. */
type Fields = Partial<ObjectOf<typeof configMembers>>

/**
 * Reads a document and the environment's overrides into a Config. Throws nothing: faults are returned.
 * @param now NumericDate (seconds), to know live API keys from expired ones
 * @param quickstart its URL is localhost by design and causes no warning
 */
export function readConfig (source: SourceText, env: Environment, now: number, quickstart = false): ReadConfig {
  const { data, where } = applyEnvironment(source, env)
  const report = new Report(where)
  const unfinished = new Report(where)
  if (isRecord(data)) checkPlaceholders(data, unfinished)
  else report.fault([], 'holds no fields', 'start from jwksd.example.yaml')
  const fields: Fields = isRecord(data) ? readMembers(configMembers, data, report) : {}
  /** Includes the names of entries with faults: a reference to one of them is not unknown. */
  const namesOf = (section: string): string[] => isRecord(data) && isRecord(data[section]) ? Object.keys(data[section]) : []
  const sound = readSections(fields, { namesOf, base: path.dirname(source.file), report, now, quickstart })
  const served = sound.publish?.directory
  const secret = served === undefined ? undefined : findSecretIn(served, path.resolve(source.file), sound)
  if (secret) report.fault(['publish', 'directory'], secret.problem, secret.hint)
  const faults = [...report.faults, ...unfinished.faults]
  const config = faults.length === 0 && isWhole(sound) ? sound : undefined
  return { config, sound, faults, placeholders: unfinished.faults, warnings: [...report.warnings, ...unfinished.warnings] }
}

interface Reading {
  readonly namesOf: (section: string) => string[]
  /** Directory of relative paths. */
  readonly base: string
  readonly report: Report
  readonly now: number
  readonly quickstart: boolean
}

function readSections (fields: Fields, { namesOf, base, report, now, quickstart }: Reading): PartialConfig {
  const { url, listen, keys, tls, sign, audit, ledger, redis, publish, trustProxy = [], publicPage = false } = fields
  const absolute = (file: string): string => path.resolve(base, file)
  const absoluteTls = ({ cert, key, clientCa }: TlsFiles): TlsFiles =>
    ({ cert: absolute(cert), key: absolute(key), ...(clientCa && { clientCa: absolute(clientCa) }) })
  if (url && !quickstart) checkHost(url.hostname, report)
  const sets = new Map([...fields.sets ?? []].map(([name, set]) => [name, { ...DEFAULT_SET, ...withIssuer(withDeadline(set), name, url) }]))
  const presets = readPresets(fields.presets ?? new Map(), report)
  const profiles = readProfiles(fields.profiles ?? new Map(), { presets, presetNames: namesOf('presets'), origin: url?.origin ?? '' }, report)
  const reload: Margins = { ...DEFAULT_MARGINS, ...fields.reload }
  checkWaits(reload, fields, report)
  checkLifetimes(sets, profiles, reload, report)
  const issuers = readIdentityProviders(fields.issuers ?? new Map(), base, report)
  const consumers = readConsumers(fields.consumers ?? new Map(), report)
  checkGates({ consumers, sets, consumerNames: namesOf('consumers'), isRecorded: namesOf('ledger').length + namesOf('redis').length > 0 }, report)
  checkProxies(trustProxy, report)
  if (redis) checkRedis(redis.url, report)
  checkObservers(sign?.metrics?.clients ?? [], namesOf('clients'), report)
  checkListeners(fields, namesOf('clients').length > 0 && namesOf('sign').length === 0, report)
  return {
    ...(url && { url }),
    ...(listen && { listen }),
    ...(keys !== undefined && { keys: absolute(keys) }),
    ...(tls && readTlsFields(tls, url, absolute, report)),
    ...(sign && { sign: { ...sign, ...(sign.tls && { tls: absoluteTls(sign.tls) }) } }),
    ...(audit && { audit: readAudit(audit, absolute) }),
    ...(ledger && { ledger: { file: absolute(ledger.file) } }),
    ...(redis && { redis }),
    ...(publish && { publish: { ...publish, ...(publish.directory !== undefined && { directory: absolute(publish.directory) }) } }),
    consumers,
    trustProxy,
    publicPage,
    onBadKey: fields.onBadKey ?? 'fail',
    logLevel: fields.logLevel ?? 'info',
    drain: fields.drain ?? (quickstart ? 0 : DEFAULT_DRAIN), // nothing balances the load of a trial
    reload,
    sets,
    certified: findCertified(profiles),
    presets,
    profiles,
    issuers,
    clients: readClients(fields.clients ?? new Map(), {
      now,
      profileNames: namesOf('profiles'),
      issuerNames: namesOf('issuers'),
      issuers,
      mtls: sign === undefined || sign.tls?.clientCa !== undefined // without a listener that is the fault, not this
    }, report)
  }
}

/** The issuer of a set is where its JWK Set is, without `/.well-known/…`. */
function withIssuer<T> ({ issuer = false, ...set }: T & { issuer?: boolean }, name: string, url: URL | undefined) {
  return { ...set, ...(issuer && url && { issuer: name === DEFAULT_SET_NAME ? url.origin : `${url.origin}/${name}` }) }
}

/** `-` is standard output, as without a file. */
function readAudit ({ file, sync = 'none', checkpoint }: NonNullable<Fields['audit']>, absolute: (file: string) => string): AuditConfig {
  return { ...(file !== '-' && { file: absolute(file) }), sync, ...(checkpoint && { checkpoint }) }
}

/** Hosts that no vendor can reach (RFC 6761 section 6.3, RFC 2606 section 3). They are warned of: tests and trials use them. */
function checkHost (host: string, report: Report): void {
  if (host === 'localhost') report.warnings.push('url names localhost: no vendor can fetch keys there')
  if (/(^|\.)example\.(com|net|org)$/.test(host)) report.warnings.push(`url names ${host}, a name for examples: no vendor can fetch keys there`)
}

function checkWaits ({ interval }: Margins, { audit, drain = 0 }: Fields, report: Report): void {
  const every = audit?.checkpoint?.every
  if (interval < 1) report.fault(['reload', 'interval'], 'is 0: files would be read without a pause', 'use 10s')
  if (every !== undefined && every < 1) report.fault(['audit', 'checkpoint', 'every'], 'is 0: each record would be signed by itself', 'use 1h')
  const waits = [[['reload', 'interval'], interval], [['audit', 'checkpoint', 'every'], every ?? 0], [['drain'], drain]] as const
  for (const [place, seconds] of waits) {
    if (seconds > LONGEST_WAIT) report.fault([...place], `is longer than ${formatDuration(LONGEST_WAIT)}, the longest wait that there is`, 'shorten it')
  }
}

function isWhole (config: PartialConfig): config is Config {
  return NEEDED.every(name => config[name] !== undefined)
}

function checkObservers (observers: readonly string[], clients: readonly string[], report: Report): void {
  observers.forEach((name, i) => {
    if (clients.includes(name)) return
    report.fault(['sign', 'metrics', 'clients', i], `there is no client "${name}"`,
      didYouMean(name, clients, 'add it to clients, with profiles: [] if it signs nothing'))
  })
}

function checkListeners ({ listen, sign }: Fields, missing: boolean, report: Report): void {
  if (missing) report.fault(['sign'], 'there are clients, but no listener for them', 'name an internal address in sign.listen, or the word public')
  if (!sign) return
  if (sign.listen === 'public') {
    if (sign.tls) report.fault(['sign', 'tls'], 'has no effect when sign.listen is public', 'remove it, or give sign.listen an address')
  } else if (listen && sign.listen.port !== 0 && formatAddress(sign.listen) === formatAddress(listen)) {
    report.fault(['sign', 'listen'], 'is the public listener\'s address', 'give the internal listener an address of its own, or write: public')
  }
}
