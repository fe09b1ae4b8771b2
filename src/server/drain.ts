// Requests that are being answered, so that a server that closes waits for them and not for connections that have
// nothing more to ask.

import type { Server as HttpsServer } from 'node:https'
import type { ServerResponse } from 'node:http'

export class RequestsInFlight {
  #count = 0
  #settled = (): void => {}

  /** Counts the requests of a listener from now on. */
  watch (listener: HttpsServer): void {
    listener.on('request', (_request: unknown, response: ServerResponse) => {
      this.#count++
      response.once('close', () => {
        this.#count--
        if (this.#count === 0) this.#settled()
      })
    })
  }

  /** Resolves when nothing is in flight. */
  async done (): Promise<void> {
    if (this.#count > 0) await new Promise<void>(resolve => { this.#settled = resolve })
  }
}
