// A set's keys against time: which are published, which sign, which are being retired. Only the past that the files record.
// The terminal and the page draw it.

import type { Key } from './key.ts'
import { type KeySet, type KeyState, lifeOf, stateOf } from './key-set.ts'

/** States in which a key is in the JWK Set. */
export type PublishedState = Extract<KeyState, 'pre-activation' | 'active' | 'deactivated'>

/** Times are NumericDates (seconds); `to` is Infinity where nothing limits it. */
export interface Span { readonly state: PublishedState, readonly from: number, readonly to: number }

/** What is known of one key: spans that follow each other. */
export interface Lane { readonly key: Key, readonly spans: readonly Span[] }

/** What is to be drawn, and the span of time that shows it well. */
export interface TimeLine { readonly from: number, readonly to: number, readonly lanes: readonly Lane[] }

/** The keys that are in the set or will be; undefined when there are none. @param now NumericDate (seconds) */
export function makeTimeLine (set: KeySet, now: number): TimeLine | undefined {
  const lanes = set.keys.filter(key => !['destroyed', 'compromised'].includes(stateOf(set, key, now)))
    .map(key => ({ key, spans: spansOf(set, key, now) }))
  if (lanes.length === 0) return undefined
  const dates = lanes.flatMap(({ key }) => Object.values(lifeOf(set, key)) as number[]).filter(Number.isFinite)
  const ahead = Math.max(now + set.lead, ...dates) - now
  const from = Math.max(now - Math.ceil(ahead / 4), Math.min(...lanes.map(({ spans }) => spans[0]!.from)))
  return { from, to: now + ahead * 1.1, lanes }
}

function spansOf (set: KeySet, key: Key, now: number): Span[] {
  const { activates, deactivates, removed } = lifeOf(set, key)
  // The first time known: its publication where a note says it, or its activation, or now where that is in the future or has no date.
  const known = Math.min(now, key.held?.since ?? (activates > -Infinity ? activates : deactivates))
  const begins = Math.max(known, activates)
  const spans: Span[] = [
    { state: 'pre-activation', from: known, to: begins },
    { state: 'active', from: begins, to: deactivates },
    { state: 'deactivated', from: deactivates, to: removed }
  ]
  return spans.filter(({ from, to }) => from < to)
}
