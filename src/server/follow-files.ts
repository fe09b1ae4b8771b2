// What a running server applies from changed files, and what only a restart can change. Rejects a new state that would
// harm vendors or make a listener less strict.

import { existsSync } from 'node:fs'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/types.ts'
import { type Fault, fault, FaultsError } from '../core/errors.ts'
import { publishedKeys } from '../core/keys/key-set.ts'
import { load, type Loaded, type LoadOptions } from '../state/load.ts'
import type { Logger } from '../observe/log.ts'
import { hasOperatorsPage } from './operators-page.ts'
import type { Server } from './run.ts'
import { checkContinuity, findLateKeys } from '../state/continuity.ts'
import { Reloader } from '../state/reloader.ts'
import type { TlsMaterial } from '../state/tls.ts'
import type { Clock } from '../core/time.ts'

/**
 * The state that follows `old`: `next`, and what to warn of.
 * @param now NumericDate (seconds)
 * @throws FaultsError with every reason to stay with `old`
 */
export function acceptNext (old: Loaded, next: Loaded, now: number): Loaded {
  const lost = checkContinuity(old.snapshot, next.snapshot, now)
  const faults = lost.map(one => next.skipped.find(({ where }) => where === one.where) ?? one)
  const listeners = [[old.publicTls, next.publicTls, 'tls'], [old.internalTls, next.internalTls, 'sign.tls']] as const
  faults.push(...listeners.flatMap(([before, after, field]) =>
    before && after ? [...checkClientCa(before, after, field), ...checkIssued(before, after, field)] : []))
  faults.push(...checkObservers(old, next), ...checkPage(old, next))
  if (faults.length > 0) throw new FaultsError(faults)
  const late = findLateKeys(old.snapshot, next.snapshot, next.config.reload, now)
  return { ...next, warnings: [...next.warnings, ...late] }
}

/** The fault of a set that has become empty does not say which file is missing; this adds it. */
function nameMissing ({ snapshot }: Loaded, error: Error, now: number): Error {
  if (!(error instanceof FaultsError)) return error
  const needed = [...snapshot.sets.values()].flatMap(set => publishedKeys(set, now)).filter(({ file }) => !existsSync(file))
  const missing = needed.filter(({ file }) => !error.faults.some(({ where }) => where === file))
  return new FaultsError([
    ...missing.map(({ file, kid }) => ({ where: file, problem: `is gone, and vendors need its key ${kid}`, hint: 'put it back; to take a key out for good: jwksd revoke' })),
    ...error.faults
  ], error.warnings)
}

/** Whether clients need a certificate is fixed when a listener opens; dropping the requirement silently would admit anyone. */
function checkClientCa (before: TlsMaterial, after: TlsMaterial, field: string): Fault[] {
  if ((before.clientCa === undefined) === (after.clientCa === undefined)) return []
  return [...fault(`${field}.clientCa`, `cannot be ${after.clientCa === undefined ? 'removed' : 'added'} while the listener is open`, 'restart jwksd').faults]
}

/** Whether the page for operators is on a listener is fixed when it opens: localhost has it without authentication. */
function checkPage ({ config: old }: Loaded, { config: next }: Loaded): Fault[] {
  const isOpen = old.sign?.listen === 'public' && !old.sign.metrics && hasOperatorsPage(old)
  if (!isOpen || hasOperatorsPage({ ...old, url: next.url })) return []
  return [{ where: 'url', problem: 'cannot lead away from localhost while the listener shows the page for operators', hint: 'restart jwksd' }]
}

/** Without `sign.metrics` everybody who reaches the listener reads what it protects; with `sign` gone the listener stays open, too. */
function checkObservers (old: Loaded, next: Loaded): Fault[] {
  if (old.listeners === 'public' || !old.snapshot.policy.observers || next.snapshot.policy.observers) return []
  return [{ where: 'sign.metrics', problem: 'cannot be removed while the listener is open', hint: 'restart jwksd' }]
}

/** A certificate in force stays until the next is there. */
function checkIssued (before: TlsMaterial, after: TlsMaterial, field: string): Fault[] {
  if (before.cert === '' || after.cert !== '') return []
  return [{ where: field, problem: 'the listener would be left without a certificate', hint: 'put the certificate back; where tls.acme is new, restart jwksd' }]
}

/** The fields that differ and have no effect before a restart. */
export function needRestart (old: Config, next: Config): string[] {
  const fixed = (config: Config): Record<string, unknown> => {
    const { listen, acme, audit, ledger, redis, publicPage, logLevel, sign } = config
    return { listen, 'tls.acme': acme && JSON.stringify(acme), audit, ledger, 'redis.url': redis?.url.href, publicPage, logLevel, 'sign.listen': sign?.listen }
  }
  const [before, after] = [fixed(old), fixed(next)]
  return Object.keys(before).filter(field => !isDeepStrictEqual(before[field], after[field]))
}

/**
 * Keeps a server in step with its files: on every change, and on request.
 * @param files what the server was loaded from, and how
 */
export function followFiles (server: Server, files: Omit<LoadOptions, 'now'>, log: Logger, clock: Clock): Reloader<Loaded> {
  const { config, warnings } = server.current()
  const known = new Set(warnings)
  const warn = (text: string): void => {
    if (!known.has(text)) log.warn(text)
    known.add(text)
  }
  return new Reloader({
    sources: () => server.current().sources,
    load: async () => {
      const next = await load({ ...files, now: clock() }).catch((error: Error) => {
        if (error instanceof FaultsError) error.warnings.forEach(warn)
        throw nameMissing(server.current(), error, clock())
      })
      return acceptNext(server.current(), next, clock())
    },
    swap: next => {
      server.swap(next)
      for (const field of needRestart(config, next.config)) warn(`${field} has changed; that takes effect with a restart`)
      for (const warning of next.warnings) warn(warning)
    },
    failed: faults => {
      server.health.fail('reload', faults, 'reload refused, the last good state stays')
      server.metrics.reloaded('refused')
      server.reportReload()
    },
    recovered: how => {
      server.health.recover('reload', how)
      server.reportReload()
    },
    interval: () => server.current().config.reload.interval,
    log
  })
}
