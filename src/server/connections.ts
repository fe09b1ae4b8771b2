// The HTTPS server below a listener, with limits for each connection and for all of them: how many may be open, how long
// they may be idle, and that requests on one connection are answered in order.

import type { RequestListener, Server as HttpServer } from 'node:http'
import { createServer, type Server, type ServerOptions } from 'node:https'
import type { Socket } from 'node:net'
import { SecureResponse } from '../http/security-headers.ts'

/** Slow clients are cut within these times (milliseconds). */
const LIMITS = { headersTimeout: 5000, requestTimeout: 10_000, connectionsCheckingInterval: 1000 }
/** A connection on which nothing moves, such as an answer that nobody reads (milliseconds). */
const STALLED = 20_000
/** How long an idle connection is kept, and how long while many are open (milliseconds). */
const KEEP_ALIVE = 65_000
const SHORT_KEEP_ALIVE = 2000
const MANY = 1000
/** The shortest time that clients are advised: Node's own subtract up to two seconds, and keep nothing if none are left (seconds). */
const LEAST_ADVICE = 4
/** Requests that may wait on one connection for the answer to the one before; a connection with more is cut. */
const PIPELINED = 16

/** The server of a listener. Emits `turn` in place of `request` when a request may be answered. */
export function makeHttpsServer (options: ServerOptions, connections: number, handle: RequestListener): Server {
  // Node's own answers to a request without Host and to an unknown expectation have neither a body nor security headers.
  const own = { ...LIMITS, requireHostHeader: false, ServerResponse: SecureResponse, keepAliveTimeout: KEEP_ALIVE }
  const server = createServer({ ...options, ...own })
  server.on('checkExpectation', (request, response) => { server.emit('request', request, response) })
  server.setTimeout(STALLED)
  server.on('request', inTurn((request, response) => { server.emit('turn', request, response) }))
  server.on('turn', handle)
  limitConnections(server, connections)
  return server
}

/**
 * How long clients should keep an idle connection (seconds, for the header Keep-Alive): less than a drain, so that none sends
 * a request on a connection that is about to be closed.
 */
export function adviseKeepAlive ({ keepAliveTimeout }: Pick<HttpServer, 'keepAliveTimeout'>, drain: number): number {
  return Math.min(keepAliveTimeout / 1000, Math.max(LEAST_ADVICE, drain - 1))
}

/** Node keeps reading while an answer is prepared, up to 64 KB of requests: hundreds, each with an answer to buffer. */
function inTurn (handle: RequestListener): RequestListener {
  const waiting = new WeakMap<Socket, Array<Parameters<RequestListener>>>()
  const answer = (...[request, response]: Parameters<RequestListener>): void => {
    const { socket } = request
    response.once('close', () => {
      const next = waiting.get(socket)!.shift()
      if (next && !socket.destroyed) answer(...next)
      else waiting.delete(socket)
    })
    handle(request, response)
  }
  return (request, response) => {
    const line = waiting.get(request.socket)
    if (!line) {
      waiting.set(request.socket, [])
      answer(request, response)
    } else if (line.length < PIPELINED) line.push([request, response])
    else if (!request.socket.destroyed) cut(request.socket)
  }
}

/** Costs as little as it can: Node goes on to make requests of what it has read, and of each an error with its stack. */
function cut (socket: Socket): void {
  const { stackTraceLimit } = Error
  socket.on('data', () => {}) // Node's parser leaves the bytes after the current 16 KB to such a listener
  socket.prependOnceListener('close', () => { Error.stackTraceLimit = 0 })
  socket.once('close', () => { Error.stackTraceLimit = stackTraceLimit })
  socket.destroy()
}

/** Closes idle connections sooner while many are open, and at once when the limit is reached. */
function limitConnections (server: Server & Pick<HttpServer, 'keepAliveTimeout'>, most: number): void {
  let open = 0
  const count = (change: 1 | -1): void => {
    open += change
    server.keepAliveTimeout = open > Math.min(MANY, most / 2) ? SHORT_KEEP_ALIVE : KEEP_ALIVE
  }
  server.maxConnections = most
  server.on('connection', (socket: Socket) => {
    count(1)
    socket.once('close', () => { count(-1) })
  })
  server.on('drop', () => { server.closeIdleConnections() })
}
