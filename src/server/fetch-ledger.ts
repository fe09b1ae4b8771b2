// Recording of fetches in a server: the process of the public listener counts them, and the main process keeps the ledger.
// Once a second what was counted is handed over.

import type { Config } from '../config/types.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import { addFetchMetrics } from '../observe/fetch-metrics.ts'
import { FetchRecorder } from '../observe/fetch-recorder.ts'
import type { Health } from '../observe/health.ts'
import { Ledger, readLedger } from '../observe/ledger.ts'
import type { Logger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Loaded } from '../state/load.ts'
import type { PublicProcess } from './public-process.ts'

/** From one hand-over to the next (milliseconds). */
const SECOND = 1000

interface FetchLedgerOptions {
  readonly current: () => Loaded
  readonly clock: Clock
  readonly health: Health
  readonly log: Logger
  readonly metrics: Metrics
  /** Serves, and hands what it recorded to this process. */
  readonly publicProcess?: PublicProcess
  /** In that process: hands over what was fetched. */
  readonly sendFetches?: (records: readonly ConsumerFetches[]) => void
}

export class FetchLedger {
  /** Where the public listener records; absent where nothing is recorded, or another process does. */
  readonly recorder: FetchRecorder | undefined
  readonly #ledger: Ledger | undefined
  readonly #config: Config
  readonly #send: FetchLedgerOptions['sendFetches']
  #timer: NodeJS.Timeout | undefined

  constructor ({ current, clock, health, log, metrics, publicProcess, sendFetches }: FetchLedgerOptions) {
    const { listeners, config } = current()
    const keeps = (config.ledger ?? config.redis) !== undefined && listeners !== 'internal'
    this.#config = config
    this.#send = sendFetches
    const kept = this.#ledger = keeps ? new Ledger(config, { clock, health, log }) : undefined
    publicProcess?.onFetched(records => { kept?.add(records) })
    if (kept) addFetchMetrics(metrics.registry, { current, clock, fetches: () => kept.fetches() })
    this.recorder = (kept && !publicProcess) || sendFetches ? new FetchRecorder(() => current().config, clock) : undefined
  }

  async open (): Promise<void> {
    await this.#ledger?.open()
    if (this.#ledger ?? this.recorder) this.#timer = setInterval(() => { this.#handOver() }, SECOND).unref()
  }

  /** What each consumer has fetched. @throws FaultsError when another process keeps the ledger and it cannot be read */
  async fetches (): Promise<readonly ConsumerFetches[]> {
    return this.#ledger?.fetches() ?? await readLedger(this.#config)
  }

  #handOver (): void {
    const taken = this.recorder?.take() ?? []
    if (this.#send && taken.length > 0) this.#send(taken)
    this.#ledger?.add(taken)
  }

  /** After the last request: saves what is left. */
  async close (): Promise<void> {
    clearInterval(this.#timer)
    this.#handOver()
    await this.#ledger?.close()
  }
}
