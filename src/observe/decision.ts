// The one event of a request to sign: a decision, granted or refused. The audit log, the metrics and the log are all
// written from it. It never holds a token, a key or a payload.

import type { ErrorCode } from '../core/errors.ts'

/** How a client was authenticated; `shell` is `jwksd sign`, for users who may read the keys. */
export type AuthMethod = 'apiKey' | 'jwt' | 'mtls' | 'shell'

/** Who asks. What is not known yet when a request is refused is absent. */
export interface Asker {
  /** Id of the request, as the answer has it. */
  readonly request: string
  readonly client?: string
  readonly auth?: AuthMethod
  /** Address that the request came from; absent for the shell. */
  readonly address?: string
  /** Name that was asked for, which may not exist. */
  readonly profile?: string
}

/** A token that may leave. Times are NumericDates (seconds); claims that the token does not have are absent. */
export interface Grant extends Asker {
  readonly event: 'granted'
  readonly client: string
  readonly auth: AuthMethod
  readonly profile: string
  readonly set: string
  readonly kid: string
  readonly alg: string
  readonly jti?: string
  /** Left out where it is longer than 1 KB: the payload's hash proves it. */
  readonly aud?: unknown
  readonly iat?: number
  readonly exp?: number
  /** SHA-256 over the payload's bytes, hex. */
  readonly payloadSha256: string
  /** SHA-256 over the token, or over the JSON text of the JWS, hex. */
  readonly tokenSha256: string
}

export interface Refusal extends Asker {
  readonly event: 'refused'
  readonly code: ErrorCode
  readonly rule?: string
  readonly field?: string
}

export type Decision = Grant | Refusal
