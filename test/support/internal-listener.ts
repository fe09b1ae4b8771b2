// The internal listener in this process, over real TLS, with an injected clock and a log that can be read.

import type { FastifyInstance } from 'fastify'
import type { AddressInfo } from 'node:net'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { parse, stringify } from 'yaml'
import type { Fault } from '../../src/core/errors.ts'
import { makeInternalListener } from '../../src/server/listeners.ts'
import { makeSigner, type Signer } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { Audit } from '../../src/observe/audit.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { makeMetrics } from '../../src/observe/metrics.ts'
import type { TlsMaterial } from '../../src/state/tls.ts'
import type { Deployment } from './deployment.ts'
import { makeFetch, type Fetch } from './request.ts'

export interface InternalListener {
  readonly listener: FastifyInstance
  readonly origin: string
  readonly port: number
  readonly tls: TlsMaterial
  readonly signer: Signer
  readonly fetch: Fetch
  /** Log records until now. */
  readonly log: Array<Record<string, unknown>>
  /** The last reason for which somebody was not let in. */
  readonly reason: () => string
}

interface Teardown { teardown: (end: () => Promise<void>) => void }

/**
 * Loads a deployment and opens its internal listener. It is closed with its test.
 * @param time seconds; a test may move it
 * @param failures that the server has, by part
 */
export async function openInternalListener (
  t: Teardown, deployment: Deployment, time: { now: number }, failures: Record<string, Fault[]> = {}
): Promise<InternalListener> {
  const log: Array<Record<string, unknown>> = []
  const { snapshot, internalTls } = await load({ file: deployment.file, env: {}, now: time.now, listeners: 'internal' })
  const logger = makeLogger('trace', {
    tty: false, destination: { write: (line: string) => { log.push(JSON.parse(line) as Record<string, unknown>) } }
  })
  const clock = (): number => time.now
  const current = () => snapshot
  const audit = new Audit(path.join(deployment.directory, 'audit.jsonl'), { clock })
  const metrics = makeMetrics({ current, clock })
  const signer = makeSigner({ current, audit, clock, metrics, log: logger })
  const health = new Health(logger, clock)
  for (const [part, faults] of Object.entries(failures)) health.fail(part, faults, 'a failure of the test')
  const parts = { current, clock, log: logger, metrics, health, isDraining: () => false, connections: 1000 }
  const listener = makeInternalListener(parts, internalTls!, signer)
  await listener.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    listener.server.closeAllConnections()
    await listener.close()
    await signer.close()
    audit.close()
  })
  const { port } = listener.server.address() as AddressInfo
  const reason = (): string => String(log.filter(({ msg }) => msg === 'not authenticated').at(-1)?.reason)
  return { listener, origin: `https://localhost:${port}`, port, tls: internalTls!, signer, fetch: makeFetch(deployment.ca), log, reason }
}

/** Adds clients to those of a configuration. */
export async function addClients (file: string, clients: Record<string, unknown>): Promise<void> {
  const config = parse(await readFile(file, 'utf8')) as { clients: object }
  await writeFile(file, stringify({ ...config, clients: { ...config.clients, ...clients } }, { aliasDuplicateObjects: false }))
}
