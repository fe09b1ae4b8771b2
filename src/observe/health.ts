// What is failing in this server, for /readyz and the log: each part reports the start and the end of a failure here.
// A repeated report of the same failure is not logged again.

import { isDeepStrictEqual } from 'node:util'
import type { Fault } from '../core/errors.ts'
import type { Clock } from '../core/time.ts'
import type { Logger } from './log.ts'

/** Why one part of the work fails, and since when (NumericDate). */
export interface Failure {
  readonly since: number
  readonly faults: readonly Fault[]
}

export class Health {
  readonly #failures = new Map<string, Failure>()
  readonly #log: Logger
  readonly #clock: Clock

  constructor (log: Logger, clock: Clock) {
    this.#log = log
    this.#clock = clock
  }

  /**
   * A part fails, or still fails.
   * @param part member of the /readyz document
   * @param message what that means for the server, for the log
   */
  fail (part: string, faults: readonly Fault[], message: string): void {
    const known = this.#failures.get(part)
    this.#failures.set(part, { since: known?.since ?? this.#clock(), faults })
    if (isDeepStrictEqual(known?.faults, faults)) return
    for (const { where, problem, hint } of faults) this.#log.error({ where, problem, hint }, message)
  }

  /** A part works. @param message for the log, where it failed before */
  recover (part: string, message: string): void {
    if (this.#failures.delete(part)) this.#log.info(message)
  }

  /** Takes over what another process has found, which logs it. */
  copy (part: string, failure: Failure | undefined): void {
    if (failure) this.#failures.set(part, failure)
    else this.#failures.delete(part)
  }

  failure (part: string): Failure | undefined {
    return this.#failures.get(part)
  }

  /** Every part that fails. */
  failures (): ReadonlyMap<string, Failure> {
    return this.#failures
  }
}
