// Builds the listeners from their parts: wired, not listening. The public listener publishes keys; the internal listener signs.

import { randomUUID } from 'node:crypto'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, LogController } from 'fastify'
import type { Client } from '../core/clients/policy.ts'
import { requireCertificate } from '../http/auth/client-certificate.ts'
import { serveHealth } from '../http/health.ts'
import { serveJwks } from '../http/jwks.ts'
import { countReplies, serveMetrics } from '../http/metrics.ts'
import { serveOpenapi } from '../http/openapi.ts'
import { answerProblems, refuseUnreadable, sendNotFound } from '../http/problem.ts'
import { helmetHeaders } from '../http/security-headers.ts'
import { serveSign } from '../http/sign.ts'
import type { Signer } from '../signing/signer.ts'
import type { Logger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { ReloadFailure } from '../state/reloader.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'
import type { Clock } from '../core/time.ts'

declare module 'fastify' {
  interface FastifyRequest { client: Client | null }
}

/** What both listeners share. */
export interface Parts {
  /** The snapshot in force: asked anew for each request, since a reload swaps it. */
  readonly current: () => Snapshot
  readonly clock: Clock
  readonly log: Logger
  readonly isDraining: () => boolean
  readonly metrics: Metrics
  /** Why the files are not served as they are. */
  readonly failure?: () => ReloadFailure | undefined
}

/** Slow clients are cut within these times (milliseconds). */
const REQUEST_TIMEOUT = 10_000
const HEADERS_TIMEOUT = 5000
const KEEP_ALIVE_TIMEOUT = 65_000
const CHECKING_INTERVAL = 1000

/** A listener without routes of its own: TLS, limits, headers, problem documents, health. */
async function makeListener (name: string, { clock, log, isDraining, metrics }: Parts, tls: TlsMaterial): Promise<FastifyInstance> {
  const security = await helmetHeaders()
  const listener = Fastify({
    https: { ...tlsOptions(tls), headersTimeout: HEADERS_TIMEOUT, connectionsCheckingInterval: CHECKING_INTERVAL },
    requestTimeout: REQUEST_TIMEOUT,
    keepAliveTimeout: KEEP_ALIVE_TIMEOUT,
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    return503OnClosing: false, // a draining server still answers what reaches it
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 64 },
    frameworkErrors: (_error, request, reply) => { void sendNotFound(request, reply.headers(security)) },
    clientErrorHandler: refuseUnreadable
  }) as unknown as FastifyInstance
  listener.decorateRequest('client', null)
  listener.addHook('onRequest', (_request, reply, done) => {
    void reply.headers(security)
    if (isDraining()) void reply.header('connection', 'close')
    done()
  })
  listener.removeAllContentTypeParsers()
  listener.addContentTypeParser('*', (_request, _body, done) => { done(null) }) // what has no route is a 404, whatever its body
  countReplies(listener, name, metrics)
  if (tls.clientCa) requireCertificate(listener, clock)
  answerProblems(listener)
  return listener
}

/** The listener that vendors reach. With an signer it is also the internal listener (`sign.listen: public`). */
export async function makePublicListener (parts: Parts, tls: TlsMaterial, signer?: Signer): Promise<FastifyInstance> {
  const listener = await makeListener('public', parts, tls)
  serveHealth(listener, parts)
  serveJwks(listener, parts)
  if (signer) await serveInternal(listener, parts, signer)
  return listener
}

/** The listener that internal services reach. */
export async function makeInternalListener (parts: Parts, tls: TlsMaterial, signer: Signer): Promise<FastifyInstance> {
  const listener = await makeListener('internal', parts, tls)
  serveHealth(listener, parts, { full: tls.clientCa === undefined }) // with one, probes are all that a stranger can ask
  await serveInternal(listener, parts, signer)
  return listener
}

async function serveInternal (listener: FastifyInstance, parts: Parts, signer: Signer): Promise<void> {
  serveMetrics(listener, parts.metrics)
  await serveOpenapi(listener)
  // In a scope of its own: its body parser is for this route alone.
  await listener.register(async scope => { serveSign(scope, { ...parts, signer }) })
}
