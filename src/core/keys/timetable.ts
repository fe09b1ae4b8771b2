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
    const { at, do: event } = step
    if (step.do === 'generate') {
      const { name: file, held } = step
      // When a held key signs is not known before it gets its date.
      const dated = held && (set.publicUrls ? at : held.earliest)
      return [{ at, event, file }, ...(dated !== undefined ? [{ at: dated, event: 'promote', file } as const] : beginningOf(set, { file }, step, margins))]
    }
    const { kid, file } = step.key
    return [{ at, event, kid, file }, ...(step.do === 'promote' ? beginningOf(set, { kid, file }, step, margins) : [])]
  })
  return [...transitions.filter(({ at }) => at > now && at < Infinity), ...planned].sort((a, b) => a.at - b.at)
}

/** A key that begins to sign, and what that does to the one that signs until then. */
function beginningOf (
  set: KeySet, key: Pick<Entry, 'kid' | 'file'>, { model, activates }: Extract<Step, { do: 'generate' | 'promote' }>, { skew }: Margins
): Entry[] {
  const begins = { at: activates, event: 'activate', ...key } as const
  if (model.revoked !== undefined) return [begins]
  const { kid, file } = model
  const removed = activates + set.retire
  return [
    begins,
    { at: activates, event: 'deactivate', kid, file }, { at: removed, event: 'remove', kid, file }, { at: removed + skew, event: 'destroy', kid, file }
  ]
}
