// The running server: opens the listeners of a loaded configuration, and closes them without dropping a request.

import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server as TlsServer } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { makeInternalListener, makePublicListener, type Parts } from './listeners.ts'
import type { Address } from '../config/units.ts'
import { fault } from '../core/errors.ts'
import { makeSigner } from '../signing/signer.ts'
import type { Loaded } from '../state/load.ts'
import { openAudit } from '../observe/audit.ts'
import type { Logger } from '../observe/log.ts'
import { makeMetrics } from '../observe/metrics.ts'
import type { ReloadFailure } from '../state/reloader.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'
import type { Clock } from '../core/time.ts'

/** Descriptor of standard output, where audit records go without a file. */
const STDOUT = 1
/** While it drains the server still answers, so that a balancer can notice `/readyz` (milliseconds). */
const DRAIN = 1000
/** A request that is still open so long after that is cut: Node looks for slow clients no more once a listener closes. */
const GRACE = 8000

export interface Server {
  /** The ports that are open: the asked ones, or those that the system chose for port 0. */
  readonly ports: { readonly public?: number, readonly internal?: number }
  /** The state in force. */
  readonly current: () => Loaded
  /** Puts a checked state in force, for every request and connection that begins from now on. */
  readonly swap: (next: Loaded) => void
  /** Takes notice of a failed reload, or with undefined of its end. */
  readonly report: (failure: ReloadFailure | undefined) => void
  close: () => Promise<void>
}

/** Opens the listeners whose certificates were loaded. @throws FaultsError when an address cannot be had */
export async function startServer (loaded: Loaded, log: Logger, clock: Clock): Promise<Server> {
  const { listeners: only, config, publicTls, internalTls } = loaded
  let inForce = loaded
  let failure: ReloadFailure | undefined
  let draining = false
  const current = (): Snapshot => inForce.snapshot
  const metrics = makeMetrics({ current, clock })
  const parts: Parts = { current, clock, log, isDraining: () => draining, metrics, failure: () => failure }
  const { sign } = config
  const audit = openAudit(config.audit?.file ?? STDOUT)
  const signer = makeSigner({ ...parts, audit })
  const listeners: FastifyInstance[] = []
  const close = async (): Promise<void> => {
    await Promise.all(listeners.map(async listener => { await listener.close() }))
    audit.close()
  }
  const open = async (listener: FastifyInstance, { host, port }: Address): Promise<number> => {
    listeners.push(listener)
    await listener.listen({ host, port, listenTextResolver: address => `listening at ${address}` }).catch(async (error: NodeJS.ErrnoException) => {
      await close()
      throw fault(`${host}:${port}`, `cannot listen there (${error.code})`, 'choose another address, or end what uses it')
    })
    return (listener.server.address() as AddressInfo).port
  }
  const publicListener = publicTls && await makePublicListener(parts, publicTls, only === 'both' && sign?.listen === 'public' ? signer : undefined)
  const publicPort = publicListener && await open(publicListener, config.listen)
  const internalListener = internalTls && await makeInternalListener(parts, internalTls, signer)
  const internalPort = internalListener && await open(internalListener, sign!.listen as Address)
  return {
    ports: { ...(publicPort && { public: publicPort }), ...(internalPort && { internal: internalPort }) },
    current: () => inForce,
    swap: next => {
      changeCertificate(publicListener, inForce.publicTls, next.publicTls)
      changeCertificate(internalListener, inForce.internalTls, next.internalTls)
      inForce = next
      metrics.reloaded('done')
    },
    report: next => {
      failure = next
      if (failure) metrics.reloaded('refused')
    },
    close: async () => {
      draining = true
      await sleep(DRAIN)
      const cut = setTimeout(() => {
        log.warn('requests are still open: cutting them')
        for (const listener of listeners) listener.server.closeAllConnections()
      }, GRACE)
      await close()
      clearTimeout(cut)
    }
  }
}

/** Every option is passed again: Node drops those that are not, the client CA and the least version among them. */
function changeCertificate (listener: FastifyInstance | undefined, before: TlsMaterial | undefined, after: TlsMaterial | undefined): void {
  if (!listener || !after || isDeepStrictEqual(before, after)) return
  (listener.server as unknown as TlsServer).setSecureContext(tlsOptions(after))
}
