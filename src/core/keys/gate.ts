// The gate: a successor that is published but held, without a date, until the consumers that its set names have fetched
// it. Pure, over what the ledger says. It decides only when `rotate` may write the date: a key's state never depends on it.

import { formatRelative } from '../time.ts'
import { type ConsumerFetches, isPublicUrl } from './fetches.ts'
import type { Key } from './key.ts'
import type { KeySet } from './key-set.ts'
import type { Held } from './notes.ts'

/** A consumer or public URL without the key. `last`: when it was last fetched, without the key; absent: never. */
export type Lacking = Pick<ConsumerFetches, 'consumer' | 'problem'> & Partial<Pick<ConsumerFetches, 'last'>>

/** Who has a held key and who lacks it. NumericDates (seconds). */
export interface Wait {
  readonly has: ReadonlyArray<{ readonly consumer: string, readonly since: number }>
  readonly lacks: readonly Lacking[]
  /** When the wait is reported as too long; Infinity where the key waits for nobody. */
  readonly deadline: number
}

/** A key that waits for its date, and what it waits for. */
export interface HeldKey extends Wait, Held {
  readonly key: Key
}

/**
 * The held keys of a set. A consumer has a key when the body that it uses now has it: a 304 that confirms an older body is
 * no sign of it. A consumer that the ledger does not know lacks every key.
 */
export function findHeldKeys (set: KeySet, fetches: readonly ConsumerFetches[]): HeldKey[] {
  return set.keys.flatMap(key => key.held && key.revoked === undefined
    ? [{ key, ...key.held, ...findWait(key.kid, key.held, set, fetches) }]
    : [])
}

function findWait (
  kid: string, { since, earliest }: Held, { gate, publicUrls = [] }: Pick<KeySet, 'gate' | 'publicUrls'>, fetches: readonly ConsumerFetches[]
): Wait {
  const found = [...gate?.consumers ?? [], ...publicUrls].map(consumer => {
    const own = fetches.filter(one => one.consumer === consumer)
    const had = Math.min(...own.map(({ kids }) => kids.get(kid) ?? Infinity))
    const last = own.toSorted((a, b) => a.last - b.last).at(-1)
    return { consumer, since: had, ...(last && { last: last.last, ...(last.problem !== undefined && { problem: last.problem }) }) }
  })
  return {
    has: found.filter(one => one.since < Infinity).map(one => ({ consumer: one.consumer, since: one.since })),
    lacks: found.filter(one => one.since === Infinity).map(({ since: _, ...rest }) => rest),
    // What is published reaches its URL long before its lead is over, or something is wrong.
    deadline: gate ? since + gate.deadline : publicUrls.length > 0 ? earliest : Infinity
  }
}

/** Who lacks a key and why, in words. @param now NumericDate (seconds) */
export function wordLacking ({ consumer, last, problem }: Lacking, now: number): string {
  const isUrl = isPublicUrl({ consumer })
  const when = last === undefined
    ? isUrl ? 'not fetched yet' : 'has not fetched the set yet'
    : `last fetched ${formatRelative(last - now)}${problem === undefined ? ', an older body' : `: ${problem}`}`
  return `${isUrl ? `not yet at ${consumer}` : `${consumer} lacks it`} (${when})`
}

/** When a key signs at the earliest (NumericDate), or the key that a step makes; -Infinity without a date. */
export function earliestOf ({ activates = -Infinity, held }: { readonly activates?: number, readonly held?: Held }): number {
  return held?.earliest ?? activates
}
