// Fair queueing of requests to sign: a fixed number is processed at a time, round robin among the clients. The others wait
// with their bodies unread. Rejects only requests that have waited too long: after a quick refusal callers would retry at
// once, and the server would be busy with refusals.

import type { EventEmitter } from 'node:events'
import { RequestError } from '../core/errors.ts'

/** Requests processed at a time: many more than there are signing threads, to keep every thread busy. */
const PLACES = 64
/** Milliseconds. */
const PATIENCE = 5000

interface Waiting { readonly start: () => void }

export class Turns {
  readonly #patience: number
  /** Most slots that one client may have: there is always one for another client. */
  readonly #share: number
  #free: number
  readonly #working = new Map<string, number>()
  /** By client; the client whose turn is next comes first. */
  readonly #waiting = new Map<string, Set<Waiting>>()

  constructor ({ places = PLACES, patience = PATIENCE } = {}) {
    this.#free = places
    this.#share = places / 2
    this.#patience = patience
  }

  /**
   * Resolves when it is the request's turn; its place is free again when the response closes.
   * @param response emits `close` when it is sent, or when the caller is gone
   * @throws RequestError ERR_BUSY when its turn did not come in time, or the caller is gone already
   */
  async take (client: string, response: EventEmitter & { readonly closed?: boolean }): Promise<void> {
    if (response.closed) throw busy() // it emits nothing any more: its place would never be free again
    if (this.#waiting.size === 0 && this.#mayStart(client)) this.#start(client)
    else await this.#wait(client, response)
    response.once('close', () => { this.#release(client) })
  }

  async #wait (client: string, response: EventEmitter): Promise<void> {
    await new Promise<void>((resolve, reject) => {
      const waiting = { start: () => { settle(resolve) } }
      const leave = (): void => {
        this.#leave(client, waiting)
        settle(() => reject(busy()))
      }
      const timer = setTimeout(leave, this.#patience)
      const settle = (end: () => void): void => {
        clearTimeout(timer)
        response.off('close', leave)
        end()
      }
      response.once('close', leave)
      const line = this.#waiting.get(client) ?? new Set()
      this.#waiting.set(client, line.add(waiting))
      this.#startNext()
    })
  }

  #leave (client: string, waiting: Waiting): void {
    const line = this.#waiting.get(client)!
    line.delete(waiting)
    if (line.size === 0) this.#waiting.delete(client)
  }

  #release (client: string): void {
    const left = this.#working.get(client)! - 1
    if (left > 0) this.#working.set(client, left)
    else this.#working.delete(client)
    this.#free++
    this.#startNext()
  }

  #startNext (): void {
    const next = this.#free > 0 && [...this.#waiting].find(([client]) => this.#mayStart(client))
    if (!next) return
    const [client, line] = next
    const [first] = line as Iterable<Waiting> as [Waiting]
    this.#leave(client, first)
    // The client goes to the end of the queue.
    if (this.#waiting.delete(client)) this.#waiting.set(client, line)
    this.#start(client)
    first.start()
  }

  #mayStart (client: string): boolean {
    return this.#free > 0 && (this.#working.get(client) ?? 0) < this.#share
  }

  #start (client: string): void {
    this.#working.set(client, (this.#working.get(client) ?? 0) + 1)
    this.#free--
  }
}

function busy (): RequestError {
  return new RequestError('ERR_BUSY', 'more signatures are wanted than this machine can make', { retryAfter: 1 })
}
