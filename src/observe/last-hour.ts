// Signatures and refusals of the last hour, by client, for the page. Bounded: 60 minutes, the clients of the configuration,
// and the codes that refusals have. Nothing is kept across a restart; the audit log is the record.

import type { ErrorCode } from '../core/errors.ts'
import type { Clock } from '../core/time.ts'
import type { Decision } from './decision.ts'

/** Who has no credentials that are valid. */
export const UNKNOWN = 'none'
const MINUTES = 60

/** Counts of one client. */
export interface HourOfClient {
  /** A name of the configuration, or `none`. */
  readonly client: string
  readonly signed: number
  readonly refused: ReadonlyMap<ErrorCode, number>
}

type Outcome = 'signed' | ErrorCode
type Counts = Map<string, Map<Outcome, number>>

export class LastHour {
  readonly #clock: Clock
  readonly #minutes = new Map<number, Counts>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  count (decision: Decision): void {
    const minute = this.#forget()
    const counts = this.#minutes.get(minute) ?? new Map()
    this.#minutes.set(minute, counts)
    add(counts, decision.client ?? UNKNOWN, decision.event === 'granted' ? 'signed' : decision.code, 1)
  }

  /** Each client that was heard of, in alphabetical order. */
  read (): HourOfClient[] {
    this.#forget()
    const sums: Counts = new Map()
    for (const counts of this.#minutes.values()) {
      for (const [client, outcomes] of counts) for (const [outcome, count] of outcomes) add(sums, client, outcome, count)
    }
    return [...sums].sort(([a], [b]) => a < b ? -1 : 1).map(([client, outcomes]) => {
      const { signed = 0, ...refused } = Object.fromEntries(outcomes) as Partial<Record<Outcome, number>>
      return { client, signed, refused: new Map(Object.entries(refused) as Array<[ErrorCode, number]>) }
    })
  }

  /** Drops what is older than an hour, or in the future after a step of the clock. @returns the minute now */
  #forget (): number {
    const now = Math.floor(this.#clock() / 60)
    for (const minute of this.#minutes.keys()) if (minute > now || minute <= now - MINUTES) this.#minutes.delete(minute)
    return now
  }
}

function add (counts: Counts, client: string, outcome: Outcome, count: number): void {
  const outcomes = counts.get(client) ?? new Map<Outcome, number>()
  counts.set(client, outcomes)
  outcomes.set(outcome, (outcomes.get(outcome) ?? 0) + count)
}
