// Gauges of what the configured consumers have fetched. Strangers are in none of them: their number would not be bounded.

import { Gauge, type Registry } from 'prom-client'
import { consumersOf } from '../config/consumers.ts'
import type { Config } from '../config/types.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { publishedKeys } from '../core/keys/key-set.ts'
import type { Clock } from '../core/time.ts'
import type { Snapshot } from '../state/snapshot.ts'

interface FetchSources {
  readonly current: () => { readonly config: Pick<Config, 'consumers' | 'sets'>, readonly snapshot: Pick<Snapshot, 'sets'> }
  readonly clock: Clock
  readonly fetches: () => readonly ConsumerFetches[]
}

/** Adds the gauges to a registry. */
export function addFetchMetrics (registry: Registry, { current, clock, fetches }: FetchSources): void {
  const add = (name: string, help: string, measure: (kids: readonly string[], found: ConsumerFetches | undefined) => number): void => {
    registry.registerMetric(new Gauge({
      name,
      help,
      labelNames: ['set', 'consumer'],
      registers: [],
      collect () {
        this.reset()
        const { config, snapshot } = current()
        const known = new Map(fetches().map(one => [`${one.consumer} ${one.set}`, one]))
        for (const [set, keys] of snapshot.sets) {
          const kids = publishedKeys(keys, clock()).map(({ kid }) => kid)
          for (const consumer of consumersOf(set, config)) {
            const value = measure(kids, known.get(`${consumer} ${set}`))
            if (Number.isFinite(value)) this.set({ set, consumer }, value)
          }
        }
      }
    }))
  }
  add('jwksd_consumer_last_fetch_age_seconds', 'Since a consumer last fetched a set; absent before its first fetch', (_kids, found) => clock() - (found?.last ?? NaN))
  add('jwksd_consumer_missing_keys', 'Published keys of a set that a consumer has not fetched',
    (kids, found) => kids.filter(kid => !found?.kids.has(kid)).length)
}
