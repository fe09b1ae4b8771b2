// The only answer to failed authentication. It does not say which check failed: the log does, and never quotes a token.
// An address that keeps failing is slowed down.

import type { FastifyRequest } from 'fastify'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { RequestError } from '../../core/errors.ts'
import { withoutSecrets } from '../../core/secrets.ts'
import { unauthenticated } from '../problem.ts'

const FAILURES = { points: 30, duration: 60 }

/** Answers with the uniform 401, or with 429 where an address fails too often. `reason` is for the log. */
export type Refuse = (request: FastifyRequest, reason: string) => Promise<never>

/** Makes a Refuse with its own count. */
export function makeRefuse (): Refuse {
  const failures = new RateLimiterMemory(FAILURES)
  return async (request, reason) => {
    await consume(failures, request.ip, 'too many failed attempts from this address')
    request.log.info({ address: request.ip, reason: withoutSecrets(reason) }, 'not authenticated')
    throw unauthenticated()
  }
}

/** Takes one from what `who` may still do. @throws RequestError ERR_RATE_LIMITED with the time to wait */
export async function consume (limiter: RateLimiterMemory, who: string, message: string): Promise<void> {
  try {
    await limiter.consume(who)
  } catch (limited) {
    const retryAfter = Math.max(1, Math.ceil((limited as RateLimiterRes).msBeforeNext / 1000))
    throw new RequestError('ERR_RATE_LIMITED', message, { retryAfter })
  }
}
