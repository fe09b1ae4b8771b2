// The gate: a successor that is published but held, without a date, until the consumers that its set names have fetched
// it. Pure, over what the ledger says. It decides only when `rotate` may write the date: a key's state never depends on it.

import type { ConsumerFetches } from './fetches.ts'
import type { Key } from './key.ts'
import type { Gate, KeySet } from './key-set.ts'
import type { Held } from './notes.ts'

/** Who has a held key and who lacks it. NumericDates (seconds). */
export interface Wait {
  readonly has: ReadonlyArray<{ readonly consumer: string, readonly since: number }>
  /** `last`: when the consumer last fetched a body, one without the key; absent: never. */
  readonly lacks: ReadonlyArray<{ readonly consumer: string, readonly last?: number }>
  /** When the wait is reported as too long; Infinity without a gate. */
  readonly deadline: number
}

/** A key that waits for its date, and what it waits for. */
export interface HeldKey extends Wait, Held {
  readonly key: Key
}

/** Without a gate a held key waits only for its lead. */
const OPEN: Gate = { consumers: [], deadline: Infinity }

/**
 * The held keys of a set. A consumer has a key when the body that it uses now has it: a 304 that confirms an older body is
 * no sign of it. A consumer that the ledger does not know lacks every key.
 */
export function findHeldKeys (set: KeySet, fetches: readonly ConsumerFetches[]): HeldKey[] {
  return set.keys.flatMap(key => key.held && key.revoked === undefined
    ? [{ key, ...key.held, ...findWait(key.kid, key.held, set.gate ?? OPEN, fetches) }]
    : [])
}

function findWait (kid: string, { since }: Held, { consumers, deadline }: Gate, fetches: readonly ConsumerFetches[]): Wait {
  const found = consumers.map(consumer => {
    const own = fetches.filter(one => one.consumer === consumer)
    const had = Math.min(...own.map(({ kids }) => kids.get(kid) ?? Infinity))
    return { consumer, since: had, last: Math.max(...own.map(({ last }) => last)) }
  })
  return {
    has: found.filter(one => one.since < Infinity).map(one => ({ consumer: one.consumer, since: one.since })),
    lacks: found.filter(one => one.since === Infinity).map(({ consumer, last }) => ({ consumer, ...(last > -Infinity && { last }) })),
    deadline: since + deadline
  }
}

/** When a key signs at the earliest (NumericDate), or the key that a step makes; -Infinity without a date. */
export function earliestOf ({ activates = -Infinity, held }: { readonly activates?: number, readonly held?: Held }): number {
  return held?.earliest ?? activates
}
