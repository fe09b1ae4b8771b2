// A listener in this process, over real TLS, with an injected clock and a log that can be read.

import type { FastifyInstance } from 'fastify'
import { readFile, writeFile } from 'node:fs/promises'
import type { AddressInfo } from 'node:net'
import { parse, stringify } from 'yaml'
import type { Fault } from '../../src/core/errors.ts'
import type { ConsumerFetches } from '../../src/core/keys/fetches.ts'
import { Limits } from '../../src/http/auth/limits.ts'
import type { SharedLimits } from '../../src/http/auth/shared-limits.ts'
import { addToPublic, makeInternalListener } from '../../src/server/internal-listener.ts'
import { makePublicListener } from '../../src/server/listeners.ts'
import { makeSigner, type Signer } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { Audit } from '../../src/observe/audit.ts'
import { FetchRecorder } from '../../src/observe/fetch-recorder.ts'
import { Health } from '../../src/observe/health.ts'
import { readLedger } from '../../src/observe/ledger.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { makeMetrics } from '../../src/observe/metrics.ts'
import type { TlsMaterial } from '../../src/state/tls.ts'
import type { Deployment } from './deployment.ts'
import { type Fetch, makeFetch } from './request.ts'
import type { SignatureQueue } from '../../src/core/tokens/jws.ts'

/** A moment for tests that inject their time (seconds). Certificates are made now, so it is now. */
export const NOW = Math.floor(Date.now() / 1000)

interface ListenerOptions {
  queue?: SignatureQueue
  audit?: Audit
  /** Seconds; a test may move it. */
  time?: { now: number }
  draining?: { yes: boolean }
  /** Limits that other replicas share. */
  shared?: SharedLimits
  /** Records the fetches of the JWK Sets. */
  record?: true
  /** Called on the listener before it listens: a test may add a route of its own. */
  prepare?: (listener: FastifyInstance) => void
}

interface Opened {
  readonly listener: FastifyInstance
  readonly origin: string
  readonly port: number
  readonly fetch: Fetch
  readonly signer: Signer
  /** What it has recorded, with `record`. */
  readonly recorder: FetchRecorder
}

export interface OpenListener extends Opened {
  /** Log lines until now. */
  readonly log: string[]
}

export interface InternalListener extends Opened {
  readonly tls: TlsMaterial
  /** Log records until now. */
  readonly log: Array<Record<string, unknown>>
  /** The last reason for which somebody was not let in. */
  readonly reason: () => string
}

interface Teardown { teardown: (end: () => Promise<void>) => void }
type Files = Pick<Deployment, 'file' | 'ca'>
type Parts = Parameters<typeof makeInternalListener>[0]

/** Opens what `make` makes. It is closed with its test. */
async function open (
  t: Teardown, { file, ca }: Files, which: 'both' | 'internal', write: (line: string) => void, options: ListenerOptions,
  make: (parts: Parts, loaded: Awaited<ReturnType<typeof load>>) => FastifyInstance
): Promise<Opened> {
  const { time = { now: NOW }, draining = { yes: false } } = options
  const loaded = await load({ file, env: {}, now: time.now, listeners: which })
  const log = makeLogger('trace', { tty: false, destination: { write } })
  const clock = (): number => time.now
  const current = () => loaded.snapshot
  const metrics = makeMetrics({ current, clock, fetches: async () => [], certificates: () => ({}), failures: () => new Map() })
  const audit = options.audit ?? new Audit(loaded.config.audit!.file!, { clock })
  const signer = makeSigner({ current, audit, clock, metrics, log, ...(options.queue && { queue: options.queue }) })
  const state = { isDraining: () => draining.yes, drain: () => 5, health: new Health(log, clock) }
  const fetches = async (): Promise<readonly ConsumerFetches[]> => await readLedger(loaded.config)
  const recorder = new FetchRecorder(() => loaded.config, clock)
  const limits = new Limits(options.shared)
  const sources = { limits, signer, current, loaded: () => loaded, fetches, clock, log, metrics }
  const parts = { ...state, ...sources, connections: 1000, ...(options.record && { recorder }) }
  const listener = make(parts, loaded)
  options.prepare?.(listener)
  await listener.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => {
    listener.server.closeAllConnections()
    await listener.close()
    await signer.close()
    audit.close()
  })
  const { port } = listener.server.address() as AddressInfo
  return { listener, origin: `https://localhost:${port}`, port, signer, recorder, fetch: makeFetch(ca) }
}

/** Loads a deployment and opens its public listener with `/sign`. */
export async function openListener (t: Teardown, deployment: Files, options: ListenerOptions = {}): Promise<OpenListener> {
  const log: string[] = []
  const opened = await open(t, deployment, 'both', line => { log.push(line) }, options,
    (parts, { publicTls }) => makePublicListener(parts, publicTls!, listener => { addToPublic(listener, parts) }))
  return { ...opened, log }
}

/**
 * Loads a deployment and opens its internal listener.
 * @param time seconds; a test may move it
 * @param failures that the server has, by part
 */
export async function openInternalListener (
  t: Teardown, deployment: Files, time: { now: number }, failures: Record<string, Fault[]> = {}
): Promise<InternalListener> {
  const log: Array<Record<string, unknown>> = []
  let tls: TlsMaterial | undefined
  const write = (line: string): void => { log.push(JSON.parse(line) as Record<string, unknown>) }
  const opened = await open(t, deployment, 'internal', write, { time }, (parts, { internalTls }) => {
    for (const [part, faults] of Object.entries(failures)) parts.health.fail(part, faults, 'a failure of the test')
    tls = internalTls!
    return makeInternalListener(parts, tls)
  })
  const reason = (): string => String(log.filter(({ msg }) => msg === 'not authenticated').at(-1)?.reason)
  return { ...opened, tls: tls!, log, reason }
}

/** Adds clients to those of a configuration. */
export async function addClients (file: string, clients: Record<string, unknown>): Promise<void> {
  const config = parse(await readFile(file, 'utf8')) as { clients: object }
  await writeFile(file, stringify({ ...config, clients: { ...config.clients, ...clients } }, { aliasDuplicateObjects: false }))
}
