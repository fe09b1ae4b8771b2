// Automatic rotation for one machine: the server takes the steps of `jwksd rotate` itself for sets that say
// `rotation: { every: … }`. Looks at the keys in memory; touches files only when a step is due.

import { FaultsError } from '../core/errors.ts'
import { planRotation } from '../core/keys/rotation.ts'
import type { Loaded } from '../state/load.ts'
import type { Logger } from '../observe/log.ts'
import { rotateSet } from '../keystore/rotate.ts'
import type { Clock } from '../core/time.ts'
import type { Environment } from '../config/types.ts'

interface Parts {
  /** The state in force. */
  readonly current: () => Pick<Loaded, 'config' | 'snapshot'>
  readonly env: Environment
  readonly clock: Clock
  readonly log: Logger
}

/** Begins to look every reload interval. The reload then serves what was written. @returns what ends it */
export function startAutoRotation ({ current, env, clock, log }: Parts): () => void {
  const told = new Map<string, string>()
  let timer: NodeJS.Timeout
  let closed = false

  const rotate = async (name: string): Promise<void> => {
    const { config, snapshot } = current()
    const { rotation, lead } = config.sets.get(name)!
    const now = clock()
    const schedule = { margins: config.reload, lead, every: rotation!.every }
    const due = planRotation(snapshot.sets.get(name)!, schedule, now).some(({ at }) => at <= now)
    const { done } = due ? await rotateSet(name, config, { env, now }) : { done: [] }
    for (const step of done) {
      log.info({ set: name, step: step.do, ...('key' in step ? { kid: step.key.kid } : { activates: step.activates }) }, 'rotated')
    }
    told.delete(name)
  }
  const tell = (name: string, error: unknown): void => {
    const text = (error as Error).message
    if (told.get(name) === text) return
    told.set(name, text)
    if (!(error instanceof FaultsError)) log.error({ err: error, set: name }, 'a rotation ended unexpectedly')
    else for (const { where, problem, hint } of error.faults) log.error({ set: name, where, problem, hint }, 'the set is not rotated')
  }
  const run = async (): Promise<void> => {
    const names = [...current().config.sets].filter(([, { rotation }]) => rotation).map(([name]) => name)
    for (const name of names) await rotate(name).catch(error => tell(name, error))
    if (!closed) arm()
  }
  const arm = (): void => { timer = setTimeout(() => { void run() }, current().config.reload.interval * 1000) }

  arm()
  return () => {
    closed = true
    clearTimeout(timer)
  }
}
