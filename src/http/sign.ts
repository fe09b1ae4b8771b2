// POST /sign: decode → authenticate → issue → reply. Refuses unknown members and coerces nothing; who may sign what
// is decided behind it, in signing/signer.ts.

import type { FastifyInstance } from 'fastify'
import { RequestError } from '../core/errors.ts'
import { type Check, compileSchema } from '../core/tokens/json-schema.ts'
import type { SigningRequest } from '../core/tokens/profile.ts'
import { Turns } from '../signing/turns.ts'
import type { Signer, Wanted } from '../signing/signer.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { makeAuthenticator } from './auth/authenticate.ts'
import { parseStrictJson } from './strict-json.ts'
import type { Clock } from '../core/time.ts'

/** Bytes. Claims are small; a token of more would not fit into the headers in which vendors take it. */
const BODY_LIMIT = 256 * 1024

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
  throw new RequestError('ERR_BAD_REQUEST', `${field} ${mismatch.message}`, { field })
}

/** The media types of RFC 7515 section 9.2, and the member of the answer that each wants alone. */
const JOSE_TYPES = new Map<string, Wanted>([['application/jose', 'token'], ['application/jose+json', 'jws']])

/** The first of the types in `Accept` that this route can answer with decides; anything else gets the whole answer. */
function readAccept (accept = ''): string {
  const types = accept.split(',').map(one => one.split(';')[0]!.trim().toLowerCase())
  return types.find(type => JOSE_TYPES.has(type) || ['application/json', 'application/*', '*/*'].includes(type)) ?? ''
}

/** Adds the signing route to a listener. */
export function serveSign (listener: FastifyInstance, parts: { signer: Signer, current: () => Snapshot, clock: Clock }): void {
  const authenticate = makeAuthenticator(parts)
  const turns = new Turns()
  listener.removeAllContentTypeParsers()
  listener.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  listener.post('/sign', {
    bodyLimit: BODY_LIMIT,
    // Before the body is read: who is not known gets no parser's time, and who has to wait keeps his bytes.
    onRequest: async (request, reply) => {
      request.client = await authenticate(request)
      await turns.take(request.client.name, reply.raw)
    },
    handler: async (request, reply) => {
      const type = readAccept(request.headers.accept)
      const wanted = JOSE_TYPES.get(type)
      const issued = await parts.signer.sign(request.client!, checkSignBody(request.body), request.id, wanted)
      request.log.debug({ client: request.client!.name, kid: issued.kid, jti: issued.jti, exp: issued.exp }, 'signed')
      void reply.header('cache-control', 'no-store')
      if (!wanted) return reply.send(issued)
      return reply.type(type).send(Buffer.from(issued.token ?? JSON.stringify(issued.jws))) // bytes: to a text Fastify would add a charset
    }
  })
}
