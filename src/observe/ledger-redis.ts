// The ledger in Redis, shared by all replicas: a hash with one field for each consumer and set. Changes are joined by
// optimistic locking (WATCH, MULTI), so that no replica overwrites what another has recorded.

import type { Redis } from 'ioredis'
import { FaultsError } from '../core/errors.ts'
import { type ConsumerFetches, mergeFetches, readFetches, writeFetches } from '../core/keys/fetches.ts'
import { explainRedis, makeRedis } from './redis.ts'

/** In Redis Cluster all of these are in one slot. */
const KEY = '{jwksd}:ledger'
/** A batch that was sent and whose answer was lost is known for so long (seconds). */
const BATCH_LASTS = 3600
/** Tries before another replica's changes are waited for. */
const TRIES = 5

/** What is added at once; its id makes a second try harmless. */
export interface Batch { readonly id: string, readonly records: readonly ConsumerFetches[] }

const fieldOf = ({ consumer, set }: ConsumerFetches): string => `${consumer} ${set}`

/** What another program has put there is left out. */
function parseField (text: string): ConsumerFetches[] {
  try {
    return [readFetches(JSON.parse(text))]
  } catch {
    return []
  }
}

export class RedisLedger {
  readonly #url: URL
  #client: Redis | undefined

  constructor (url: URL) {
    this.#url = url
  }

  /**
   * Adds a batch, and gives what all replicas have recorded.
   * @param now NumericDate (seconds)
   * @throws FaultsError when Redis does not answer in time
   */
  async exchange (batch: Batch, now: number): Promise<readonly ConsumerFetches[]> {
    try {
      const client = this.#client ??= await this.#connect()
      for (let i = 0; i < TRIES; i++) {
        const merged = await tryExchange(client, batch, now)
        if (merged) return merged
      }
      throw new Error('other replicas write at the same time')
    } catch (error) {
      this.close() // a late answer must not meet the next command
      throw new FaultsError([explainRedis(this.#url, error as Error, 'each replica knows only its own fetches')])
    }
  }

  close (): void {
    this.#client?.disconnect()
    this.#client = undefined
  }

  async #connect (): Promise<Redis> {
    const client = await makeRedis(this.#url, { retryStrategy: () => null })
    await client.connect()
    return client
  }
}

/** @returns undefined when another replica was faster */
async function tryExchange (client: Redis, { id, records }: Batch, now: number): Promise<readonly ConsumerFetches[] | undefined> {
  const batchKey = `${KEY}:${id}`
  if (records.length === 0) return Object.values(await client.hgetall(KEY)).flatMap(parseField)
  await client.watch(KEY)
  const [stored, isDone] = await Promise.all([client.hgetall(KEY), client.exists(batchKey)])
  const known = Object.values(stored).flatMap(parseField)
  const merged = mergeFetches(known, isDone === 1 ? [] : records, now)
  const next = new Map(merged.map(one => [fieldOf(one), JSON.stringify(writeFetches(one))]))
  const changed = [...next].filter(([field, text]) => stored[field] !== text)
  const gone = Object.keys(stored).filter(field => !next.has(field))
  const transaction = client.multi().set(batchKey, '1', 'EX', BATCH_LASTS)
  if (changed.length > 0) transaction.hset(KEY, ...changed.flat())
  if (gone.length > 0) transaction.hdel(KEY, ...gone)
  return await transaction.exec() ? merged : undefined
}

/** What all replicas have recorded. @throws FaultsError when Redis does not answer in time */
export async function readRedis (url: URL): Promise<readonly ConsumerFetches[]> {
  const redis = new RedisLedger(url)
  try {
    return await redis.exchange({ id: '', records: [] }, 0)
  } finally {
    redis.close()
  }
}
