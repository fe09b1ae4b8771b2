// Refusals wait while the event loop is busy. A refusal costs hardly less than an answer, and callers that retry refused
// requests at once would otherwise starve the others.

import { performance } from 'node:perf_hooks'

/** Part of the time in which the event loop has work to do; above, refusals wait longer. */
const BUSY = 0.8
/** Milliseconds. */
const EVERY = 100
const [LEAST, MOST] = [8, 2000]

/** The part of the time since the last call in which this process's event loop was busy. */
function measureLoop (): () => number {
  let last = performance.eventLoopUtilization()
  return () => {
    const now = performance.eventLoopUtilization()
    const { utilization } = performance.eventLoopUtilization(now, last)
    last = now
    return utilization
  }
}

export class RefusalDelay {
  readonly #utilization: () => number
  readonly #now: () => number
  #delay = 0
  #looked: number

  /** @param sources of the time (milliseconds) and of the load, from 0 to 1 since the last look */
  constructor ({ utilization = measureLoop(), now = () => performance.now() } = {}) {
    this.#utilization = utilization
    this.#now = now
    this.#looked = now()
  }

  /** How long the next refusal waits (milliseconds); 0 on an idle server. */
  next (): number {
    const since = this.#now() - this.#looked
    if (since < EVERY) return this.#delay
    this.#looked += since
    if (this.#utilization() > BUSY) this.#delay = Math.min(MOST, Math.max(LEAST, this.#delay * 2))
    else this.#delay = this.#delay <= LEAST ? 0 : this.#delay * 0.8
    return this.#delay
  }
}
