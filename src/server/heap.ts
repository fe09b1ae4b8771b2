// What V8 may take of the memory. Loaded before anything else: while a configuration is read, the young generation keeps its first
// size, since what a large one leaves would make the process twice as large for as long as it runs.

import { PerformanceObserver } from 'node:perf_hooks'
import { getHeapSpaceStatistics, setFlagsFromString } from 'node:v8'

/** Each with the first major version of Node that knows it: V8 complains of others. */
const FLAGS = [
  { flag: '--semi-space-growth-factor=1', since: 20 },
  // Memory that one thread of the compiler takes and another frees is not used again by malloc: 25 MB.
  { flag: '--no-maglev-destroy-on-background', since: 22 }
]

const major = Number.parseInt(process.versions.node)
setFlagsFromString(FLAGS.filter(({ since }) => since <= major).map(({ flag }) => flag).join(' '))

/** Both halves of the young generation (bytes). */
const GROWN = 16 * 1024 * 1024

/**
 * For the requests that come now the young generation may grow, once: with its first size a token costs 7 % more, a new connection
 * 25 %. V8 would go on, to eight times this size within 50,000 tokens: 2 to 5 % less for a token, and 100 MB more. After some seconds
 * without requests V8 makes it small again; then it may grow again.
 */
export function letHeapGrow (): void {
  let growth = 1
  const allow = (): void => {
    const young = getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space')!
    const next = young.space_size < GROWN ? 8 : 1
    if (next !== growth) setFlagsFromString(`--semi-space-growth-factor=${next}`)
    growth = next
  }
  allow()
  new PerformanceObserver(allow).observe({ entryTypes: ['gc'] })
}
