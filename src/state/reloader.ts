// Reload while serving: watch, poll and SIGHUP → read → check → swap one reference. All or nothing: on any fault the
// last good state stays and the fault is told. Bursts become one reload.

import { type Fault, FaultsError } from '../core/errors.ts'
import type { Logger } from 'pino'
import { listWatched, readFingerprint, type Sources } from './fingerprint.ts'
import { watchDirectories } from './watch.ts'

/** Why the files are not served as they are, and since when (NumericDate). */
export interface ReloadFailure {
  readonly since: number
  readonly faults: readonly Fault[]
}

interface Parts<State> {
  /** What the state in force was read from. */
  readonly sources: () => Sources
  /** Reads and checks a whole new state. @throws FaultsError */
  readonly load: () => Promise<State>
  readonly swap: (next: State) => void
  /** Tells of a failure, and with undefined of its end. */
  readonly report: (failure: ReloadFailure | undefined) => void
  /** Seconds from poll to poll. */
  readonly interval: () => number
  /** NumericDate (seconds). */
  readonly clock: () => number
  readonly log: Logger
}

export interface Reloader {
  /** Asks for a reload now, as SIGHUP does; any number of calls together is one reload. */
  readonly request: () => void
  readonly close: () => void
}

/** Milliseconds in which the changes of one copy or one editor come together. */
const BURST = 100
/** A directory that changes while it is read is read again so many times before it is taken as it is. */
const ROUNDS = 3
/** One with a fault in it more often: the fault may be of the change alone, such as a file that is just replaced. */
const FAULTY_ROUNDS = 10

/** Starts watching. The first look follows at once, so that nothing is missed that changed during the start. */
export function startReloader<State> (parts: Parts<State>): Reloader {
  const { sources, interval, log } = parts
  const check = makeCheck(parts)
  let [running, asked, bySignal, closed] = [false, false, false, false]
  let started = -Infinity
  let timer: NodeJS.Timeout
  let unwatch = (): void => {}

  /** At most ten reloads in an interval, whoever asks. */
  const gap = (): number => interval() * 100
  const arm = (wait: number): void => {
    clearTimeout(timer)
    if (!closed) timer = setTimeout(() => { void run() }, wait)
  }
  const ask = (): void => {
    if (asked) return
    asked = true
    if (!running) arm(Math.max(Math.min(BURST, gap()), started + gap() - performance.now()))
  }
  const watchAgain = async (): Promise<void> => {
    const end = watchDirectories(await listWatched(sources()), ask)
    unwatch()
    if (closed) end()
    else unwatch = end
  }
  const run = async (): Promise<void> => {
    running = true
    const answers = bySignal
    asked = bySignal = false
    started = performance.now()
    await watchAgain()
    const outcome = await check()
    if (outcome === 'reloaded') await watchAgain()
    if (outcome === 'same' && answers) log.info('nothing has changed')
    running = false
    arm(asked ? gap() : interval() * 1000)
  }

  arm(0)
  return {
    request: () => {
      bySignal = true
      ask()
    },
    close: () => {
      closed = true
      clearTimeout(timer)
      unwatch()
    }
  }
}

type Outcome<T> = { readonly value: T } | { readonly faults: readonly Fault[] }

/** @returns what looks at the sources once and reloads where they changed */
function makeCheck<State> ({ sources, load, swap, report, clock, log }: Parts<State>): () => Promise<'same' | 'refused' | 'reloaded'> {
  let inForce: string | undefined
  let told = ''
  let since: number | undefined

  const attempt = async <T>(work: () => T | Promise<T>): Promise<Outcome<T>> => {
    try {
      return { value: await work() }
    } catch (error) {
      if (error instanceof FaultsError) return { faults: error.faults }
      log.error({ err: error }, 'a reload ended unexpectedly')
      return { faults: [{ where: 'reload', problem: 'ended unexpectedly', hint: 'its cause is in the log' }] }
    }
  }
  const settle = (message: string): void => {
    if (inForce === undefined && since === undefined) log.debug('following the files')
    else log.info(message)
    since = undefined
    told = ''
    report(undefined)
  }
  const tell = (faults: readonly Fault[]): void => {
    since ??= clock()
    report({ since, faults })
    const text = JSON.stringify(faults)
    if (text === told) return
    told = text
    for (const { where, problem, hint } of faults) {
      log.error({ where, problem, hint }, 'reload refused, the last good state stays')
    }
  }

  return async () => {
    for (let round = 1; ; round++) {
      const before = await readFingerprint(sources())
      if (before === inForce) {
        if (since !== undefined) settle('the files are again as they were')
        return 'same'
      }
      const read = await attempt(load)
      const isStable = before === await readFingerprint(sources())
      if (!isStable && round < ('faults' in read ? FAULTY_ROUNDS : ROUNDS)) continue
      const outcome = 'faults' in read ? read : await attempt(() => swap(read.value))
      if ('faults' in outcome) {
        tell(outcome.faults)
        return 'refused'
      }
      settle('reloaded')
      inForce = isStable ? before : ''
      return 'reloaded'
    }
  }
}
