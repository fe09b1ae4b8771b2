// Limits: how much each client may sign, and how often an address may fail to authenticate. A replica counts for itself, and
// with all others where Redis is configured. Its own count comes first: it needs no Redis, and spares it a flood.

import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { RequestError } from '../../core/errors.ts'
import type { Limit, SharedLimits } from './shared-limits.ts'

export class Limits {
  readonly #shared: SharedLimits | undefined
  readonly #own = new Map<string, RateLimiterMemory>()

  constructor (shared?: SharedLimits) {
    this.#shared = shared
  }

  /** Takes one from what `who` may still do. @throws RequestError ERR_RATE_LIMITED with the time to wait */
  async take (limit: Limit, who: string, message: string): Promise<void> {
    let own = this.#own.get(limit.name)
    if (!own) this.#own.set(limit.name, own = new RateLimiterMemory({ points: limit.points, duration: limit.duration }))
    try {
      await own.consume(who)
      await this.#shared?.consume(limit, who)
    } catch (limited) {
      const retryAfter = Math.max(1, Math.ceil((limited as RateLimiterRes).msBeforeNext / 1000))
      throw new RequestError('ERR_RATE_LIMITED', message, { retryAfter })
    }
  }
}
