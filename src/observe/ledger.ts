// The ledger: what consumers have fetched, kept across restarts, in a file or shared with other replicas in Redis. A record
// that is lost only makes a gate wait, so serving never waits for the ledger; a damaged file is set aside.

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import type { Config } from '../config/types.ts'
import type { FaultsError } from '../core/errors.ts'
import { type ConsumerFetches, mergeFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import type { Health } from './health.ts'
import { readLedgerFile, setAsideLedger, sweepLedger, writeLedgerFile } from './ledger-file.ts'
import { type Batch, readRedis, RedisLedger } from './ledger-redis.ts'
import type { Logger } from './log.ts'

type LedgerConfig = Partial<Pick<Config, 'ledger' | 'redis'>>

/**
 * What each consumer has fetched, sorted by consumer and set: from Redis where that is configured, else from the file. Empty
 * where nothing is recorded.
 * @throws FaultsError when the record cannot be read: a gate must wait then
 */
export async function readLedger ({ ledger, redis }: LedgerConfig): Promise<readonly ConsumerFetches[]> {
  if (redis) return await readRedis(redis.url)
  return ledger ? await readLedgerFile(ledger.file) : []
}

interface LedgerOptions {
  readonly clock: Clock
  readonly health: Health
  readonly log: Logger
}

export class Ledger {
  readonly #file: string | undefined
  readonly #redis: RedisLedger | undefined
  readonly #options: LedgerOptions
  #fetches: readonly ConsumerFetches[] = []
  /** Not in the file yet. */
  #isChanged = false
  /** Not in Redis yet. */
  #pending: readonly ConsumerFetches[] = []
  /** Sent to Redis; whether it arrived is not known. */
  #batch: Batch | undefined
  #saving: Promise<void> | undefined

  constructor ({ ledger, redis }: LedgerConfig, options: LedgerOptions) {
    this.#file = ledger?.file
    this.#redis = redis && new RedisLedger(redis.url)
    this.#options = options
  }

  /** Reads what was recorded before. A file that cannot be read is no reason not to serve; Redis is asked later. */
  async open (): Promise<void> {
    const file = this.#file
    if (file === undefined) return
    await sweepLedger(file)
    this.#fetches = await readLedgerFile(file).catch(async (error: FaultsError) => {
      const { problem } = error.faults[0]!
      const aside = await setAsideLedger(file, this.#options.clock()).catch(() => undefined)
      this.#options.log.warn({ where: file, problem, aside }, 'the ledger begins again: gates wait for the next fetch of each consumer')
      return []
    })
    // What was fetched before a restart during an outage is not in Redis yet; what is there already changes nothing.
    if (this.#redis) this.#pending = this.#fetches.map(one => ({ ...one, count: 0 }))
  }

  /** What each consumer has fetched, sorted by consumer and set. */
  fetches (): readonly ConsumerFetches[] {
    return this.#fetches
  }

  /** Adds what was fetched, and saves it, or what could not be saved before. The caller calls this once a second. */
  add (records: readonly ConsumerFetches[]): void {
    const now = this.#options.clock()
    if (records.length > 0) {
      this.#fetches = mergeFetches(this.#fetches, records, now)
      this.#isChanged = true
      if (this.#redis) this.#pending = mergeFetches(this.#pending, records, now)
    }
    this.#saving ??= this.#save().finally(() => { this.#saving = undefined })
  }

  /** Resolves when everything is saved, or cannot be. */
  async close (): Promise<void> {
    await this.#saving
    this.add([])
    await this.#saving
    this.#redis?.close()
  }

  async #save (): Promise<void> {
    if (this.#redis) await this.#exchange(this.#redis)
    if (this.#file !== undefined && this.#isChanged) await this.#write(this.#file)
  }

  async #write (file: string): Promise<void> {
    const { health } = this.#options
    this.#isChanged = false
    try {
      await writeLedgerFile(file, this.#fetches)
      health.recover('ledger', 'the ledger is written again')
    } catch (error) {
      this.#isChanged = true
      const problem = `cannot be written (${(error as NodeJS.ErrnoException).code})`
      health.fail('ledger', [{ where: file, problem, hint: 'look at the owner of its directory and at the space on its disk' }],
        'fetches are recorded in memory only: gates of other processes wait')
    }
  }

  async #exchange (redis: RedisLedger): Promise<void> {
    const { health, clock } = this.#options
    if (!this.#batch) {
      this.#batch = { id: randomUUID(), records: this.#pending }
      this.#pending = []
    }
    try {
      const shared = await redis.exchange(this.#batch, clock())
      this.#batch = undefined
      const next = mergeFetches(shared, this.#pending, clock())
      this.#isChanged ||= !isDeepStrictEqual(next, this.#fetches)
      this.#fetches = next
      health.recover('redis', 'the ledger is shared again')
    } catch (error) {
      health.fail('redis', (error as FaultsError).faults, 'fetches are recorded by each replica for itself until Redis answers')
    }
  }
}
