// Discovery documents of the sets with `issuer: true`, for clouds and gateways that find a JWK Set by its issuer. They name
// what jwksd has: a JWK Set and the algs of its keys. There is no authorization endpoint: tokens are signed, not issued to users.

import type { FastifyInstance, FastifyReply } from 'fastify'
import { RequestError } from '../core/errors.ts'
import { type KeySet, publishedKeys } from '../core/keys/key-set.ts'
import { DEFAULT_SET_NAME } from '../keystore/list-keys.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Clock } from '../core/time.ts'
import { JWKS_PATH } from './jwks.ts'

/**
 * The document of an issuer, as Kubernetes has it for its service accounts: what a verifier of tokens needs.
 * @see OpenID Connect Discovery 1.0 section 3, RFC 8414 section 2
 */
export function describeIssuer (issuer: string, sets: readonly KeySet[], now: number): object {
  return {
    issuer,
    jwks_uri: issuer + JWKS_PATH,
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: [...new Set(sets.flatMap(set => publishedKeys(set, now)).map(({ alg }) => alg))].sort()
  }
}

/** Adds the documents: OpenID Connect's below the issuer, RFC 8414's with the issuer's path at the end. */
export function serveDiscovery (listener: FastifyInstance, { current, clock }: { current: () => Snapshot, clock: Clock }): void {
  const notFound = (): never => { throw new RequestError('ERR_NOT_FOUND', 'no such resource on this listener') }
  const answer = (name: string, reply: FastifyReply): FastifyReply => {
    const sets = current().published.get(name)
    const issuer = sets?.[0]?.issuer
    if (!sets || issuer === undefined) return notFound()
    const maxAge = Math.min(...sets.map(set => set.maxAge))
    const headers = { 'content-type': 'application/json', 'cache-control': `public, max-age=${maxAge}`, 'access-control-allow-origin': '*' }
    return reply.headers(headers).send(Buffer.from(JSON.stringify(describeIssuer(issuer, sets, clock()))))
  }
  const answerNamed = (set: string, reply: FastifyReply): FastifyReply => set === DEFAULT_SET_NAME ? notFound() : answer(set, reply)
  for (const document of ['openid-configuration', 'oauth-authorization-server']) {
    listener.get(`/.well-known/${document}`, (_request, reply) => answer(DEFAULT_SET_NAME, reply))
  }
  listener.get<{ Params: { set: string } }>('/:set/.well-known/openid-configuration', ({ params }, reply) => answerNamed(params.set, reply))
  listener.get<{ Params: { set: string } }>('/.well-known/oauth-authorization-server/:set', ({ params }, reply) => answerNamed(params.set, reply))
}
