// POST /sign: decode → authenticate → issue → reply. Refuses unknown members and coerces nothing; who may sign what
// is decided behind it, in issuance.ts.

import { Ajv } from 'ajv'
import type { FastifyInstance } from 'fastify'
import Type from 'typebox'
import { SignerError } from '../core/errors.ts'
import type { SigningRequest } from '../core/profile.ts'
import type { Clock, Issuer } from '../issuance.ts'
import type { Snapshot } from '../store/snapshot.ts'
import { makeAuthenticator } from './authenticate.ts'
import { parseStrictJson } from './strict-json.ts'

/** Bytes. Claims are small; a token of more would not fit into the headers in which vendors take it. */
const BODY_LIMIT = 256 * 1024

export const signBody = Type.Object({
  profile: Type.Optional(Type.String({ minLength: 1, maxLength: 64, description: 'may be left out when the client has exactly one' })),
  claims: Type.Optional(Type.Record(Type.String(), Type.Unknown(), { description: 'claims beside those that the profile forces' })),
  ttl: Type.Optional(Type.Integer({ minimum: 1, maximum: 31536000, description: 'life of the token in seconds' }))
}, { additionalProperties: false })

const validate = new Ajv({ coerceTypes: false, removeAdditional: false }).compile(signBody)

/** @throws SignerError ERR_BAD_REQUEST naming the field */
export function checkSignBody (body: unknown): SigningRequest {
  if (validate(body)) return body as SigningRequest
  const { instancePath, params, message, keyword } = validate.errors![0]!
  const field = [...instancePath.split('/').slice(1), ...(keyword === 'additionalProperties' ? [params.additionalProperty] : [])].join('.') || 'body'
  const what = keyword === 'additionalProperties' ? 'is not a member that is taken' : message
  throw new SignerError('ERR_BAD_REQUEST', `${field} ${what}`, { field })
}

/** Adds the signing route to a door. */
export function serveSign (door: FastifyInstance, parts: { issuer: Issuer, current: () => Snapshot, clock: Clock }): void {
  const authenticate = makeAuthenticator(parts)
  door.removeAllContentTypeParsers()
  door.addContentTypeParser('application/json', { parseAs: 'buffer', bodyLimit: BODY_LIMIT }, (_request, body, done) => {
    try {
      done(null, parseStrictJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  door.post('/sign', {
    bodyLimit: BODY_LIMIT,
    // Before the body is read: who is not known gets no parser's time.
    onRequest: async request => { request.client = await authenticate(request) },
    handler: async (request, reply) => {
      const issued = await parts.issuer.issue(request.client!, checkSignBody(request.body), request.id)
      request.log.debug({ client: request.client!.name, kid: issued.kid, jti: issued.jti, exp: issued.exp }, 'signed')
      return reply.header('cache-control', 'no-store').send(issued)
    }
  })
}
