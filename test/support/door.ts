// The public door with signing in this process, over real TLS, with an injected clock and a log that can be read.

import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { makePublicDoor } from '../../src/server/listeners.ts'
import { makeIssuer, type SignatureQueue } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { type Audit, openAudit } from '../../src/observe/audit.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { makeMetrics } from '../../src/observe/metrics.ts'
import type { Deployment } from './deployment.ts'
import { type Fetch, makeFetch } from './request.ts'

/** A moment for tests that inject their time (seconds). Certificates are made now, so it is now. */
export const NOW = Math.floor(Date.now() / 1000)

interface DoorOptions {
  queue?: SignatureQueue
  audit?: Audit
  /** Seconds; a test may move it. */
  time?: { now: number }
  draining?: { yes: boolean }
  /** Called on the door before it listens: a test may add a route of its own. */
  prepare?: (door: FastifyInstance) => void
}

export interface OpenDoor {
  readonly door: FastifyInstance
  readonly origin: string
  readonly port: number
  readonly fetch: Fetch
  readonly log: string[]
}

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** Loads a deployment and opens its public door with `/sign`. It is closed with its test. */
export async function openDoor (t: Teardown, deployment: Deployment, options: DoorOptions = {}): Promise<OpenDoor> {
  const { time = { now: NOW }, draining = { yes: false } } = options
  const log: string[] = []
  const { snapshot, publicTls, config } = await load({ file: deployment.file, env: {}, now: time.now, doors: 'both' })
  const logger = makeLogger('trace', { tty: false, destination: { write: (line: string) => { log.push(line) } } })
  const clock = (): number => time.now
  const current = () => snapshot
  const metrics = makeMetrics({ current, clock })
  const audit = options.audit ?? openAudit(config.audit!.file)
  const issuer = makeIssuer({ current, audit, clock, metrics, ...(options.queue && { queue: options.queue }) })
  const door = await makePublicDoor({ current, clock, log: logger, metrics, isDraining: () => draining.yes }, publicTls!, issuer)
  options.prepare?.(door)
  await door.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    door.server.closeAllConnections()
    await door.close()
    audit.close()
  })
  const { port } = door.server.address() as AddressInfo
  return { door, origin: `https://localhost:${port}`, port, fetch: makeFetch(deployment.ca), log }
}
