// Looks at the public URLs while a key waits to be seen there, each reload interval. The rotation and the page ask what was seen.

import type { Config } from '../config/types.ts'
import { type ConsumerFetches, mergeFetches } from '../core/keys/fetches.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import type { Clock } from '../core/time.ts'
import type { Snapshot } from '../state/snapshot.ts'

interface PublicationWatchOptions {
  readonly current: () => { readonly config: Pick<Config, 'publish' | 'reload'>, readonly snapshot: Pick<Snapshot, 'sets'> }
  readonly clock: Clock
}

export class PublicationWatch {
  readonly #options: PublicationWatchOptions
  #fetches: readonly ConsumerFetches[] = []
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor (options: PublicationWatchOptions) {
    this.#options = options
    this.#arm()
  }

  /** The last look at each URL; empty while no key waits. */
  fetches (): readonly ConsumerFetches[] {
    return this.#fetches
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #arm (): void {
    const { reload } = this.#options.current().config
    if (!this.#isClosed) this.#timer = setTimeout(() => { void this.#look() }, reload.interval * 1000).unref()
  }

  async #look (): Promise<void> {
    const { current, clock } = this.#options
    const { config: { publish }, snapshot } = current()
    // The process of the public listener has no such configuration: the main process looks.
    const waiting = publish?.verify ? [...snapshot.sets.values()].filter(({ keys }) => keys.some(({ held }) => held)) : []
    const now = clock()
    this.#fetches = waiting.length > 0 ? mergeFetches(this.#fetches, await look(waiting, now), now) : []
    this.#arm()
  }
}

/** What looks is loaded with the first key that waits: most servers never need it. */
async function look (sets: readonly KeySet[], now: number): Promise<ConsumerFetches[]> {
  const { fetchPublicUrls } = await import('../doctor/public-urls.ts')
  return await fetchPublicUrls(sets, now)
}
