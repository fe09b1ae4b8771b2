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

interface Count { readonly who: Pick<Summary, 'code' | 'address' | 'client'>, count: number, readonly from: number, to: number }

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
    const own: Count['who'] = client === undefined ? { address, code } : { client, code }
    const who = this.#counts.has(keyOf(own)) || this.#counts.size < MOST ? own : { address: 'others', code }
    const key = keyOf(who)
    const found = this.#counts.get(key) ?? { who, count: 0, from: now, to: now }
    found.count++
    found.to = now
    this.#counts.set(key, found)
  }

  /** What was counted since the last call. */
  take (): Summary[] {
    const counts = [...this.#counts.values()]
    this.#counts = new Map()
    return counts.map(({ who, count, from, to }) => ({ event: 'refusals', ...who, count, from: formatTime(from), to: formatTime(to) }))
  }
}

function keyOf (who: Count['who']): string {
  return JSON.stringify([who.client, who.address, who.code])
}
