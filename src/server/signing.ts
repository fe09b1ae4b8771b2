// Everything that only a process that signs needs: the signer, checkpoints, the limits of clients, the internal listener.
// A process that only publishes keys does not load it, nor jose and the other packages behind it.

import type { FastifyInstance } from 'fastify'
import { Limits } from '../http/auth/limits.ts'
import { SharedLimits } from '../http/auth/shared-limits.ts'
import type { Audit } from '../observe/audit.ts'
import { Checkpoints } from '../signing/checkpoints.ts'
import { makeSigner, type Signer } from '../signing/signer.ts'
import type { TlsMaterial } from '../state/tls.ts'
import { addToPublic, type InternalOptions, makeInternalListener } from './internal-listener.ts'
import type { ListenerOptions } from './listeners.ts'
import { lowerPool } from './pool-priority.ts'

interface SigningOptions extends ListenerOptions {
  readonly audit: Audit
  /** @throws RequestError ERR_CLOCK while the clock cannot be trusted */
  readonly requireSteady: () => void
}

/** What signs in a server, from its construction until it is closed. */
export class Signing {
  readonly #signer: Signer
  readonly #checkpoints: Checkpoints | undefined
  readonly #sharedLimits: SharedLimits | undefined
  readonly #options: InternalOptions

  constructor (options: SigningOptions) {
    const { audit, redis } = options.loaded().config
    this.#signer = makeSigner(options)
    this.#checkpoints = audit?.checkpoint && new Checkpoints({ ...options, ...audit.checkpoint })
    this.#sharedLimits = redis && new SharedLimits(redis.url, options.health)
    this.#options = { ...options, signer: this.#signer, limits: new Limits(this.#sharedLimits) }
  }

  /** The internal listener, where it has its own address. */
  makeListener (tls: TlsMaterial): FastifyInstance {
    return makeInternalListener(this.#options, tls)
  }

  /** Makes the public listener the internal listener, too. */
  readonly addToPublic = (listener: FastifyInstance): void => { addToPublic(listener, this.#options) }

  async open (): Promise<void> {
    lowerPool()
    await this.#sharedLimits?.open()
  }

  /** Writes what is left for the audit log. */
  async close (): Promise<void> {
    this.#sharedLimits?.close()
    await this.#signer.close()
    await this.#checkpoints?.close()
  }
}
