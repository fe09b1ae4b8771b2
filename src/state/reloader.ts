// When a running server looks at its files: after each change that a watch sees, at each poll, and when asked to
// (SIGHUP). Any number of changes or requests close together is one look. A poll reads nothing where nothing looks changed.

import { listPlaces } from './fingerprint.ts'
import { Reload, type ReloadOutcome, type ReloadTarget } from './reload.ts'
import { looksTheSame, readStamps, type Stamps } from './stamps.ts'
import { watchDirectories } from './watch.ts'

export interface FollowOptions<State> extends ReloadTarget<State> {
  /** Seconds from poll to poll. */
  readonly interval: () => number
}

/** Milliseconds in which the changes of one copy or one editor come together. */
const BURST = 100

/** Follows the files from its construction on. The first look comes at once, so that no change during the start is missed. */
export class Reloader<State> {
  readonly #options: FollowOptions<State>
  readonly #reload: Reload<State>
  /** What asked for the next look before the poll; a request wants an answer in the log. */
  #asked: 'change' | 'request' | undefined
  #isRunning = false
  #isClosed = false
  /** Monotonic time of the last look (milliseconds). */
  #started = -Infinity
  /** How everything looked before it was last read; undefined unless that was the state in force. */
  #stamps: Stamps | undefined
  #timer: NodeJS.Timeout | undefined
  #unwatch = (): void => {}

  constructor (options: FollowOptions<State>) {
    this.#options = options
    this.#reload = new Reload(options)
    this.#arm(0)
  }

  /** Asks for a reload now, as SIGHUP does. */
  request (): void {
    this.#ask('request')
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#unwatch()
  }

  #ask (by: 'change' | 'request'): void {
    const isFirst = this.#asked === undefined
    if (isFirst || by === 'request') this.#asked = by
    if (isFirst && !this.#isRunning) this.#arm(Math.max(Math.min(BURST, this.#gap()), this.#started + this.#gap() - performance.now()))
  }

  /** The shortest time between two looks, whatever asks for them: a tenth of the interval (milliseconds). */
  #gap (): number {
    return this.#options.interval() * 100
  }

  #arm (wait: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => { void this.#look() }, wait)
  }

  async #look (): Promise<void> {
    const { log, interval } = this.#options
    const asked = this.#asked
    this.#asked = undefined
    this.#isRunning = true
    this.#started = performance.now()
    const outcome = await this.#find(asked)
    if (outcome === 'same' && asked === 'request') log.info('nothing has changed')
    this.#isRunning = false
    this.#arm(this.#asked === undefined ? interval() * 1000 : this.#gap())
  }

  /** A change or a request is looked at by content; a poll, by the stamps first. */
  async #find (asked: 'change' | 'request' | undefined): Promise<ReloadOutcome> {
    if (asked === undefined && this.#stamps && await looksTheSame(this.#stamps)) return 'same'
    const stamps = await readStamps(await this.#watch())
    const outcome = await this.#reload.run()
    const isTaken = outcome === 'reloaded' || outcome === 'changing'
    const paths = isTaken ? await this.#watch() : stamps.keys() // the next state may be read from elsewhere
    const areInForce = outcome === 'same' || (outcome === 'reloaded' && [...paths].join('\0') === [...stamps.keys()].join('\0'))
    this.#stamps = areInForce ? stamps : undefined
    return outcome
  }

  /**
   * Watches the current directories. The old watch ends only then: nothing is missed in between.
   * @returns everything that is read
   */
  async #watch (): Promise<Iterable<string>> {
    const { watched, paths } = await listPlaces(this.#options.sources())
    const unwatch = watchDirectories(watched, () => { this.#ask('change') })
    this.#unwatch()
    if (this.#isClosed) unwatch()
    else this.#unwatch = unwatch
    return paths
  }
}
