// The running server: opens the doors of a loaded configuration, and closes them without dropping a request.

import type { AddressInfo } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { FastifyInstance } from 'fastify'
import { makeInternalDoor, makePublicDoor, type Parts } from './app.ts'
import type { Address } from './config/units.ts'
import { fault } from './core/errors.ts'
import { type Clock, makeIssuer } from './issuance.ts'
import type { Loaded } from './load.ts'
import { openAudit } from './observe/audit.ts'
import type { Logger } from './observe/log.ts'
import { makeMetrics } from './observe/metrics.ts'
import type { Snapshot } from './store/snapshot.ts'

/** While it drains the server still answers, so that a balancer can notice `/readyz` (milliseconds). */
const DRAIN = 1000

export interface Server {
  /** The ports that are open: the asked ones, or those that the system chose for port 0. */
  readonly ports: { readonly public?: number, readonly internal?: number }
  close: () => Promise<void>
}

/** Opens the doors whose certificates were loaded. @throws FaultsError when an address cannot be had */
export async function startServer (loaded: Loaded, log: Logger, clock: Clock): Promise<Server> {
  const { doors: only, config, snapshot, publicTls, internalTls } = loaded
  let draining = false
  const current = (): Snapshot => snapshot
  const parts: Parts = { current, clock, log, isDraining: () => draining, metrics: makeMetrics({ current, clock }) }
  const { sign } = config
  const audit = openAudit(config.audit?.file)
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
  const publicPort = publicTls &&
    await open(await makePublicDoor(parts, publicTls, only === 'both' && sign?.listen === 'public' ? issuer : undefined), config.listen)
  const internalPort = internalTls && sign && sign.listen !== 'public'
    ? await open(await makeInternalDoor(parts, internalTls, issuer), sign.listen)
    : undefined
  return {
    ports: { ...(publicPort && { public: publicPort }), ...(internalPort && { internal: internalPort }) },
    close: async () => {
      draining = true
      await sleep(DRAIN)
      await close()
    }
  }
}
