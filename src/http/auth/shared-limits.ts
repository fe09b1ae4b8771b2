// Limits that all replicas share, counted in Redis. It holds names of clients and addresses of callers that failed to
// authenticate, never a credential, and every key expires. While Redis does not answer in time nothing is counted here: the
// replica's own count (limits.ts) is in force at all times.

import type { Redis } from 'ioredis'
import { RateLimiterRedis, RateLimiterRes } from 'rate-limiter-flexible'
import { explainRedis, makeRedis } from '../../observe/redis.ts'
import type { Health } from '../../observe/health.ts'

/** How long a request waits for Redis, so that with everything else it is delayed by less than 50 (milliseconds). */
const PATIENCE = 40
/** From the end of a connection to the next try, and between tries of an outage (milliseconds). */
const [FIRST_RETRY, RETRY] = [50, 500]
const PART = 'limits'

/** At most `points` in `duration` (seconds) for each caller. */
export interface Limit { readonly name: string, readonly points: number, readonly duration: number }

/** Asked after each connection: whether Redis counts, and in time. */
const PROBE: Limit = { name: 'probe', points: 1, duration: 1 }

export class SharedLimits {
  readonly #url: URL
  readonly #health: Health
  readonly #patience: number
  readonly #limiters = new Map<string, RateLimiterRedis>()
  #client: Redis | undefined
  #isAnswering = false
  /** Why the last connection failed. */
  #problem = new Error('the connection was closed')

  /** @param patience how long a request waits for Redis (milliseconds) */
  constructor (url: URL, health: Health, patience = PATIENCE) {
    this.#url = url
    this.#health = health
    this.#patience = patience
  }

  /** Connects, and from now on again whenever the connection is lost. Resolves before there is one: no start waits for Redis. */
  async open (): Promise<void> {
    const client = this.#client = await makeRedis(this.#url, {
      disconnectTimeout: FIRST_RETRY,
      enableOfflineQueue: false,
      autoResendUnfulfilledCommands: false,
      retryStrategy: tries => {
        if (tries > 1) this.#fail(this.#problem)
        return this.#health.failure(PART) ? RETRY : FIRST_RETRY
      }
    })
    client.on('error', error => { this.#problem = error })
    client.on('close', () => { this.#isAnswering = false })
    client.on('ready', () => { void this.#probe(client) })
    client.connect().catch(() => {}) // the listeners know
  }

  close (): void {
    this.#client?.disconnect()
  }

  /** Counts one of `who`. Resolves within the limit, and where Redis does not answer in time. @throws RateLimiterRes beyond the limit */
  async consume (limit: Limit, who: string): Promise<void> {
    const client = this.#client
    if (!client || !this.#isAnswering) return
    try {
      await inTime(this.#limiter(client, limit).consume(who), this.#patience)
    } catch (problem) {
      if (problem instanceof RateLimiterRes) throw problem
      if (this.#isAnswering) this.#reconnect(client, problem as Error)
    }
  }

  async #probe (client: Redis): Promise<void> {
    try {
      await inTime(this.#limiter(client, PROBE).penalty('write'), this.#patience)
      this.#isAnswering = true
      this.#health.recover(PART, 'limits are shared again')
    } catch (problem) {
      if (client.status === 'ready') this.#reconnect(client, problem as Error)
    }
  }

  #limiter (storeClient: Redis, { name, ...limit }: Limit): RateLimiterRedis {
    let limiter = this.#limiters.get(name)
    if (!limiter) this.#limiters.set(name, limiter = new RateLimiterRedis({ ...limit, storeClient, keyPrefix: `{jwksd}:${name}` }))
    return limiter
  }

  /** Also where it refuses a command: after a failover the name may mean another server. */
  #reconnect (client: Redis, problem: Error): void {
    this.#isAnswering = false
    this.#fail(problem)
    client.disconnect(true)
  }

  #fail (problem: Error): void {
    this.#health.fail(PART, [explainRedis(this.#url, problem, 'each replica counts for itself')],
      'limits are counted by each replica for itself until Redis answers')
  }
}

/** After a stall of this process the answer may have arrived: it is read before time is up. */
async function inTime (answer: Promise<unknown>, patience: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise((_resolve, reject) => {
    timer = setTimeout(() => setImmediate(reject, new Error('Command timed out')), patience)
  })
  await Promise.race([answer, late]).finally(() => { clearTimeout(timer) })
}
