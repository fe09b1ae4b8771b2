// POST /sign: authenticate -> parse -> (signing/signer.ts: authorize -> key -> prepare -> sign -> record) -> reply. Rejects
// unknown members and coerces nothing. Whatever is refused here is a decision, too, and is recorded.

import type { FastifyInstance, FastifyRequest } from 'fastify'
import { RequestError } from '../core/errors.ts'
import { didYouMean } from '../core/near-match.ts'
import { type Check, compileSchema } from '../core/tokens/json-schema.ts'
import type { SigningRequest } from '../core/tokens/profile.ts'
import type { Metrics } from '../observe/metrics.ts'
import { Turns } from '../signing/turns.ts'
import { askerOf, type Caller, type Signer } from '../signing/signer.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { makeAuthenticator } from './auth/authenticate.ts'
import type { Limits } from './auth/limits.ts'
import { checkBodyForm, readAccept } from './accept.ts'
import { toRequestError } from './problem.ts'
import { parseStrictJson } from './strict-json.ts'
import type { Clock } from '../core/time.ts'

/** Bytes. Claims are small; a token of more would not fit into the headers in which vendors take it. */
const BODY_LIMIT = 64 * 1024

/** What a request may hold, as a JSON Schema. */
export const signBody = {
  type: 'object',
  properties: {
    profile: { type: 'string', minLength: 1, maxLength: 64, description: 'may be left out when the client has exactly one' },
    claims: { type: 'object', description: 'claims beside those that the profile forces' },
    payload: { description: 'for a payload profile: a JSON value, or a string that is signed as its exact UTF-8 bytes' },
    payload_b64u: { type: 'string', description: 'for a payload profile: the bytes to sign, base64url without padding' },
    ttl: { type: 'integer', minimum: 1, maximum: 31536000, description: 'life of the token in seconds' }
  },
  additionalProperties: false
} as const

/** Compiled for the first request: it would cost a tenth of a start. */
let check: Check | undefined

/** @throws RequestError ERR_BAD_REQUEST naming the field */
export function checkSignBody (body: unknown): SigningRequest {
  check ??= compileSchema(signBody)
  const mismatch = check(body)
  if (!mismatch) return body as SigningRequest
  const field = mismatch.path || 'body'
  const known = Object.keys(signBody.properties)
  const unknown = mismatch.path !== '' && !known.includes(mismatch.path)
  throw new RequestError('ERR_BAD_REQUEST', `${field} ${mismatch.message}`, {
    field, ...(unknown && { hint: didYouMean(field, known, `if it is a claim, send it in "claims": {"claims":{${JSON.stringify(field)}:…}}`) })
  })
}

interface SignOptions {
  readonly signer: Signer
  readonly current: () => Snapshot
  readonly clock: Clock
  readonly limits: Limits
  readonly metrics: Pick<Metrics, 'startWaiting'>
}

/** Adds the signing route to a listener. */
export function serveSign (listener: FastifyInstance, options: SignOptions): void {
  const { signer, metrics } = options
  const authenticate = makeAuthenticator(options)
  const callers = new WeakMap<FastifyRequest, Caller>()
  /** Requests that the signer decides: it records its refusals itself. */
  const handedOver = new WeakSet<FastifyRequest>()
  const turns = new Turns()
  listener.removeAllContentTypeParsers()
  listener.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  listener.addHook('onError', async (request, _reply, error) => {
    const caller = callers.get(request)
    const asker = caller ? askerOf(caller) : { request: request.id, address: request.ip }
    if (!handedOver.has(request)) await signer.refuse(asker, toRequestError(error))
  })
  listener.post('/sign', {
    bodyLimit: BODY_LIMIT,
    // Before the body is read: an unknown caller gets no parser's time, and one that has to wait keeps its bytes.
    onRequest: async (request, reply) => {
      const { name } = await authenticate(request, found => {
        callers.set(request, { ...found, request: request.id, address: request.ip })
      })
      checkBodyForm(request.headers)
      const endWaiting = metrics.startWaiting()
      await turns.take(name, reply.raw).finally(endWaiting)
    },
    handler: async (request, reply) => {
      const accepted = readAccept(request.headers.accept)
      const body = checkSignBody(request.body)
      handedOver.add(request)
      const result = await signer.sign(callers.get(request)!, body, accepted.map(({ member }) => member))
      void reply.header('cache-control', 'no-store')
      const { type, member } = accepted.find(({ member }) => member === 'whole' || result[member] !== undefined)!
      if (member === 'whole') return reply.send(result)
      // Bytes: to a text Fastify would add a charset.
      return reply.type(type).send(Buffer.from(result.token ?? JSON.stringify(result.jws)))
    }
  })
}
