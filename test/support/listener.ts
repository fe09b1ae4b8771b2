// The public listener with signing in this process, over real TLS, with an injected clock and a log that can be read.

import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { makePublicListener } from '../../src/server/listeners.ts'
import { makeSigner } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { Audit } from '../../src/observe/audit.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { makeMetrics } from '../../src/observe/metrics.ts'
import type { Deployment } from './deployment.ts'
import { type Fetch, makeFetch } from './request.ts'
import type { SignatureQueue } from '../../src/signing/queue.ts'

/** A moment for tests that inject their time (seconds). Certificates are made now, so it is now. */
export const NOW = Math.floor(Date.now() / 1000)

interface ListenerOptions {
  queue?: SignatureQueue
  audit?: Audit
  /** Seconds; a test may move it. */
  time?: { now: number }
  draining?: { yes: boolean }
  /** Called on the listener before it listens: a test may add a route of its own. */
  prepare?: (listener: FastifyInstance) => void
}

export interface OpenListener {
  readonly listener: FastifyInstance
  readonly origin: string
  readonly port: number
  readonly fetch: Fetch
  readonly log: string[]
}

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** Loads a deployment and opens its public listener with `/sign`. It is closed with its test. */
export async function openListener (t: Teardown, deployment: Pick<Deployment, 'file' | 'ca'>, options: ListenerOptions = {}): Promise<OpenListener> {
  const { time = { now: NOW }, draining = { yes: false } } = options
  const log: string[] = []
  const { snapshot, publicTls, config } = await load({ file: deployment.file, env: {}, now: time.now, listeners: 'both' })
  const logger = makeLogger('trace', { tty: false, destination: { write: (line: string) => { log.push(line) } } })
  const clock = (): number => time.now
  const current = () => snapshot
  const metrics = makeMetrics({ current, clock })
  const audit = options.audit ?? new Audit(config.audit!.file!, { clock })
  const signer = makeSigner({ current, audit, clock, metrics, log: logger, ...(options.queue && { queue: options.queue }) })
  const health = new Health(logger, clock)
  const parts = { current, clock, log: logger, metrics, health, isDraining: () => draining.yes, connections: 1000 }
  const listener = makePublicListener(parts, publicTls!, signer)
  options.prepare?.(listener)
  await listener.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    listener.server.closeAllConnections()
    await listener.close()
    await signer.close()
    audit.close()
  })
  const { port } = listener.server.address() as AddressInfo
  return { listener, origin: `https://localhost:${port}`, port, fetch: makeFetch(deployment.ca), log }
}
