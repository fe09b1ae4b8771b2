// Records who has fetched which body, in memory, until it is taken: once a second. What a fetch costs is paid for each
// request, so the work of finding its consumer is done once per body, address and User-Agent.

import type { IncomingMessage, ServerResponse } from 'node:http'
import type { Config } from '../config/types.ts'
import { type ConsumerFetches, isStranger } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import { matchConsumers, readAddress, type Target } from './match-consumers.ts'

/** A JWK Set as it is served. */
export interface ServedBody {
  readonly etag: string
  /** The kids of each set that is in it; the URL's own set is first and has all of them. */
  readonly kids: ReadonlyMap<string, readonly string[]>
}

/** Records the fetch when the answer has been sent. */
export type RecordFetch = (request: IncomingMessage, response: ServerResponse) => void

interface Delta { readonly first: number, last: number, count: number, body: ServedBody, kids: Map<string, number> }

/** Requesters that are remembered for each body. */
const MAX_KNOWN = 1000
/** Longer descriptions of requesters are not remembered: their length is theirs to choose. */
const MAX_LENGTH = 300
/** Groups of strangers that are counted separately between two calls of `take`. */
const MAX_STRANGERS = 100
/** The others: a fetch from anywhere. */
const OTHERS = '0.0.0.0/0 others'

export class FetchRecorder {
  readonly #config: () => Pick<Config, 'consumers' | 'sets' | 'trustProxy'>
  readonly #clock: Clock
  /** By set, then consumer. */
  #deltas = new Map<string, Map<string, Delta>>()
  #strangers = 0

  /** @param config the one in force */
  constructor (config: () => Pick<Config, 'consumers' | 'sets' | 'trustProxy'>, clock: Clock) {
    this.#config = config
    this.#clock = clock
  }

  /** Prepares to record the fetches of a body. The configuration in force now decides about all of them. */
  watch (body: ServedBody): RecordFetch {
    const config = this.#config()
    const addressOf = readAddress(config.trustProxy)
    const match = matchConsumers(config, [...body.kids.keys()])
    const known = new Map<string, (this: ServerResponse) => void>()
    const noteFor = (targets: readonly Target[]) => {
      const note = (): void => { this.#note(targets, body) }
      // A connection that is cut finishes its answers, too.
      return function (this: ServerResponse): void { if (!this.req.socket.destroyed) note() }
    }
    return (request, response) => {
      const address = addressOf(request)
      const userAgent = request.headers['user-agent'] ?? ''
      const requester = `${address} ${userAgent}`
      let note = known.get(requester)
      if (!note) {
        note = noteFor(match(address, userAgent))
        if (known.size >= MAX_KNOWN) known.clear()
        if (requester.length <= MAX_LENGTH) known.set(requester, note)
      }
      response.prependOnceListener('finish', note) // before Node ends a connection that is not kept alive
    }
  }

  #note (targets: readonly Target[], body: ServedBody): void {
    const now = this.#clock()
    for (const { consumer, set } of targets) {
      const delta = this.#find(consumer, set) ?? this.#begin(consumer, set, body, now)
      delta.last = now
      delta.count++
      if (delta.body === body) continue
      const { kids } = delta
      delta.body = body
      delta.kids = new Map(body.kids.get(set)!.map(kid => [kid, kids.get(kid) ?? now]))
    }
  }

  #find (consumer: string, set: string): Delta | undefined {
    return this.#deltas.get(set)?.get(consumer)
  }

  #begin (consumer: string, set: string, body: ServedBody, now: number): Delta {
    const stranger = isStranger({ consumer })
    if (stranger && this.#strangers >= MAX_STRANGERS) {
      if (consumer !== OTHERS) return this.#find(OTHERS, set) ?? this.#begin(OTHERS, set, body, now)
    } else if (stranger) this.#strangers++
    const delta = { first: now, last: now, count: 0, body, kids: new Map(body.kids.get(set)!.map(kid => [kid, now])) }
    const ofSet = this.#deltas.get(set) ?? new Map<string, Delta>()
    this.#deltas.set(set, ofSet.set(consumer, delta))
    return delta
  }

  /** What was fetched since the last call. */
  take (): readonly ConsumerFetches[] {
    const taken = [...this.#deltas].flatMap(([set, consumers]) => [...consumers].map(([consumer, { first, last, count, body, kids }]) =>
      ({ consumer, set, first, last, count, etag: body.etag, kids })))
    this.#deltas = new Map()
    this.#strangers = 0
    return taken
  }
}
