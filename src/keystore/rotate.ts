// A rotation's next step: read → plan → apply. The command line and the server's own timer both go this way. Refuses
// a lead that is too short for the caches there are, unless somebody insists.

import type { Config, Environment } from '../config/types.ts'
import { fault, FaultsError } from '../core/errors.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { planRotation, type Schedule, shortestLead, type Step } from '../core/keys/rotation.ts'
import { applyStep, sweep } from './apply-step.ts'
import { directoryOf, type KeySettings, readKeySets, rulesOf } from './key-sets.ts'
import { makeKeySet } from '../core/keys/make-key-set.ts'
import { formatDuration } from '../core/time.ts'
import { readPassphrase } from './passphrase.ts'

export type Settings = Pick<Config, 'keys' | 'sets' | 'reload'>

export interface RotateOptions {
  readonly env: Environment
  /** NumericDate (seconds). */
  readonly now: number
  /** Instead of the set's lead; seconds. */
  readonly lead?: number | undefined
  /** Begin now, whatever the schedule says. */
  readonly begin?: boolean | undefined
  /** Accept a lead that is too short. */
  readonly force?: boolean | undefined
  readonly dryRun?: boolean | undefined
}

export interface Rotated {
  /** The set as its files say now. */
  readonly set: KeySet
  /** Steps that were due, and are done unless it was a dry run. */
  readonly done: readonly Step[]
  /** Steps that will be due. */
  readonly next: readonly Step[]
}

/**
 * Does what is due in a set. Nothing is due twice, so it may run as often as one likes.
 * @throws FaultsError when the set cannot be rotated, a file of it is bad, or the lead is unsafe
 */
export async function rotateSet (name: string, settings: Settings, options: RotateOptions): Promise<Rotated> {
  const { env, now, begin = false, force = false, dryRun = false } = options
  const rules = rulesOf(settings, name)
  const lead = options.lead ?? rules.lead
  const every = rules.rotation?.every
  const schedule: Schedule = { margins: settings.reload, lead, begin, ...(every !== undefined && { every }) }
  const directory = directoryOf(settings.keys, name)
  const passphrase = await readPassphrase(env)
  const plan = async (): Promise<{ set: KeySet, steps: Step[] }> => {
    const set = await readKeySet(name, settings, env)
    return { set, steps: planRotation(set, schedule, now) }
  }
  const { set, steps } = await plan()
  const due = steps.filter(({ at }) => at <= now)
  if (due.some(step => step.do === 'generate') && !force) checkLead(name, lead, rules.maxAge, settings)
  if (dryRun) return { set, done: due, next: steps.filter(({ at }) => at > now) }
  const place = { directory, passphrase, now }
  await explainErrors(directory, async () => {
    await sweep(place)
    for (const step of due) await applyStep(set, step, place)
  })
  const after = await plan()
  return { set: after.set, done: due, next: after.steps.filter(({ at }) => at > now) }
}

/**
 * One set from its directory.
 * @throws FaultsError when a file of the set is bad; those of other sets are no concern here
 */
export async function readKeySet (name: string, settings: KeySettings, env: Environment): Promise<KeySet> {
  const { sets, fileFaults, setFaults, warnings } = await readKeySets(settings, env)
  const faults = [...fileFaults, ...setFaults].filter(({ set }) => set === name)
  if (faults.length > 0) throw new FaultsError(faults, warnings)
  return sets.get(name) ?? makeKeySet(name, [], rulesOf(settings, name))
}

function checkLead (name: string, lead: number, maxAge: number, { reload }: Settings): void {
  const needed = shortestLead({ maxAge }, reload)
  if (lead >= needed) return
  throw fault(name, `a lead of ${formatDuration(lead)} is unsafe: for up to ${formatDuration(needed - lead)} a vendor's cache may lack the key that signs already, and every token is refused there`,
    `use at least ${formatDuration(needed)}, or add --force and accept that`)
}

/** Says of an error of the file system what an operator can do. */
export async function explainErrors<T> (directory: string, work: () => Promise<T>): Promise<T> {
  try {
    return await work()
  } catch (error) {
    const { code, path: file = directory } = error as NodeJS.ErrnoException
    if (code === undefined) throw error
    if (code === 'ENOENT') throw fault(file, 'was changed by somebody else at the same time', 'look with jwksd status, then run it again')
    throw fault(file, `cannot be changed (${code})`, 'run jwksd as the user that owns the key directory, on a disk that can be written')
  }
}
