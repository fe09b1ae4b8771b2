// The audit log: one JSON line for each signature, written before the token leaves. Its own writer, since a logger
// may drop what it cannot write. Refuses to sign on when a record cannot be written.

import { closeSync, constants, openSync, writeSync } from 'node:fs'
import { RequestError } from '../core/errors.ts'

/** What one signature is remembered by. Never the token: its SHA-256 proves it. Times are NumericDates (seconds). */
export interface AuditRecord {
  readonly time: string
  readonly request: string
  readonly client: string
  readonly profile: string
  readonly set: string
  readonly kid: string
  readonly alg: string
  /** Absent where the token has no such claim. */
  readonly jti?: string
  readonly iat?: number
  readonly exp?: number
  /** SHA-256 over the payload's bytes, where no claims were signed. */
  readonly payloadSha256?: string
  /** SHA-256 over the token, or over the JSON text of the JWS. */
  readonly tokenSha256: string
}

export interface Audit {
  /** @throws RequestError ERR_AUDIT when the whole record could not be written */
  record: (record: AuditRecord) => void
  close: () => void
}

/**
 * Opens the audit log. After a failure the file is opened again for each record, so that it recovers by itself.
 * @param target absolute path of a file, or an open descriptor: 1 is standard output
 */
export function openAudit (target: string | number): Audit {
  const given = typeof target === 'number' ? target : undefined
  let descriptor = given
  let torn = false
  const close = (): void => {
    if (descriptor !== undefined && descriptor !== given) closeSync(descriptor)
    descriptor = given
  }
  const record = (record: AuditRecord): void => {
    // A record that was cut short by a full disk ends its line first, so that the next one can be read.
    const line = Buffer.from((torn ? '\n' : '') + JSON.stringify(record) + '\n')
    try {
      descriptor ??= open(target as string)
      const written = writeSync(descriptor, line)
      torn = written < line.length
      if (torn) throw new Error(`only ${written} of ${line.length} bytes were written`)
    } catch (cause) {
      close()
      throw new RequestError('ERR_AUDIT', 'the audit record cannot be written, so nothing is signed', { retryAfter: 5, cause })
    }
  }
  return { record, close }
}

/** O_NONBLOCK: a FIFO that nobody reads must fail at once, not stop the process. */
function open (file: string): number {
  return openSync(file, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NONBLOCK, 0o600)
}
