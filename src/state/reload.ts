// One look at the files of a server: reads, checks and swaps when they have changed. All or nothing: on any fault the
// last good state stays.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Logger } from 'pino'
import { type Fault, FaultsError } from '../core/errors.ts'
import { readFingerprint, type Sources } from './fingerprint.ts'

/** A server as far as a reload is concerned. */
export interface ReloadTarget<State> {
  /** What the state in force was read from. */
  readonly sources: () => Sources
  /** Reads and checks a whole new state. @throws FaultsError */
  readonly load: () => Promise<State>
  readonly swap: (next: State) => void
  /** A reload is refused; called again while the faults stay. */
  readonly failed: (faults: readonly Fault[]) => void
  /** The files are served as they are again. @param how what ended the failure, for the log */
  readonly recovered: (how: string) => void
  readonly log: Logger
}

/** How often a directory that changes while it is read is read again before its content is accepted. */
const ROUNDS = 3
/** One with a fault in it more often: the fault may be of the change only, such as a file that is just replaced. */
const FAULTY_ROUNDS = 10
/** From a read with a fault to the look that shows whether it was of a file that is just written (milliseconds). */
const WRITTEN = 50

type Outcome<T> = { readonly value: T } | { readonly faults: readonly Fault[] }

/** `changing`: reloaded, but the files changed while they were read. */
export type ReloadOutcome = 'same' | 'refused' | 'reloaded' | 'changing'

export class Reload<State> {
  readonly #target: ReloadTarget<State>
  /** Fingerprint of the files in force; undefined before the first look, and when they changed while they were read. */
  #inForce: string | undefined
  #isFirst = true
  #isFailing = false

  constructor (target: ReloadTarget<State>) {
    this.#target = target
  }

  /** Looks at the files and takes them over when they have changed. Throws nothing. */
  async run (): Promise<ReloadOutcome> {
    const { sources, load, swap } = this.#target
    for (let round = 1; ; round++) {
      const before = await readFingerprint(sources())
      if (before === this.#inForce) {
        if (this.#isFailing) this.#settle('the files are again as they were')
        return 'same'
      }
      const read = await this.#attempt(load)
      if ('faults' in read) await sleep(WRITTEN)
      const isStable = before === await readFingerprint(sources())
      if (!isStable && round < ('faults' in read ? FAULTY_ROUNDS : ROUNDS)) continue
      const outcome = 'faults' in read ? read : await this.#attempt(() => swap(read.value))
      if ('faults' in outcome) {
        this.#isFailing = true
        this.#target.failed(outcome.faults)
        return 'refused'
      }
      this.#settle('reloaded')
      this.#inForce = isStable ? before : undefined
      return isStable ? 'reloaded' : 'changing'
    }
  }

  async #attempt<T> (work: () => T | Promise<T>): Promise<Outcome<T>> {
    try {
      return { value: await work() }
    } catch (error) {
      if (error instanceof FaultsError) return { faults: error.faults }
      this.#target.log.error({ err: error }, 'a reload ended unexpectedly')
      return { faults: [{ where: 'reload', problem: 'ended unexpectedly', hint: 'its cause is in the log' }] }
    }
  }

  #settle (message: string): void {
    const { log, recovered } = this.#target
    if (this.#isFailing) recovered(message)
    else if (this.#isFirst) log.debug('following the files')
    else log.info(message)
    this.#isFirst = this.#isFailing = false
  }
}
