// Builds the listeners from their parts: wired, not listening. The public listener publishes keys; the internal listener signs.

import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { requireCertificate } from '../http/auth/client-certificate.ts'
import type { Limits } from '../http/auth/limits.ts'
import { requireObserver } from '../http/auth/require-observer.ts'
import { serveDiscovery } from '../http/discovery.ts'
import { serveHealth } from '../http/health.ts'
import { makeFindJwks, serveJwks } from '../http/jwks.ts'
import { countReplies, serveMetrics } from '../http/metrics.ts'
import { serveOpenapi } from '../http/openapi.ts'
import { servePage } from '../http/page/serve.ts'
import { answerProblems, isProblem, refuseUnreadable, sendNotFound } from '../http/problem.ts'
import { RefusalDelay } from '../http/refusal-delay.ts'
import { securityHeaders } from '../http/security-headers.ts'
import { serveSign } from '../http/sign.ts'
import type { Signer } from '../signing/signer.ts'
import type { Logger } from '../observe/log.ts'
import type { Figures, Metrics } from '../observe/metrics.ts'
import type { FetchRecorder } from '../observe/fetch-recorder.ts'
import type { Health } from '../observe/health.ts'
import type { Loaded } from '../state/load.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import { adviseKeepAlive, makeHttpsServer } from './connections.ts'
import { answerPrepared } from './prepared-jwks.ts'

/** What a listener is built from; both listeners of a server share it. */
export interface ListenerOptions {
  /** The snapshot in force: read for each request, since a reload swaps it. */
  readonly current: () => Snapshot
  /** The whole state in force. */
  readonly loaded: () => Loaded
  readonly clock: Clock
  readonly log: Logger
  readonly isDraining: () => boolean
  readonly limits: Limits
  /** How long the server will drain (seconds). */
  readonly drain: () => number
  readonly metrics: Metrics
  /** What fails at present. */
  readonly health: Health
  /** How many connections may be open. */
  readonly connections: number
  /** What each consumer has fetched. */
  readonly fetches: () => Promise<readonly ConsumerFetches[]>
  /** Records the fetches of the JWK Sets. */
  readonly recorder?: FetchRecorder
  /** Metrics of the public listener, where it has a separate process. */
  readonly elsewhere?: () => Promise<readonly Figures[]>
}

/** No route has a schema for Fastify: bodies are checked strictly by core/tokens/json-schema.ts. Saves loading its compilers. */
const NO_SCHEMAS: NonNullable<FastifyServerOptions['schemaController']> = {
  compilersFactory: { buildValidator: () => refuseSchema, buildSerializer: () => refuseSchema }
}

function refuseSchema (): never {
  throw new Error('routes have no schema here: check the body in the handler')
}

/** Answers some requests and hands the others to the router. */
type BeforeRouter = (router: RequestListener, keepAlive: () => number) => RequestListener

/** A listener without routes yet: TLS, limits, headers, problem documents, health. */
function makeListener (name: string, options: ListenerOptions, tls: TlsMaterial, before: BeforeRouter = router => router): FastifyInstance {
  const { log, isDraining, drain, metrics, connections } = options
  const delay = new RefusalDelay()
  const keepAlive = (): number => adviseKeepAlive(listener.server, drain())
  const listener = Fastify({
    serverFactory: handle => makeHttpsServer(tlsOptions(tls), connections, before(handle, keepAlive)),
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    schemaController: NO_SCHEMAS,
    return503OnClosing: false, // a draining server still answers requests
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 64 },
    frameworkErrors: (_error, request, reply) => { void sendNotFound(request, reply.headers(securityHeaders(request.headers.host))) },
    clientErrorHandler: refuseUnreadable
  }) as unknown as FastifyInstance
  listener.addHook('onRequest', ({ headers }, reply, done) => {
    void reply.headers(securityHeaders(headers.host))
    done()
  })
  // When it is answered, not when it arrives: a connection must end with the last answer on it, even to an older request.
  listener.addHook('onSend', (_request, reply, payload, done) => {
    if (isDraining()) void reply.header('connection', 'close')
    else void reply.header('keep-alive', `timeout=${keepAlive()}`)
    const wait = isProblem(reply) ? delay.next() : 0
    if (wait === 0) done(null, payload)
    else setTimeout(done, wait, null, payload)
  })
  listener.removeAllContentTypeParsers()
  listener.addContentTypeParser('*', (_request, _body, done) => { done(null) }) // what has no route is a 404, whatever its body
  countReplies(listener, name, metrics)
  if (tls.clientCa) requireCertificate(listener, options)
  answerProblems(listener)
  return listener
}

/** The listener that vendors reach. With a signer it is also the internal listener (`sign.listen: public`). */
export function makePublicListener (options: ListenerOptions, tls: TlsMaterial, signer?: Signer): FastifyInstance {
  const findJwks = makeFindJwks(options)
  const listener = makeListener('public', options, tls, (router, keepAlive) => answerPrepared(router, { ...options, findJwks, keepAlive }))
  serveHealth(listener, options)
  serveJwks(listener, findJwks)
  serveDiscovery(listener, options)
  const { publicPage } = options.loaded().config
  if (publicPage) servePage(listener, async () => (await import('../http/page/public.ts')).renderPublic(options))
  if (signer) serveInternal(listener, options, signer, !publicPage && isForOperators(options))
  return listener
}

/** The listener that internal services reach. */
export function makeInternalListener (options: ListenerOptions, tls: TlsMaterial, signer: Signer): FastifyInstance {
  const listener = makeListener('internal', options, tls)
  serveHealth(listener, options, { audience: tls.clientCa ? 'probes' : 'operators' })
  serveInternal(listener, options, signer, true)
  return listener
}

/** A listener that vendors reach shows operators their page only where it knows who they are, or is a trial on localhost. */
function isForOperators ({ loaded }: ListenerOptions): boolean {
  const { url, sign } = loaded().config
  return sign?.metrics !== undefined || url.hostname === 'localhost'
}

function serveInternal (listener: FastifyInstance, options: ListenerOptions, signer: Signer, withPage: boolean): void {
  void listener.register((scope, _options, done) => {
    requireObserver(scope, options)
    serveMetrics(scope, options.metrics, options.elsewhere)
    serveOpenapi(scope)
    if (withPage) servePage(scope, async () => (await import('../http/page/internal.ts')).renderInternal(options))
    done()
  })
  // In a scope of its own: its body parser is only for this route.
  void listener.register((scope, _options, done) => {
    serveSign(scope, { ...options, signer })
    done()
  })
}
