// What to expect of a set's keys, in words: the sentence on top of `status` and of the page, and what is next for each key.
// Pure; nothing here decides anything.

import type { Fault } from '../errors.ts'
import type { Alg } from './alg.ts'
import { formatDate, formatRelative } from '../time.ts'
import type { HeldKey } from './gate.ts'
import type { Key } from './key.ts'
import { type KeySet, lifeOf, stateOf } from './key-set.ts'
import type { Entry } from './timetable.ts'

/** A set and what is ahead of it. */
export interface Planned {
  readonly set: KeySet
  /** The transitions of its keys, and the steps of a rotation whenever somebody runs it. */
  readonly ahead: readonly Entry[]
  /** What is expected: a new key only where the set has a schedule. */
  readonly certain: readonly Entry[]
  readonly held: readonly HeldKey[]
}

/** What a reader waits for. A key that ends signing does so when another begins; that files can be deleted is no news. */
const NEWS: Partial<Record<Entry['event'], (set: string) => string>> = {
  activate: set => `the new ${set} key signs`,
  remove: set => `the old ${set} key leaves`,
  generate: set => `${set} gets its next key`,
  promote: set => `the new ${set} key gets its date`
}

/**
 * One sentence: what is wrong, or that all is well and what happens next.
 * @param now NumericDate (seconds)
 */
export function summarize (problems: readonly Fault[], planned: readonly Planned[], now: number): string {
  const [first, ...others] = problems
  if (first) return `${first.where}: ${first.problem}${others.length > 0 ? ` (and ${others.length} more, below)` : ''}.`
  if (planned.length === 0) return 'There is no key yet.'
  const waiting = planned.flatMap(({ set, held }) => held.filter(({ lacks }) => lacks.length > 0).map(one => ({ ...one, set: set.name })))
  const overdue = waiting.find(({ deadline }) => deadline <= now)
  if (overdue) return `${overdue.set}: the new key is held past its deadline: ${wordLacking(overdue)}.`
  if (waiting[0]) return `All well. The new ${waiting[0].set} key is held: ${wordLacking(waiting[0])}.`
  const [next] = planned.flatMap(({ set, certain }) => certain
    .flatMap(({ event, at }) => NEWS[event] ? [{ at, text: NEWS[event](set.name) }] : []))
    .sort((a, b) => a.at - b.at)
  if (!next) return 'All well. No key change is planned.'
  return `All well. Next: ${next.text} ${next.at > now ? `${formatDate(next.at, now)} (${formatRelative(next.at - now)})` : 'as soon as the rotation runs'}.`
}

function wordLacking ({ lacks }: HeldKey): string {
  return `${lacks.map(({ consumer }) => consumer).join(' and ')} ${lacks.length > 1 ? 'lack' : 'lacks'} it`
}

/**
 * Why nothing signs here although a key of the alg is active: its private half is elsewhere.
 * @param problem what that means, before the colon
 */
export function findElsewhere (set: KeySet, alg: Alg, now: number, problem: string): Omit<Fault, 'where'> | undefined {
  const active = set.keys.filter(key => key.alg === alg && stateOf(set, key, now) === 'active')
  if (!active[0] || active.some(({ privateKey }) => privateKey)) return undefined
  return {
    problem: `${problem}: the private half of ${active[0].file} is not here`,
    hint: `put it there, or make a key that signs in its place at once: jwksd rotate ${set.name} --begin`
  }
}

/** The algs of a set that nothing signs with at `now`, although there are private keys for them. */
export function findUnsignedAlgs (set: KeySet, now: number): Fault[] {
  const own = set.keys.filter(({ privateKey }) => privateKey)
  return [...new Set(own.map(({ alg }) => alg))].flatMap(alg => {
    const line = own.filter(key => key.alg === alg)
    if (line.some(key => stateOf(set, key, now) === 'active')) return []
    const elsewhere = findElsewhere(set, alg, now, `no ${alg} key signs now`)
    if (elsewhere) return [{ where: set.name, ...elsewhere }]
    const pending = line.find(key => stateOf(set, key, now) === 'pre-activation')
    return [{
      where: set.name,
      problem: `no ${alg} key signs now`,
      hint: pending ? `${pending.kid} is published and signs later; jwksd status ${set.name} says when` : `run: jwksd rotate ${set.name}`
    }]
  })
}

/** The key that everybody should have by now or soon: the one that waits, or the one that signs. */
export function newestKey (set: KeySet, now: number): Key | undefined {
  return set.keys.find(key => stateOf(set, key, now) === 'pre-activation') ?? set.keys.findLast(key => stateOf(set, key, now) === 'active')
}

/** What comes next for a key, in its state. @param date writes a NumericDate that is not infinite */
export function describeNext (set: KeySet, key: Key, now: number, date: (at: number) => string): string {
  const { activates, deactivates, removed } = lifeOf(set, key)
  switch (stateOf(set, key, now)) {
    case 'pre-activation': return key.held ? `held since ${date(key.held.since)}` : `signs from ${date(activates)}`
    case 'active': return deactivates < Infinity ? `signs until ${date(deactivates)}` : 'no successor yet'
    case 'deactivated': return `leaves ${date(removed)}`
    case 'destroyed': return `left ${date(removed)}`
    case 'compromised': return `revoked ${date(key.revoked!)}`
  }
}
