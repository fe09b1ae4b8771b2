// A set's upcoming events: the transitions that come by the clock, and the steps that an operator or the server must take.
// Pure, for people and machines to read; nothing here decides anything.

import { type KeySet, lifeOf } from './key-set.ts'
import type { Margins, Step } from './rotation.ts'

/** `at` is a NumericDate; `kid` is absent for a key that is yet to be made. */
export interface Entry {
  readonly at: number
  readonly event: 'activate' | 'deactivate' | 'remove' | Step['do']
  readonly kid?: string
  readonly file: string
}

/**
 * Transitions after `now` and the steps of a plan, in the order of time.
 * @param steps those that are not done yet, as planRotation gives them
 * @param now NumericDate (seconds)
 */
export function makeTimetable (set: KeySet, steps: readonly Step[], margins: Margins, now: number): Entry[] {
  const transitions = set.keys.filter(({ revoked }) => revoked === undefined).flatMap(key => {
    const { activates, deactivates, removed } = lifeOf(set, key)
    const times = [['activate', activates], ['deactivate', deactivates], ['remove', removed]] as const
    return times.map(([event, at]): Entry => ({ at, event, kid: key.kid, file: key.file }))
  })
  const planned = steps.flatMap((step): Entry[] => {
    if (step.do !== 'generate') return [{ at: step.at, event: step.do, kid: step.key.kid, file: step.key.file }]
    return [
      { at: step.at, event: 'generate', file: step.name },
      { at: step.activates, event: 'activate', file: step.name },
      ...endOf(set, step, margins)
    ]
  })
  return [...transitions.filter(({ at }) => at > now && at < Infinity), ...planned].sort((a, b) => a.at - b.at)
}

/** What the key that is to be made does to the one that signs until then. */
function endOf (set: KeySet, { model, activates }: Extract<Step, { do: 'generate' }>, { skew }: Margins): Entry[] {
  if (model.revoked !== undefined) return []
  const { kid, file } = model
  const removed = activates + set.retire
  return [
    { at: activates, event: 'deactivate', kid, file }, { at: removed, event: 'remove', kid, file }, { at: removed + skew, event: 'destroy', kid, file }
  ]
}
