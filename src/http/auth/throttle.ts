// The only answer to failed authentication. It does not say which check failed: the log does, and never quotes a token.
// An address that keeps failing is slowed down.

import type { FastifyRequest } from 'fastify'
import { withoutSecrets } from '../../core/secrets.ts'
import { unauthenticated } from '../problem.ts'
import type { Limits } from './limits.ts'

const FAILURES = { name: 'failures', points: 30, duration: 60 }

/** Answers with the uniform 401, or with 429 where an address fails too often. `reason` is for the log. */
export type Refuse = (request: FastifyRequest, reason: string) => Promise<never>

/** Makes a Refuse that counts with `limits`. */
export function makeRefuse (limits: Limits): Refuse {
  return async (request, reason) => {
    await limits.take(FAILURES, request.ip, 'too many failed attempts from this address')
    request.log.info({ reqId: request.id, address: request.ip, reason: withoutSecrets(reason) }, 'not authenticated')
    throw unauthenticated()
  }
}
