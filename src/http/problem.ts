// Problem documents (RFC 9457): the only map from error codes to HTTP status. For an unexpected error the caller sees
// only "500".

import { randomUUID } from 'node:crypto'
import type { Socket } from 'node:net'
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { type ErrorCode, RequestError } from '../core/errors.ts'
import { collectMethods } from './methods.ts'
import { STATUS_CODES } from './node-http.ts'

/** Status and title of each code. */
export const STATUS: Record<ErrorCode, readonly [status: number, title: string]> = {
  ERR_BAD_REQUEST: [400, 'The request is malformed'],
  ERR_UNAUTHENTICATED: [401, 'Authentication is needed'],
  ERR_FORBIDDEN: [403, 'The policy does not allow this'],
  ERR_FORCED_CLAIM: [403, 'The claim is fixed by the policy'],
  ERR_NOT_FOUND: [404, 'There is nothing here'],
  ERR_METHOD_NOT_ALLOWED: [405, 'The URL has no such method'],
  ERR_NOT_ACCEPTABLE: [406, 'The token has another form'],
  ERR_REQUEST_TIMEOUT: [408, 'The request took too long'],
  ERR_PAYLOAD_TOO_LARGE: [413, 'The body is too large'],
  ERR_UNSUPPORTED_MEDIA_TYPE: [415, 'The media type is not supported'],
  ERR_RULE_BROKEN: [422, 'The vendor would reject the token'],
  ERR_RATE_LIMITED: [429, 'Too many requests'],
  ERR_HEADERS_TOO_LARGE: [431, 'The headers are too large'],
  ERR_INTERNAL: [500, 'Internal error'],
  ERR_NO_ACTIVE_KEY: [503, 'No key can sign now'],
  ERR_BUSY: [503, 'The service is busy'],
  ERR_AUDIT: [503, 'The audit log cannot be written'],
  ERR_CLOCK: [503, 'The clock is not steady']
}

/** Where each code is described, under its name in lower case. */
export const DOCUMENTATION = 'https://github.com/jwksd/jwksd/blob/main/docs/errors.md'

const MEDIA_TYPE = 'application/problem+json'

/** Errors of Node's parser; anything else is not HTTP. */
const UNREADABLE: Record<string, RequestError> = {
  ERR_HTTP_REQUEST_TIMEOUT: new RequestError('ERR_REQUEST_TIMEOUT', 'the request was not whole in time'),
  HPE_HEADER_OVERFLOW: new RequestError('ERR_HEADERS_TOO_LARGE', 'the headers are larger than this listener takes')
}

/** One body for every failed authentication, whatever failed. */
export function unauthenticated (): RequestError {
  return new RequestError('ERR_UNAUTHENTICATED', 'a valid API key or token is needed as Authorization: Bearer …, or a client certificate where this listener takes them', {
    hint: 'the log of the server says why; a new API key: jwksd client key <client>'
  })
}

/** Fastify's own errors as jwksd words them; undefined for those not listed. */
function fromFastify ({ code, statusCode, message }: FastifyError): RequestError | undefined {
  switch (code) {
    case 'FST_ERR_CTP_INVALID_MEDIA_TYPE':
      return new RequestError('ERR_UNSUPPORTED_MEDIA_TYPE', 'the body must have Content-Type: application/json', { hint: 'send JSON with that header' })
    case 'FST_ERR_CTP_BODY_TOO_LARGE':
      return new RequestError('ERR_PAYLOAD_TOO_LARGE', 'the body is larger than this listener takes')
    default:
      return statusCode !== undefined && statusCode >= 400 && statusCode < 500
        ? new RequestError('ERR_BAD_REQUEST', message)
        : undefined
  }
}

/** The problem document of `error`. @param id of the request */
function writeProblem ({ code, message, details: { retryAfter: _, allow: __, ...details } }: RequestError, id: string): Buffer {
  const [status, title] = STATUS[code]
  const problem = { type: `${DOCUMENTATION}#${code.toLowerCase()}`, title, status, detail: message, instance: `urn:uuid:${id}`, code, ...details }
  return Buffer.from(JSON.stringify(problem))
}

/** Whether a reply is a problem document. */
export function isProblem (reply: FastifyReply): boolean {
  return reply.getHeader('content-type') === MEDIA_TYPE
}

/** Sends the problem document of `error`. */
function sendProblem (request: FastifyRequest, reply: FastifyReply, error: RequestError): FastifyReply {
  const [status] = STATUS[error.code]
  const { retryAfter, allow } = error.details
  if (allow) void reply.header('allow', allow.join(', '))
  if (retryAfter !== undefined) void reply.header('retry-after', String(retryAfter))
  if (status === 401 && !reply.hasHeader('www-authenticate')) void reply.header('www-authenticate', 'Bearer realm="jwksd"')
  return reply.code(status).header('cache-control', 'no-store').type(MEDIA_TYPE).send(writeProblem(error, request.id))
}

/** The answer to an unknown or malformed URL. */
export function sendNotFound (request: FastifyRequest, reply: FastifyReply): FastifyReply {
  return sendProblem(request, reply, new RequestError('ERR_NOT_FOUND', 'no such resource on this listener'))
}

/** To plain HTTP at a port that speaks TLS, before any handshake. */
const PLAIN_TEXT = 'This port speaks TLS: use https:// in place of http://\n'
const TO_PLAIN_HTTP = `HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain\r\nContent-Length: ${PLAIN_TEXT.length}\r\nConnection: close\r\n\r\n${PLAIN_TEXT}`

/** Answers what is not HTTP, or not in time, by its problem document, and hangs up. What is neither TLS nor HTTP gets no answer. */
export function refuseUnreadable ({ code }: NodeJS.ErrnoException, socket: Socket & { _parent?: Socket }): void {
  if (code === 'ERR_SSL_HTTP_REQUEST') socket._parent?.write(TO_PLAIN_HTTP) // the connection below the TLS that never began
  if (!/^(HPE|ERR_HTTP)_/.test(code!)) {
    socket.destroy() // not destroySoon: data written before the handshake would wait for it forever
    return
  }
  const error = UNREADABLE[code!] ?? new RequestError('ERR_BAD_REQUEST', 'this is not a request in HTTP/1.1')
  const [status] = STATUS[error.code]
  const body = writeProblem(error, randomUUID())
  const headers = `Content-Type: ${MEDIA_TYPE}\r\nContent-Length: ${body.length}\r\nConnection: close`
  socket.write(`HTTP/1.1 ${status} ${STATUS_CODES[status]}\r\n${headers}\r\n\r\n${body}`)
  socket.destroySoon()
}

/** What a caller sees of `error`; undefined for an unexpected one, whose details are hidden. */
export function toRequestError (error: FastifyError | RequestError): RequestError | undefined {
  return error instanceof RequestError ? error : fromFastify(error)
}

/** Makes every error and every unknown route of a listener a problem document. */
export function answerProblems (listener: FastifyInstance): void {
  const methodsOf = collectMethods(listener)
  listener.addHook('onRequest', ({ raw, headers }, _reply, done) => {
    const lacksHost = raw.httpVersion === '1.1' && headers.host === undefined // RFC 9112 section 3.2
    done(lacksHost ? new RequestError('ERR_BAD_REQUEST', 'a request in HTTP/1.1 needs the header Host') : undefined)
  })
  listener.setNotFoundHandler((request, reply) => {
    const allow = methodsOf(request.url.split('?')[0]!)
    if (allow.length === 0) return sendNotFound(request, reply)
    return sendProblem(request, reply, new RequestError('ERR_METHOD_NOT_ALLOWED', `this URL has the methods ${allow.join(', ')}`, { allow }))
  })
  listener.setErrorHandler((error: FastifyError | RequestError, request, reply) => {
    const known = toRequestError(error)
    if (!known) request.log.error({ reqId: request.id, err: error }, 'unexpected error')
    return sendProblem(request, reply, known ?? new RequestError('ERR_INTERNAL', 'unexpected error; its cause is in the log under this instance'))
  })
}
