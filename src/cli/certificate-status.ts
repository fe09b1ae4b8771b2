// What `status` says of a certificate that an authority issues: until when it is valid, when it is renewed, and what has failed.

import type { AcmeConfig } from '../config/types.ts'
import { renewalOf } from '../core/certificate-renewal.ts'
import type { Fault } from '../core/errors.ts'
import { formatRelative, formatTime } from '../core/time.ts'
import { readFailedOrders, readValidity } from '../keystore/acme-files.ts'

export interface CertificateStatus {
  readonly line: string
  /** For JSON. */
  readonly fields: object
  /** Why there is no new certificate. */
  readonly faults: readonly Fault[]
}

/** @param now NumericDate (seconds) */
export async function readCertificateStatus (acme: AcmeConfig, now: number): Promise<CertificateStatus> {
  const [validity, failed] = await Promise.all([readValidity(acme), readFailedOrders(acme)])
  const moment = (at: number): string => `${formatTime(at)} (${formatRelative(at - now)})`
  const state = validity ? `valid until ${moment(validity.notAfter)}, renewed from ${moment(renewalOf(validity))} on` : 'not issued yet'
  const failures = failed ? `; failed orders: ${failed.count}, the next ${moment(failed.next)}` : ''
  return {
    line: `certificate of ${acme.host}: ${state}${failures}\n`,
    fields: {
      host: acme.host,
      ...(validity && { notAfter: formatTime(validity.notAfter), renewal: formatTime(renewalOf(validity)) }),
      ...(failed && { failedOrders: failed.count, nextOrder: formatTime(failed.next) })
    },
    faults: failed ? [failed.fault] : []
  }
}
