// The server's time: the wall clock, as long as it agrees with the monotonic clock. A step stops signing until the clock is
// steady again; meanwhile time continues from where it was, and neither tokens nor key dates jump.

import { RequestError } from '../core/errors.ts'
import type { Health } from '../observe/health.ts'

/** Where time comes from; both in seconds with fractions. */
export interface TimeSources {
  /** Since 1970-01-01T00:00:00Z. */
  readonly wall: () => number
  /** Since any moment; never steps. */
  readonly monotonic: () => number
}

/** The clocks of this machine. */
export const SYSTEM_TIME: TimeSources = { wall: () => Date.now() / 1000, monotonic: () => performance.now() / 1000 }

/** The largest correction at once that is normal under NTP (seconds). */
const STEP = 2
/** A clock that has returned to its old time is trusted after this time (seconds). */
const RETURNED = 5
/** A clock that stays at its new time is trusted after this time: it may have been wrong before (seconds). */
const SETTLED = 30

export class SteadyClock {
  readonly #sources: TimeSources
  #health: Health | undefined
  /** How far the wall clock is ahead of the monotonic clock, as far as it is trusted. */
  #offset: number
  /** Where the wall clock has stepped to, and since when (monotonic). */
  #step: { offset: number, since: number } | undefined

  constructor (sources: TimeSources = SYSTEM_TIME) {
    this.#sources = sources
    this.#offset = sources.wall() - sources.monotonic()
  }

  /** Reports each step and its end from now on. */
  reportTo (health: Health): void {
    this.#health = health
  }

  /** NumericDate (whole seconds). Looks at both clocks. */
  now (): number {
    const monotonic = this.#look()
    return Math.floor(monotonic + this.#offset)
  }

  /** Looks at both clocks. @throws RequestError ERR_CLOCK while the wall clock is not steady */
  requireSteady (): void {
    const monotonic = this.#look()
    if (!this.#step) return
    throw new RequestError('ERR_CLOCK', 'the clock of this machine has stepped, so nothing is signed until it is steady', {
      retryAfter: Math.ceil(this.#step.since + this.#wait(this.#step.offset) - monotonic)
    })
  }

  #look (): number {
    const { wall, monotonic } = this.#sources
    const now = monotonic()
    const offset = wall() - now
    const expected = this.#step?.offset ?? this.#offset
    if (Math.abs(offset - expected) > STEP) this.#begin(offset, now)
    else if (!this.#step) this.#offset = offset
    else if (now - this.#step.since >= this.#wait(this.#step.offset)) this.#end(offset)
    return now
  }

  #wait (offset: number): number {
    return Math.abs(offset - this.#offset) > STEP ? SETTLED : RETURNED
  }

  #begin (offset: number, now: number): void {
    this.#step = { offset, since: now }
    const ahead = Math.round(offset - this.#offset)
    const problem = Math.abs(ahead) <= STEP ? 'has just come back from a step' : `has stepped ${Math.abs(ahead)} s ${ahead > 0 ? 'ahead' : 'back'}`
    this.#health?.fail('clock', [{ where: 'clock', problem, hint: 'look at the time service of this machine (chronyc tracking, timedatectl)' }],
      'nothing is signed until the clock is steady')
  }

  #end (offset: number): void {
    this.#offset = offset
    this.#step = undefined
    this.#health?.recover('clock', 'the clock is steady again')
  }
}
