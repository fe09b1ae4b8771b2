// Reports profiles that cannot sign, before somebody requests a token: after each change of the keys, and when keys
// change state by the clock.

import { nextTransition } from '../core/keys/key-set.ts'
import type { Clock } from '../core/time.ts'
import type { Health } from '../observe/health.ts'
import { findUnsigned } from '../state/continuity.ts'
import type { Snapshot } from '../state/snapshot.ts'

/** Interval between checks of the clock (milliseconds); they also notice a clock step. */
const TICK = 1000

interface SigningWatchOptions {
  readonly current: () => Snapshot
  readonly clock: Clock
  readonly health: Health
}

/** Checks from its construction on. */
export class SigningWatch {
  readonly #options: SigningWatchOptions
  readonly #ticking: NodeJS.Timeout
  /** When a key next changes its state (NumericDate). */
  #transition = -Infinity

  constructor (options: SigningWatchOptions) {
    this.#options = options
    this.check()
    this.#ticking = setInterval(() => { if (options.clock() >= this.#transition) this.check() }, TICK)
  }

  close (): void {
    clearInterval(this.#ticking)
  }

  check (): void {
    const { current, clock, health } = this.#options
    const [snapshot, now] = [current(), clock()]
    const faults = findUnsigned(snapshot, now)
    if (faults.length > 0) health.fail('keys', faults, 'profiles cannot sign')
    else health.recover('keys', 'every profile can sign again')
    this.#transition = Math.min(...[...snapshot.sets.values()].map(set => nextTransition(set, now)))
  }
}
