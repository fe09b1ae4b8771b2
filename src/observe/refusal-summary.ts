// Refusals that cost their sender nothing: before authentication, or because there are too many. They are counted and
// reported once a minute for each address or client and code: they cannot fill the disk.

import type { ErrorCode } from '../core/errors.ts'
import { type Clock, formatTime } from '../core/time.ts'
import type { Refusal } from './decision.ts'

/** Counted separately in a minute; the rest is counted together, as the address or client `others`. */
const MOST = 100

const COUNTED: readonly ErrorCode[] = ['ERR_RATE_LIMITED', 'ERR_BUSY', 'ERR_AUDIT']

/** What is recorded instead of each refusal. Times are RFC 3339. */
export interface Summary {
  readonly event: 'refusals'
  readonly code: ErrorCode
  /** Absent where the client is known. */
  readonly address?: string | undefined
  readonly client?: string
  readonly count: number
  readonly from: string
  readonly to: string
}

/** Times are NumericDates (seconds). */
interface Count { readonly who: Pick<Summary, 'code' | 'address' | 'client'>, count: number, from: number, to: number }

/** Whether a refusal is counted instead of recorded. */
export function isCounted ({ client, code }: Pick<Refusal, 'client' | 'code'>): boolean {
  return client === undefined || COUNTED.includes(code)
}

export class RefusalSummary {
  readonly #clock: Clock
  #counts = new Map<string, Count>()

  constructor (clock: Clock) {
    this.#clock = clock
  }

  add ({ client, address, code }: Pick<Refusal, 'client' | 'address' | 'code'>): void {
    const now = this.#clock()
    this.#count({ who: client === undefined ? { address, code } : { client, code }, count: 1, from: now, to: now })
  }

  #count ({ who: own, count, from, to }: Count): void {
    const who = this.#counts.has(keyOf(own)) || this.#counts.size < MOST ? own : { address: 'others', code: own.code }
    const key = keyOf(who)
    const found = this.#counts.get(key) ?? { who, count: 0, from, to }
    found.count += count
    found.from = Math.min(found.from, from)
    found.to = Math.max(found.to, to)
    this.#counts.set(key, found)
  }

  /** What was counted since the last call, each with what puts it back where it could not be recorded. */
  take (): Array<{ summary: Summary, putBack: () => void }> {
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    return counts.map(count => {
      const { who, from, to } = count
      return { summary: { event: 'refusals', ...who, count: count.count, from: formatTime(from), to: formatTime(to) }, putBack: () => { this.#count(count) } }
    })
  }
}

function keyOf (who: Count['who']): string {
  return JSON.stringify([who.client, who.address, who.code])
}
