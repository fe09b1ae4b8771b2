// The listeners of a running server: opens them at their addresses, gives them new certificates, and closes them when what
// was asked on them is answered.

import type { AddressInfo } from 'node:net'
import type { Server as HttpsServer } from 'node:https'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import type { Address } from '../config/units.ts'
import { fault } from '../core/errors.ts'
import type { Logger } from '../observe/log.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'
import { RequestsInFlight } from './drain.ts'

/** How long a closed listener waits for the requests of connections that it had accepted (milliseconds). */
const QUIET = 300

export type ListenerName = 'public' | 'internal'

export class OpenListeners {
  readonly #listeners = new Map<ListenerName, FastifyInstance>()
  readonly #inFlight = new RequestsInFlight()
  readonly #log: Logger

  constructor (log: Logger) {
    this.#log = log
  }

  /** Adds a listener that is not open yet. */
  add (name: ListenerName, listener: FastifyInstance): void {
    this.#listeners.set(name, listener)
  }

  /** The open ports: those configured, or those that the system chose for port 0. */
  get ports (): Readonly<Partial<Record<ListenerName, number>>> {
    return Object.fromEntries([...this.#listeners].map(([name, { server }]) => [name, (server.address() as AddressInfo).port]))
  }

  /** @throws FaultsError when an address is not available; then none stays open */
  async open (addressOf: (name: ListenerName) => Address): Promise<void> {
    for (const [name, listener] of this.#listeners) {
      const { host, port } = addressOf(name)
      this.#inFlight.watch(listener.server as HttpsServer)
      const listenTextResolver = (address: string): string => `listening at ${address.replace(/^http:/, 'https:')}`
      await listener.listen({ host, port, listenTextResolver }).catch(async (error: NodeJS.ErrnoException) => {
        await this.#closeAll()
        throw fault(`${host}:${port}`, `cannot listen there (${error.code})`, 'choose another address, or end what uses it')
      })
    }
  }

  /**
   * New connections get the new certificate. Every option is passed again: Node drops the others, including the client CA and the
   * minimum version.
   */
  changeCertificate (name: ListenerName, before: TlsMaterial | undefined, after: TlsMaterial | undefined): void {
    const listener = this.#listeners.get(name)
    if (!listener || !after || isDeepStrictEqual(before, after)) return
    (listener.server as HttpsServer).setSecureContext(tlsOptions(after))
  }

  /**
   * Accepts no more connections, and ends when the requests on those that are open are answered.
   * @param grace after this time they are cut (milliseconds)
   */
  async close (grace: number): Promise<void> {
    const cutting = setTimeout(() => {
      this.#log.warn('requests are still open: cutting them')
      this.#cut()
    }, grace)
    const closed = this.#closeAll()
    await this.#inFlight.end(QUIET)
    this.#cut() // connections still open are idle
    await closed
    clearTimeout(cutting)
  }

  #cut (): void {
    for (const { server } of this.#listeners.values()) server.closeAllConnections()
  }

  async #closeAll (): Promise<void> {
    await Promise.all([...this.#listeners.values()].map(async listener => { await listener.close() }))
  }
}
