// The error of a caller of jwksd: the problem document (RFC 9457) that it was answered with.

import type { components } from './openapi.ts'

export type Problem = components['schemas']['Problem']

/** The answer of jwksd, or of something in front of it, in place of a token. The message says why, and what to do. */
export class JwksdError extends Error {
  /** HTTP status. */
  readonly status: number
  /** Stable: those of docs/errors.md, or ERR_UNEXPECTED_ANSWER where the answer is not one of jwksd. */
  readonly code: string
  /** The member of the request, or the claim, that is wrong. */
  readonly field: string | undefined
  /** The rule that is broken. */
  readonly rule: string | undefined
  /** What to do. */
  readonly hint: string | undefined
  /** Seconds after which the server takes the same request again. */
  readonly retryAfter: number | undefined
  /** The whole document. `instance` is the id of the request in jwksd's logs. */
  readonly problem: Problem

  constructor (problem: Problem, retryAfter?: number) {
    const { status, code, field, rule, hint, detail } = problem
    super(hint === undefined ? detail : `${detail}; ${hint}`)
    this.name = 'JwksdError'
    this.status = status
    this.code = code
    this.field = field
    this.rule = rule
    this.hint = hint
    this.retryAfter = retryAfter
    this.problem = problem
  }
}

/** The error for an answer that jwksd does not give. */
export function unexpectedAnswer (status: number, detail: string): JwksdError {
  return new JwksdError({ type: 'about:blank', title: 'Unexpected answer', status, detail, instance: '', code: 'ERR_UNEXPECTED_ANSWER' })
}
