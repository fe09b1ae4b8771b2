// What a server finds due and does only when it stays due for a while, by a clock that cannot be set.

import type { Confirm, Due } from '../keystore/confirmation.ts'

export class HeldDue {
  readonly #monotonic: () => number
  #since = new Map<string, number>()

  /** @param monotonic seconds */
  constructor (monotonic: () => number) {
    this.#monotonic = monotonic
  }

  /**
   * @param due everything that is due now; what is missing has to begin again
   * @param hold seconds; what is urgent does not wait
   * @returns the ids of what has been due for so long
   */
  confirm (due: readonly Due[], hold: number): Set<string> {
    const now = this.#monotonic()
    this.#since = new Map(due.map(({ id }) => [id, this.#since.get(id) ?? now]))
    return new Set(due.filter(({ id, isUrgent }) => isUrgent || now - this.#since.get(id)! >= hold).map(({ id }) => id))
  }

  /** As a confirmation of the keystore's. */
  holding (hold: number): Confirm {
    return async due => this.confirm(due, hold)
  }
}
