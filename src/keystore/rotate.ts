// A rotation's next step: read → plan → confirm → apply. The command line and the server's own timer both go this way.

import type { Config, Environment } from '../config/types.ts'
import { fault, FaultsError } from '../core/errors.ts'
import { earliestOf } from '../core/keys/gate.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { nearest } from '../core/near-match.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import type { Step } from '../core/keys/rotation.ts'
import { applyStep } from './apply-step.ts'
import { type Confirm, confirmByEarlierRun, type Due, previewConfirmation } from './confirmation.ts'
import { finalPath } from './files.ts'
import { directoryOf, faultsOf, type KeySettings, readKeySets, rulesOf } from './key-sets.ts'
import { readPassphrase } from './passphrase.ts'
import { checkHandover, checkLead, planSet, type PlanOptions } from './plan.ts'
import { listSweepable, putBack, shred } from './set-aside.ts'

export type Settings = Pick<Config, 'keys' | 'sets' | 'profiles' | 'reload'>

export interface RotateOptions extends PlanOptions {
  readonly env: Environment
  /** NumericDate (seconds). */
  readonly now: number
  readonly dryRun?: boolean | undefined
  /** Decides what may be done now (default: what destroys, only when the run before found it due too). */
  readonly confirm?: Confirm
}

export interface Rotated {
  /** The set as its files say now. */
  readonly set: KeySet
  /** Steps that were due, and are done unless it was a dry run. */
  readonly done: readonly Step[]
  /** Steps that are due and wait for their confirmation. */
  readonly waiting: readonly Step[]
  /** Steps that will be due. */
  readonly next: readonly Step[]
  /** Files that came back, since the clock was wrong when they were removed. */
  readonly restored: readonly string[]
}

/**
 * Does what is due in a set. Nothing is done twice, so it may run at any time.
 * @throws FaultsError when the set cannot be rotated, a file of it is bad, or the lead is unsafe
 */
export async function rotateSet (name: string, settings: Settings, options: RotateOptions): Promise<Rotated> {
  const { env, now, force = false, dryRun = false } = options
  const directory = directoryOf(settings.keys, name)
  const restored = dryRun ? [] : await explainErrors(directory, async () => await putBackIfThere(directory, now))
  const read = async (): Promise<{ set: KeySet, due: Step[], next: Step[] }> => {
    const set = await readKeySet(name, settings, env, true)
    const steps = planSet(set, settings, options, now)
    return { set, due: steps.filter(({ at }) => at <= now), next: steps.filter(({ at }) => at > now) }
  }
  const { set, due, next } = await read()
  const [generation] = due.filter(step => step.do === 'generate')
  if (generation) {
    if (!force) checkLead(set, settings, options.lead)
    checkHandover(set, settings, { activates: earliestOf(generation), lead: options.lead }, now)
  }
  return await explainErrors(directory, async () => {
    const sweepable = await listSweepable(directory, set.retire, now)
    const confirm = dryRun ? previewConfirmation(directory) : options.confirm ?? confirmByEarlierRun(directory)
    const confirmed = await confirm([...due.map(step => toDue(step, now)), ...sweepable.map(sweepingOf)])
    const done = due.filter(step => confirmed.has(toDue(step, now).id))
    const waiting = due.filter(step => !done.includes(step))
    if (dryRun) return { set, done, waiting, next, restored }
    const place = { directory, passphrase: await readPassphrase(env), now }
    for (const file of sweepable.filter(file => confirmed.has(file))) await shred(file)
    for (const step of done) await applyStep(set, step, place)
    const after = await read()
    return { set: after.set, done, waiting, next: after.next, restored }
  })
}

/** A step as something that is due. When nothing signs, the next key signs at once. */
export function toDue (step: Step, now: number): Due {
  if (step.do === 'generate') return { id: `generate ${step.name}`, isUrgent: step.activates <= now, destroys: false }
  return { id: `${step.do} ${step.key.file}`, isUrgent: step.do === 'advance', destroys: step.do === 'destroy' }
}

/** Overwriting a file as something that is due. */
export function sweepingOf (file: string): Due {
  return { id: file, isUrgent: false, destroys: true }
}

/** A set without a directory is a fault of its own, reported when it is read. */
async function putBackIfThere (directory: string, now: number): Promise<string[]> {
  return await putBack(directory, now).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
}

/**
 * One set from its directory.
 * @param exists the set should exist: a name close to that of another set is a mistake
 * @throws FaultsError when a file of the set is bad; those of other sets are no concern here
 */
export async function readKeySet (name: string, settings: KeySettings, env: Environment, exists = false): Promise<KeySet> {
  const found = await readKeySets(settings, env)
  const faults = faultsOf(found).filter(({ set }) => set === name)
  if (faults.length > 0) throw new FaultsError(faults, found.warnings)
  const near = exists && !found.sets.has(name) ? nearest(name, found.sets.keys()) : undefined
  if (near !== undefined) throw fault(name, 'there is no such set', `did you mean "${near}"? make its first key with: jwksd keygen ${name}`)
  return found.sets.get(name) ?? makeKeySet(name, [], rulesOf(settings, name))
}

/** Adds to a file system error what an operator can do. */
export async function explainErrors<T> (directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path: file = directory } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code === 'ENOENT') throw fault(finalPath(file), 'was changed by another process at the same time', 'look with jwksd status, then run it again')
    throw fault(finalPath(file), `cannot be changed (${code})`, 'run jwksd as the user that owns the key directory, on a disk that can be written')
  }
}
