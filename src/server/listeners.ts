// Builds listeners from their parts: wired, not listening. The public listener publishes keys; the one that signs is in
// internal-listener.ts, which the process of the public listener does not load.

import { randomUUID } from 'node:crypto'
import type { RequestListener } from 'node:http'
import type { ServerOptions } from 'node:https'
import Fastify, { type FastifyBaseLogger, type FastifyInstance, type FastifyServerOptions, LogController } from 'fastify'
import { serveDiscovery } from '../http/discovery.ts'
import { serveHealth } from '../http/health.ts'
import { makeFindJwks, serveJwks } from '../http/jwks.ts'
import { countReplies } from '../http/metrics.ts'
import { servePage } from '../http/page/serve.ts'
import { answerProblems, isProblem, refuseUnreadable, sendNotFound } from '../http/problem.ts'
import { RefusalDelay } from '../http/refusal-delay.ts'
import type { Logger } from '../observe/log.ts'
import type { Figures, Metrics } from '../observe/metrics.ts'
import type { FetchRecorder } from '../observe/fetch-recorder.ts'
import type { Health } from '../observe/health.ts'
import type { Loaded } from '../state/load.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type TlsMaterial, tlsOptions } from '../state/tls.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import { type Challenges, endValidation } from './acme/challenge.ts'
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
  /** How long the server will drain (seconds). */
  readonly drain: () => number
  readonly metrics: Metrics
  /** What fails at present. */
  readonly health: Health
  /** Answers validations on the public listener. */
  readonly challenges?: Challenges
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
export function makeListener (
  name: string, options: ListenerOptions, tls: TlsMaterial,
  { before = router => router, secure = tlsOptions(tls) }: { before?: BeforeRouter, secure?: ServerOptions | undefined } = {}
): FastifyInstance {
  const { log, isDraining, drain, metrics, connections } = options
  const delay = new RefusalDelay()
  const keepAlive = (): number => adviseKeepAlive(listener.server, drain())
  const listener = Fastify({
    serverFactory: handle => makeHttpsServer(secure, connections, before(handle, keepAlive)),
    loggerInstance: log as FastifyBaseLogger,
    logController: new LogController({ disableRequestLogging: true }),
    genReqId: () => randomUUID(),
    childLoggerFactory: logger => logger, // one for each request is made also where it logs nothing
    schemaController: NO_SCHEMAS,
    return503OnClosing: false, // a draining server still answers requests
    forceCloseConnections: 'idle',
    routerOptions: { maxParamLength: 64 },
    frameworkErrors: (_error, request, reply) => { void sendNotFound(request, reply) },
    clientErrorHandler: refuseUnreadable
  }) as unknown as FastifyInstance
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
  answerProblems(listener)
  return listener
}

/**
 * The listener that vendors reach.
 * @param addInternal makes it the internal listener, too (`sign.listen: public`)
 */
export function makePublicListener (
  options: ListenerOptions, tls: TlsMaterial, addInternal?: (listener: FastifyInstance) => void
): FastifyInstance {
  const findJwks = makeFindJwks(options)
  const listener = makeListener('public', options, tls, {
    before: (router, keepAlive) => answerPrepared(router, { ...options, findJwks, keepAlive }),
    secure: options.challenges?.addTo(tlsOptions(tls))
  })
  listener.server.prependListener('secureConnection', endValidation)
  serveHealth(listener, options)
  serveJwks(listener, findJwks)
  serveDiscovery(listener, options)
  const { publicPage } = options.loaded().config
  if (publicPage) servePage(listener, async () => (await import('../http/page/public.ts')).renderPublic(options))
  addInternal?.(listener)
  return listener
}
