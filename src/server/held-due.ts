// Steps that a server finds due and takes only when they stay due for a while, by the monotonic clock.

import type { Confirm, Due } from '../keystore/confirmation.ts'

export class HeldDue {
  readonly #monotonic: () => number
  #since = new Map<string, number>()

  /** @param monotonic seconds */
  constructor (monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /**
   * @param due everything that is due now; a step that is missing starts again from zero
   * @param hold seconds; urgent steps do not wait
   * @returns the ids of the steps that have been due for that long
   */
  confirm (due: readonly Due[], hold: number): Set<string> {
    const now = this.#monotonic()
    this.#since = new Map(due.map(({ id }) => [id, this.#since.get(id) ?? now]))
    return new Set(due.filter(({ id, isUrgent }) => isUrgent || now - this.#since.get(id)! >= hold).map(({ id }) => id))
  }

  /** As a `Confirm` function of the keystore. */
  holding (hold: number): Confirm {
    return async due => this.confirm(due, hold)
  }
}
