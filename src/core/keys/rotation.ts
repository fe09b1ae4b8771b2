// Rotation: the two inequalities that keep every vendor able to verify, and the next steps of a set's keys. Rejects keys
// that nothing puts in order. Pure: it says what to do, keystore/ does it.

import type { Alg } from './alg.ts'
import { fault } from '../errors.ts'
import type { ConsumerFetches } from './fetches.ts'
import { findHeldKeys } from './gate.ts'
import type { Key } from './key.ts'
import { type KeySet, lifeOf, type SetRules, stateOf, unorderedKeys } from './key-set.ts'
import type { Held } from './notes.ts'

/** What the inequalities leave room for. Durations in seconds. */
export interface Margins {
  /** Until a changed file is served, at the latest: the poll interval of a reload. */
  readonly interval: number
  /** By which the clocks of signer, replicas and vendors may differ. */
  readonly skew: number
}

export const DEFAULT_MARGINS: Margins = { interval: 10, skew: 60 }

/** The shortest safe lead: `activates ≥ published + maxAge + reload interval + skew`. Seconds. */
export function shortestLead ({ maxAge }: Pick<SetRules, 'maxAge'>, { interval, skew }: Margins): number {
  return maxAge + interval + skew
}

/** The shortest safe retirement: `removed ≥ deactivated + reload interval + longest ttl + skew`. Seconds. */
export function shortestRetire (longestTtl: number, { interval, skew }: Margins): number {
  return interval + longestTtl + skew
}

/** What a rotation goes by. Durations in seconds. */
export interface Schedule {
  readonly margins: Margins
  /** How long a new key is published before it signs. */
  readonly lead: number
  /** Age at which a key is followed by the next; absent: only a key without a date is, since it was never rotated. */
  readonly every?: number
  /** Begin a rotation now, whatever the age of the key. */
  readonly begin?: boolean
  /** What the ledger says, for a set with a gate; absent: that nobody has fetched anything. */
  readonly fetches?: readonly ConsumerFetches[]
  /** Give a held key its date although consumers lack it. */
  readonly pass?: boolean
}

/** A change to the key files. `at` is when it is due (NumericDate). */
export type Step =
  /** A new key like `model`, in the file `name`, that signs from `activates` on, or is held. */
  | { readonly do: 'generate', readonly at: number, readonly alg: Alg, readonly model: Key, readonly name: string, readonly activates: number, readonly held?: Held }
  /** The held key gets its date, on which it takes over from `model`. */
  | { readonly do: 'promote', readonly at: number, readonly key: Key, readonly model: Key, readonly activates: number }
  /** The key that waits takes over early, held or not, since nothing signs otherwise. */
  | { readonly do: 'advance', readonly at: number, readonly key: Key, readonly activates: number }
  /** The key is out of the JWK Set and of its rollback window: its files go. */
  | { readonly do: 'destroy', readonly at: number, readonly key: Key }

/**
 * The steps that bring each alg of a set on, in the order in which they are due. Those with `at ≤ now` are due; what
 * is due twice is the same step: two runs that plan from the same files create the same file.
 * @param now NumericDate (seconds)
 * @throws FaultsError when nothing in the set can sign, several keys of one alg have no dates, or one has a certificate
 */
export function planRotation (set: KeySet, schedule: Schedule, now: number): Step[] {
  const algs = [...new Set(set.keys.filter(({ privateKey }) => privateKey).map(({ alg }) => alg))]
  if (algs.length === 0) {
    throw fault(set.name, 'the set holds no private key', set.keys.length === 0
      ? `make the first with: jwksd keygen ${set.name}`
      : 'run this where its private keys are')
  }
  const unordered = algs.flatMap(alg => unorderedKeys(set, alg))
  if (unordered.length > 0) {
    throw fault(set.name, `${unordered.map(({ file }) => file).join(' and ')} have no activation date, so that none follows the other`,
      'move each into a directory of its own: a directory is one line of succession')
  }
  const certified = set.keys.find(({ certificate, privateKey }) => certificate && privateKey)
  if (certified) {
    throw fault(set.name, `${certified.file} has a certificate, which only its issuer can give its successor`,
      'put the next key and its certificate there yourself, with a note "# activates: …" above the key')
  }
  return algs.flatMap(alg => planLine(set, alg, schedule, now)).sort((a, b) => a.at - b.at)
}

function planLine (set: KeySet, alg: Alg, schedule: Schedule, now: number): Step[] {
  const line = set.keys.filter(key => key.alg === alg)
  const [active] = line.filter(key => stateOf(set, key, now) === 'active')
  const [pending] = line.filter(key => stateOf(set, key, now) === 'pre-activation')
  const signs = active?.privateKey !== undefined
  // While nothing signs here, a private key is not destroyed because a key follows it that is elsewhere.
  const steps = active && !signs ? [] : destructions(set, line, schedule, signs)
  if (pending) {
    // A held key waits only while another one signs: without that, every consumer is refused.
    const takesOver = pending.privateKey && (pending.held !== undefined || line.some(key => key.revoked !== undefined))
    if (active) return [...steps, ...planPromotion(set, pending, active, schedule, now)]
    return takesOver ? [...steps, { do: 'advance', at: now, key: pending, activates: now }] : steps
  }
  // The private half of the active key is elsewhere, and so its successor may be, too.
  if (active && !signs && !schedule.begin) return steps
  const at = signs ? Math.max(now, nextRotation(line, active, schedule, now)) : now
  if (at === Infinity) return steps
  const activates = signs ? at + schedule.lead : now // when nothing signs there is nothing to wait for
  const isHeld = signs && (set.gate ?? set.publicUrls)
  const dates = isHeld ? { activates: Infinity, held: { since: at, earliest: activates } } : { activates }
  const model = signs ? active : line.findLast(({ privateKey }) => privateKey)!
  return [...steps, { do: 'generate', at, alg, model, name: nextName(set, alg), ...dates }]
}

/**
 * A held key gets its date when its lead is over and every consumer of the gate has it. Until that date the change
 * reaches every replica: `activates ≥ written + reload interval + skew`. Where it must be seen at public URLs, it gets the
 * date when it has been, and the lead counts from then: caches that were filled before may lack it until the lead is over.
 */
function planPromotion (
  set: KeySet, key: Key, model: Key, { margins, fetches = [], pass }: Schedule, now: number
): Step[] {
  const held = findHeldKeys(set, fetches).find(one => one.key === key)
  if (!held || (!pass && held.lacks.length > 0)) return []
  // Who passes the gate does it once: the date is written now, and keeps the lead.
  const at = pass || set.publicUrls ? now : Math.max(now, held.earliest)
  const lead = pass || !set.publicUrls ? 0 : held.earliest - held.since
  return [{ do: 'promote', at, key, model, activates: Math.max(held.earliest, at + Math.max(lead, margins.interval + margins.skew)) }]
}

/** When the active key's successor is to be made; Infinity until somebody begins a rotation. */
function nextRotation (line: readonly Key[], active: Key, { every, lead, begin }: Schedule, now: number): number {
  // A successor that was revoked has left its rotation unfinished. One that was revoked before the active key began to sign
  // has not: the active key is what replaced it, even where its own date was later, or it was held and had none.
  const begins = active.activates ?? -Infinity
  const cutOff = line.slice(line.indexOf(active)).some(({ revoked = -Infinity }) => revoked > begins)
  if (begin || cutOff) return now
  if (active.activates === undefined) return now
  return every === undefined ? Infinity : active.activates + every - lead
}

/**
 * A revoked key's file stays through the same window, to let a mistake be undone, and until another key signs:
 * without it the set would be one that never had a key.
 */
function destructions (set: KeySet, line: readonly Key[], { margins }: Schedule, signs: boolean): Step[] {
  return line.flatMap((key): Step[] => {
    const end = key.revoked === undefined ? lifeOf(set, key).removed : signs ? key.revoked + set.retire : Infinity
    return end < Infinity ? [{ do: 'destroy', at: end + margins.skew, key }] : []
  })
}

/** The name of the next file is derived from the existing files: of two simultaneous runs only one can create it. */
function nextName ({ name, keys }: KeySet, alg: Alg): string {
  const prefix = `${name}-${alg.toLowerCase()}-`
  const numbers = keys.flatMap(({ file, otherFiles }) => [file, ...otherFiles])
    .map(file => file.slice(file.lastIndexOf('/') + 1))
    .filter(file => file.startsWith(prefix))
    .map(file => Number(file.slice(prefix.length, -'.pem'.length)))
    .filter(Number.isInteger)
  return `${prefix}${Math.max(1, ...numbers) + 1}.pem`
}
