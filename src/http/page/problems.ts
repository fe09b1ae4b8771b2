// What is wrong with this server now, for the sentence on top of the page and the list below it.

import { X509Certificate } from 'node:crypto'
import type { Fault } from '../../core/errors.ts'
import { findUnsignedAlgs } from '../../core/keys/outlook.ts'
import { formatDate, formatRelative } from '../../core/time.ts'
import type { Health } from '../../observe/health.ts'
import type { Loaded } from '../../state/load.ts'

/** Before its end by this much, a certificate is a problem (seconds): renewal has failed by then. */
const EXPIRY = 14 * 86400

/** When the certificate of each listener expires (NumericDate). */
export function expiries ({ publicTls, internalTls }: Pick<Loaded, 'publicTls' | 'internalTls'>): Array<{ listener: string, at: number }> {
  return Object.entries({ public: publicTls, internal: internalTls }).flatMap(([listener, tls]) =>
    tls?.cert ? [{ listener, at: Date.parse(new X509Certificate(tls.cert).validTo) / 1000 }] : [])
}

/** The failures that the server knows of, sets that nothing signs with, certificates that expire soon. @param now NumericDate (seconds) */
export function findProblems (health: Health, loaded: Pick<Loaded, 'snapshot' | 'publicTls' | 'internalTls'>, now: number): Fault[] {
  const failures = [...health.failures()].flatMap(([, { faults }]) => faults)
  // Where profiles cannot sign, the failure `keys` says it already.
  const unsigned = health.failure('keys') ? [] : [...loaded.snapshot.sets.values()].flatMap(set => findUnsignedAlgs(set, now))
  const expiring = expiries(loaded).filter(({ at }) => at - now < EXPIRY).map(({ listener, at }): Fault => ({
    where: `certificate of the ${listener} listener`,
    problem: `expires ${formatDate(at, now)} (${formatRelative(at - now)})`,
    hint: 'renew it; the server takes the new files without a restart'
  }))
  return [...failures, ...unsigned, ...expiring]
}
