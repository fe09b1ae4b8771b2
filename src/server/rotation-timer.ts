// Automatic rotation for one machine: the server takes the steps of `jwksd rotate` itself for sets that say
// `rotation: { every: … }`. Looks at the keys in memory; touches files only when a step is due.

import type { Environment } from '../config/types.ts'
import { FaultsError } from '../core/errors.ts'
import { planRotation } from '../core/keys/rotation.ts'
import type { Clock } from '../core/time.ts'
import { rotateSet } from '../keystore/rotate.ts'
import type { Health } from '../observe/health.ts'
import type { Logger } from '../observe/log.ts'
import type { Loaded } from '../state/load.ts'

interface RotationTimerOptions {
  /** The state in force. */
  readonly current: () => Pick<Loaded, 'config' | 'snapshot'>
  readonly health: Health
  readonly env: Environment
  readonly clock: Clock
  readonly log: Logger
}

/** Takes the steps that are due, each reload interval from its construction on. The reload then serves what was written. */
export class RotationTimer {
  readonly #options: RotationTimerOptions
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
    for (const [name, { rotation }] of current().config.sets) {
      if (!rotation) continue
      const part = `rotation of ${name}`
      try {
        await this.#rotate(name, rotation.every)
        health.recover(part, `the set ${name} is rotated again`)
      } catch (error) {
        if (!(error instanceof FaultsError)) log.error({ err: error, set: name }, 'a rotation ended unexpectedly')
        const faults = error instanceof FaultsError ? error.faults : [{ where: name, problem: 'its rotation ended unexpectedly', hint: 'its cause is in the log' }]
        health.fail(part, faults, 'the set is not rotated')
      }
    }
    this.#arm()
  }

  async #rotate (name: string, every: number): Promise<void> {
    const { current, env, clock, log } = this.#options
    const { config, snapshot } = current()
    const now = clock()
    const schedule = { margins: config.reload, lead: config.sets.get(name)!.lead, every }
    if (!planRotation(snapshot.sets.get(name)!, schedule, now).some(({ at }) => at <= now)) return
    const { done } = await rotateSet(name, config, { env, now })
    for (const step of done) {
      log.info({ set: name, step: step.do, ...('key' in step ? { kid: step.key.kid } : { activates: step.activates }) }, 'rotated')
    }
  }
}
