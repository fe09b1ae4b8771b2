// Keeps a directory of published files in step with the state in force: at the start, at each reload, and whenever a key's
// state or the age of its caches changes. What cannot be written is reported and tried again.

import type { Logger } from 'pino'
import type { FaultsError } from '../core/errors.ts'
import type { Clock } from '../core/time.ts'
import { type PublishedFile, publishedFiles } from '../http/published-files.ts'
import type { Health } from '../observe/health.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Loaded } from '../state/load.ts'
import { findOrphans, writePublished } from './published-directory.ts'

interface PublisherOptions {
  readonly current: () => Pick<Loaded, 'config' | 'snapshot'>
  readonly clock: Clock
  readonly health: Health
  readonly metrics: Pick<Metrics, 'filesPublished'>
  readonly log: Logger
}

/** Timers hold 24 days at most; the clock may have been corrected meanwhile (seconds). */
const LONGEST_WAIT = 3600

export class Publisher {
  readonly #options: PublisherOptions
  readonly #orphans = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  /** One run after the other. */
  #running = Promise.resolve()
  #isClosed = false

  constructor (options: PublisherOptions) {
    this.#options = options
  }

  /** Writes what has changed, where a directory is configured. @returns when that is done, or has failed; throws nothing */
  async update (): Promise<void> {
    this.#running = this.#running.then(async () => { await this.#run() })
    await this.#running
  }

  async close (): Promise<void> {
    this.#isClosed = true
    clearTimeout(this.#timer)
    await this.#running
  }

  async #run (): Promise<void> {
    const { current, clock, health, metrics, log } = this.#options
    const { config: { publish, reload }, snapshot } = current()
    clearTimeout(this.#timer)
    if (this.#isClosed || publish?.directory === undefined) return health.recover('publish', 'no files are published any more')
    const now = clock()
    const { files, until } = publishedFiles(snapshot, now)
    let wait = Math.min(until - now, LONGEST_WAIT)
    try {
      const written = await writePublished(publish.directory, files)
      metrics.filesPublished('written', written.size)
      if (written.size > 0) log.info({ directory: publish.directory, files: [...written] }, 'published')
      await this.#reportOrphans(publish.directory, files)
      health.recover('publish', 'the published files are written again')
    } catch (error) {
      const { faults } = error as FaultsError
      metrics.filesPublished('failed', faults.length)
      health.fail('publish', faults, 'the published files stay as they are')
      wait = reload.interval
    }
    if (!this.#isClosed) this.#timer = setTimeout(() => { void this.update() }, wait * 1000).unref()
  }

  async #reportOrphans (directory: string, files: readonly PublishedFile[]): Promise<void> {
    for (const file of await findOrphans(directory, files)) {
      if (!this.#orphans.has(file)) this.#options.log.warn({ file }, 'belongs to no set of this configuration, and stays as it is: remove it if no vendor needs it')
      this.#orphans.add(file)
    }
  }
}
