// What a running server takes over from changed files, and what only a restart can change. Refuses a new state that
// would hurt vendors or open a door wider than it was.

import { isDeepStrictEqual } from 'node:util'
import type { Config } from './config/config.ts'
import { type Fault, fault, FaultsError } from './core/errors.ts'
import type { Client } from './core/policy.ts'
import type { Loaded } from './load.ts'
import { checkContinuity, findLateKeys } from './store/continuity.ts'
import type { TlsMaterial } from './tls.ts'

/**
 * The state that follows `old`: `next`, with the clients that did not change kept as they are, so that what is counted
 * of them goes on.
 * @param now NumericDate (seconds)
 * @throws FaultsError with every reason to stay with `old`
 */
export function succeed (old: Loaded, next: Loaded, now: number): Loaded {
  const lost = checkContinuity(old.snapshot, next.snapshot, now)
  const faults = lost.map(one => next.skipped.find(({ where }) => where === one.where) ?? one)
  const doors = [[old.publicTls, next.publicTls, 'tls'], [old.internalTls, next.internalTls, 'sign.tls']] as const
  faults.push(...doors.flatMap(([before, after, field]) => checkClientCa(before, after, field)))
  if (faults.length > 0) throw new FaultsError(faults)
  const { policy } = next.snapshot
  const clients = new Map([...policy.clients].map(([name, client]) => [name, keepEqual(old.snapshot.policy.clients.get(name), client)]))
  const late = findLateKeys(old.snapshot, next.snapshot, next.config.reload, now)
  return { ...next, warnings: [...next.warnings, ...late], snapshot: { ...next.snapshot, policy: { ...policy, clients } } }
}

/** Whether clients must show a certificate is fixed when a door opens; to forget it silently would let anybody in. */
function checkClientCa (before: TlsMaterial | undefined, after: TlsMaterial | undefined, field: string): Fault[] {
  if (!before || !after || (before.clientCa === undefined) === (after.clientCa === undefined)) return []
  return [...fault(`${field}.clientCa`, `cannot be ${after.clientCa === undefined ? 'removed' : 'added'} while the door is open`, 'restart jwksd').faults]
}

/** Compared as JSON: some releases of Node take all URLs for equal. */
function keepEqual (old: Client | undefined, next: Client): Client {
  return old && JSON.stringify(old) === JSON.stringify(next) ? old : next
}

/** The fields that differ and have no effect before a restart. */
export function needRestart (old: Config, next: Config): string[] {
  const fixed = (config: Config): Record<string, unknown> => {
    const { url, listen, audit, logLevel, sign } = config
    return { url: url.href, listen, audit, logLevel, 'sign.listen': sign?.listen }
  }
  const [before, after] = [fixed(old), fixed(next)]
  return Object.keys(before).filter(field => !isDeepStrictEqual(before[field], after[field]))
}
