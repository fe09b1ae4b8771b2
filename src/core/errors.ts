// The two kinds of errors: a RequestError answers a request, a FaultsError lists what an operator must correct.
// Carries no secrets: messages name files, fields and rules, never values of keys or tokens.

import { withoutSecrets } from './secrets.ts'

/** Stable codes of refused requests. Only `http/problem.ts` maps them to status codes. */
export const ERROR_CODES = [
  'ERR_BAD_REQUEST', 'ERR_UNAUTHENTICATED', 'ERR_FORBIDDEN', 'ERR_FORCED_CLAIM', 'ERR_RULE_BROKEN',
  'ERR_NOT_ACCEPTABLE', 'ERR_NO_ACTIVE_KEY', 'ERR_RATE_LIMITED', 'ERR_BUSY', 'ERR_AUDIT', 'ERR_CLOCK', 'ERR_NOT_FOUND', 'ERR_METHOD_NOT_ALLOWED',
  'ERR_PAYLOAD_TOO_LARGE', 'ERR_UNSUPPORTED_MEDIA_TYPE', 'ERR_REQUEST_TIMEOUT', 'ERR_HEADERS_TOO_LARGE', 'ERR_INTERNAL'
] as const
export type ErrorCode = typeof ERROR_CODES[number]

/** What a caller may learn beyond the message. `retryAfter` is in seconds. */
export interface ErrorDetails {
  field?: string
  rule?: string
  source?: string
  /** What the caller sent, shortened and without secrets. */
  sent?: string
  hint?: string
  retryAfter?: number
  /** Methods that the URL has. */
  allow?: readonly string[]
  cause?: unknown
}

/** A request that is refused, with the reason its sender may read. */
export class RequestError extends Error {
  readonly code: ErrorCode
  readonly details: Omit<ErrorDetails, 'cause'>

  constructor (code: ErrorCode, message: string, { cause, ...details }: ErrorDetails = {}) {
    super(withoutSecrets(message), { cause })
    this.name = 'RequestError'
    this.code = code
    // A caller may send a secret in place of a name, and names are said in answers, logs and the audit log.
    this.details = Object.fromEntries(Object.entries(details).map(([name, value]) => [name, typeof value === 'string' ? withoutSecrets(value) : value]))
  }
}

/** One thing wrong in what an operator gave: where it is, what is wrong, how to correct it. */
export interface Fault {
  /** `file`, `file:line field` or a command-line argument. */
  readonly where: string
  readonly problem: string
  readonly hint: string
}

/** Every fault found in one pass, never only the first. */
export class FaultsError extends Error {
  readonly faults: readonly Fault[]
  /** Warnings from the same pass: one may explain a fault. */
  readonly warnings: readonly string[]

  constructor (faults: readonly Fault[], warnings: readonly string[] = []) {
    super(faults.map(f => `${f.where}: ${f.problem}`).join('\n'))
    this.name = 'FaultsError'
    this.faults = faults
    this.warnings = warnings
  }
}

/** A FaultsError of one fault. */
export function fault (where: string, problem: string, hint: string): FaultsError {
  return new FaultsError([{ where, problem, hint }])
}

/**
 * Runs `read`; its faults go to `faults` and undefined comes back, so that a pass can go on and report everything.
 * @throws whatever is not a FaultsError
 */
export function collectFaults<T> (faults: Fault[], read: () => T): T | undefined {
  try {
    return read()
  } catch (error) {
    if (!(error instanceof FaultsError)) throw error
    faults.push(...error.faults)
    return undefined
  }
}

/** As `collectFaults`, for what reads from a disk. */
export async function collectFaultsAsync<T> (faults: Fault[], read: () => Promise<T>): Promise<T | undefined> {
  const result = await read().then(value => () => value, (error: unknown) => () => { throw error })
  return collectFaults(faults, result)
}
