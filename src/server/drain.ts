// Requests that are being answered: a closing server waits for them, and not for idle connections.

import type { ServerResponse } from 'node:http'
import type { Server as HttpsServer } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'

export class RequestsInFlight {
  #seen = 0
  #open = 0
  #settled = (): void => {}

  /** Counts the requests of a listener from now on. */
  watch (listener: HttpsServer): void {
    listener.on('turn', (_request: unknown, response: ServerResponse) => {
      this.#seen++
      this.#open++
      response.once('close', () => {
        this.#open--
        if (this.#open === 0) this.#settled()
      })
    })
  }

  /**
   * Resolves when all requests are answered and no other has come for a while: the last accepted connection may still be
   * in its TLS handshake.
   * @param quiet milliseconds
   */
  async end (quiet: number): Promise<void> {
    for (let seen = -1; seen !== this.#seen || this.#open > 0;) {
      if (this.#open > 0) await new Promise<void>(resolve => { this.#settled = resolve })
      seen = this.#seen
      await sleep(quiet)
    }
  }
}
