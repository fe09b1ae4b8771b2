// The running server: opens the doors of a loaded configuration, and closes them without dropping a request.

import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Server as TlsServer } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import type { FastifyInstance } from 'fastify'
import { makeInternalDoor, makePublicDoor, type Parts } from './listeners.ts'
import type { Address } from '../config/units.ts'
import { fault } from '../core/errors.ts'
import { type Clock, makeIssuer } from '../signing/signer.ts'
import type { Loaded } from '../state/load.ts'
import { openAudit } from '../observe/audit.ts'
import type { Logger } from '../observe/log.ts'
import { makeMetrics } from '../observe/metrics.ts'
import type { ReloadFailure } from '../state/reloader.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'

/** Descriptor of standard output, where audit records go without a file. */
const STDOUT = 1
/** While it drains the server still answers, so that a balancer can notice `/readyz` (milliseconds). */
const DRAIN = 1000
/** A request that is still open so long after that is cut: Node looks for slow clients no more once a door closes. */
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

/** Opens the doors whose certificates were loaded. @throws FaultsError when an address cannot be had */
export async function startServer (loaded: Loaded, log: Logger, clock: Clock): Promise<Server> {
  const { doors: only, config, publicTls, internalTls } = loaded
  let inForce = loaded
  let failure: ReloadFailure | undefined
  let draining = false
  const current = (): Snapshot => inForce.snapshot
  const metrics = makeMetrics({ current, clock })
  const parts: Parts = { current, clock, log, isDraining: () => draining, metrics, failure: () => failure }
  const { sign } = config
  const audit = openAudit(config.audit?.file ?? STDOUT)
  const issuer = makeIssuer({ ...parts, audit })
  const doors: FastifyInstance[] = []
  const close = async (): Promise<void> => {
    await Promise.all(doors.map(async door => { await door.close() }))
    audit.close()
  }
  const open = async (door: FastifyInstance, { host, port }: Address): Promise<number> => {
    doors.push(door)
    await door.listen({ host, port, listenTextResolver: address => `listening at ${address}` }).catch(async (error: NodeJS.ErrnoException) => {
      await close()
      throw fault(`${host}:${port}`, `cannot listen there (${error.code})`, 'choose another address, or end what uses it')
    })
    return (door.server.address() as AddressInfo).port
  }
  const publicDoor = publicTls && await makePublicDoor(parts, publicTls, only === 'both' && sign?.listen === 'public' ? issuer : undefined)
  const publicPort = publicDoor && await open(publicDoor, config.listen)
  const internalDoor = internalTls && await makeInternalDoor(parts, internalTls, issuer)
  const internalPort = internalDoor && await open(internalDoor, sign!.listen as Address)
  return {
    ports: { ...(publicPort && { public: publicPort }), ...(internalPort && { internal: internalPort }) },
    current: () => inForce,
    swap: next => {
      changeCertificate(publicDoor, inForce.publicTls, next.publicTls)
      changeCertificate(internalDoor, inForce.internalTls, next.internalTls)
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
        for (const door of doors) door.server.closeAllConnections()
      }, GRACE)
      await close()
      clearTimeout(cut)
    }
  }
}

/** Every option is passed again: Node drops those that are not, the client CA and the least version among them. */
function changeCertificate (door: FastifyInstance | undefined, before: TlsMaterial | undefined, after: TlsMaterial | undefined): void {
  if (!door || !after || isDeepStrictEqual(before, after)) return
  (door.server as unknown as TlsServer).setSecureContext(tlsOptions(after))
}
