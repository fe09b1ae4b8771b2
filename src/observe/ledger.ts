// The ledger: what consumers have fetched, kept across restarts. A record that is lost only makes a gate wait, so serving
// never waits for the ledger; a damaged file is set aside.

import type { Config } from '../config/types.ts'
import type { FaultsError } from '../core/errors.ts'
import { type ConsumerFetches, mergeFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import type { Health } from './health.ts'
import { readLedgerFile, setAsideLedger, sweepLedger, writeLedgerFile } from './ledger-file.ts'
import type { Logger } from './log.ts'

type LedgerConfig = Partial<Pick<Config, 'ledger' | 'redis'>>

/**
 * What each consumer has fetched, sorted by consumer and set. Empty where nothing is recorded.
 * @throws FaultsError when the record cannot be read: a gate must wait then
 */
export async function readLedger ({ ledger }: LedgerConfig): Promise<readonly ConsumerFetches[]> {
  return ledger ? await readLedgerFile(ledger.file) : []
}

interface LedgerOptions {
  readonly clock: Clock
  readonly health: Health
  readonly log: Logger
}

export class Ledger {
  readonly #file: string
  readonly #options: LedgerOptions
  #fetches: readonly ConsumerFetches[] = []
  #isSaved = true
  #saving: Promise<void> | undefined

  constructor ({ ledger }: { ledger: NonNullable<Config['ledger']> }, options: LedgerOptions) {
    this.#file = ledger.file
    this.#options = options
  }

  /** Reads what was recorded before. A file that cannot be read is no reason not to serve. */
  async open (): Promise<void> {
    const file = this.#file
    await sweepLedger(file)
    this.#fetches = await readLedgerFile(file).catch(async (error: FaultsError) => {
      const { problem } = error.faults[0]!
      const aside = await setAsideLedger(file, this.#options.clock()).catch(() => undefined)
      this.#options.log.warn({ where: file, problem, aside }, 'the ledger begins again: gates wait for the next fetch of each consumer')
      return []
    })
  }

  /** What each consumer has fetched, sorted by consumer and set. */
  fetches (): readonly ConsumerFetches[] {
    return this.#fetches
  }

  /** Adds what was fetched, and saves it, or what could not be saved before. The caller calls this once a second. */
  add (records: readonly ConsumerFetches[]): void {
    if (records.length > 0) {
      this.#fetches = mergeFetches(this.#fetches, records, this.#options.clock())
      this.#isSaved = false
    }
    if (!this.#isSaved) this.#saving ??= this.#save().finally(() => { this.#saving = undefined })
  }

  /** Resolves when everything is saved, or cannot be. */
  async close (): Promise<void> {
    await this.#saving
    this.add([])
    await this.#saving
  }

  async #save (): Promise<void> {
    const { health } = this.#options
    const file = this.#file
    this.#isSaved = true
    try {
      await writeLedgerFile(file, this.#fetches)
      health.recover('ledger', 'the ledger is written again')
    } catch (error) {
      this.#isSaved = false
      const problem = `cannot be written (${(error as NodeJS.ErrnoException).code})`
      health.fail('ledger', [{ where: file, problem, hint: 'look at the owner of its directory and at the space on its disk' }],
        'fetches are recorded in memory only: gates of other processes wait')
    }
  }
}
