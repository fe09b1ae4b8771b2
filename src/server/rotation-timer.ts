// Automatic rotation for one machine: the server takes the steps of `jwksd rotate` itself for sets that say
// `rotation: { every: … }`. Looks at the keys in memory; touches files only when a step has been due for a while.

import type { Environment } from '../config/types.ts'
import { FaultsError } from '../core/errors.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { earliestOf } from '../core/keys/gate.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import type { Step } from '../core/keys/rotation.ts'
import { formatTime, type Clock } from '../core/time.ts'
import { directoryOf } from '../keystore/key-sets.ts'
import { handoversOf, planSet } from '../keystore/plan.ts'
import { explainErrors, rotateSet, sweepingOf, toDue } from '../keystore/rotate.ts'
import { listSweepable } from '../keystore/set-aside.ts'
import type { Health } from '../observe/health.ts'
import type { Logger } from '../observe/log.ts'
import type { Loaded } from '../state/load.ts'
import { HeldDue } from './held-due.ts'

interface RotationTimerOptions {
  /** The state in force. */
  readonly current: () => Pick<Loaded, 'config' | 'snapshot'>
  /** What the ledger says, for sets with a gate. */
  readonly fetches: () => Promise<readonly ConsumerFetches[]>
  readonly health: Health
  readonly env: Environment
  readonly clock: Clock
  /** Seconds. */
  readonly monotonic: () => number
  readonly log: Logger
}

/** What the parts of /readyz that this timer reports begin with; the name of the set follows. */
const PART = 'rotation of '

/** A step waits until it has been due for this long: a clock that is wrong for a while changes nothing (seconds). */
const LONGEST_HOLD = 6 * 3600

/** Shorter for a set whose times are short. */
function holdOf ({ retire }: KeySet): number {
  return Math.min(LONGEST_HOLD, retire / 4)
}

/** Takes the steps that are due, each reload interval from its construction on. The reload then serves what was written. */
export class RotationTimer {
  readonly #options: RotationTimerOptions
  readonly #held = new Map<string, HeldDue>()
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  constructor (options: RotationTimerOptions) {
    this.#options = options
    this.#arm()
  }

  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  #arm (): void {
    if (!this.#isClosed) this.#timer = setTimeout(() => { void this.#run() }, this.#options.current().config.reload.interval * 1000)
  }

  async #run (): Promise<void> {
    const { current, health, log } = this.#options
    this.#forgetUnscheduled()
    // The current state may differ from the files, or the time may be wrong.
    const isUnsure = health.failure('reload') !== undefined || health.failure('clock') !== undefined
    for (const [name, { rotation }] of isUnsure ? [] : current().config.sets) {
      if (!rotation) continue
      const part = PART + name
      try {
        await this.#rotate(name)
        health.recover(part, `the set ${name} is rotated again`)
      } catch (error) {
        if (!(error instanceof FaultsError)) log.error({ err: error, set: name }, 'a rotation ended unexpectedly')
        const faults = error instanceof FaultsError ? error.faults : [{ where: name, problem: 'its rotation ended unexpectedly', hint: 'its cause is in the log' }]
        health.fail(part, faults, 'the set is not rotated')
      }
    }
    this.#arm()
  }

  /** A failure ends with the schedule of its set, or with the set: nothing would try again. With a new schedule steps wait again. */
  #forgetUnscheduled (): void {
    const { current, health } = this.#options
    const { sets } = current().config
    const isUnscheduled = (name: string): boolean => !sets.get(name)?.rotation
    for (const name of [...this.#held.keys()].filter(isUnscheduled)) this.#held.delete(name)
    const failing = [...health.failures().keys()].filter(part => part.startsWith(PART)).map(part => part.slice(PART.length))
    for (const name of failing.filter(isUnscheduled)) health.recover(PART + name, `the set ${name} is not rotated by schedule any more`)
  }

  async #rotate (name: string): Promise<void> {
    const { current, env, clock, monotonic } = this.#options
    const { config, snapshot } = current()
    const now = clock()
    const set = snapshot.sets.get(name)!
    const hold = holdOf(set)
    const held = this.#held.get(name) ?? new HeldDue(monotonic)
    this.#held.set(name, held)
    const fetches = set.gate ?? set.publicUrls ? await this.#options.fetches() : []
    const steps = planSet(set, config, { fetches }, now).filter(({ at }) => at <= now)
    const directory = directoryOf(config.keys, name)
    const sweepable = await explainErrors(directory, async () => await listSweepable(directory, set.retire, now))
    const ready = held.confirm([...steps.map(step => toDue(step, now)), ...sweepable.map(sweepingOf)], hold)
    if (ready.size === 0) return
    const rotated = await rotateSet(name, config, { env, now, fetches, confirm: held.holding(hold) })
    for (const step of rotated.done) this.#report(step, rotated.set)
  }

  #report (step: Step, set: KeySet): void {
    const { current, log } = this.#options
    const key = step.do === 'generate'
      ? step.held ? { heldUntil: step.held.earliest } : { activates: step.activates }
      : { kid: step.key.kid, ...(step.do === 'promote' && { activates: step.activates }) }
    log.info({ set: set.name, step: step.do, ...key }, 'rotated')
    if (step.do !== 'generate') return
    const kid = set.keys.find(({ file }) => file.endsWith(step.name))?.kid
    for (const { vendor, profile } of handoversOf(set, current().config)) {
      log.warn({ set: set.name, profile, vendor, before: formatTime(earliestOf(step)), command: `jwksd export ${kid} --pem` }, 'the vendor must be given the new key by hand')
    }
  }
}
