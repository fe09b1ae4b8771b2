// Who may read what an operator reads: the page, metrics and the description of the API. With `sign.metrics` only the clients
// that it names, with any authentication method; without it, everybody who reaches the listener. A browser asks for a name
// and a password (Basic, RFC 7617): the password is an API key. /sign takes no Basic: a browser would send it unasked.

import type { FastifyInstance } from 'fastify'
import { RequestError } from '../../core/errors.ts'
import type { Clock } from '../../core/time.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { makeAuthenticator } from './authenticate.ts'
import type { Limits } from './limits.ts'

const CHALLENGES = 'Bearer realm="jwksd", Basic realm="jwksd: API key as password", charset="UTF-8"'

/** The password of a Basic header as a bearer token; any other header as it is. */
function fromBasic (authorization: string): string {
  const [, encoded] = /^Basic +([\w+/=-]+)$/i.exec(authorization) ?? []
  if (encoded === undefined) return authorization
  const pair = Buffer.from(encoded, 'base64').toString('utf8')
  return `Bearer ${pair.slice(pair.indexOf(':') + 1)}`
}

/** Asks for authentication on the routes of a scope, where the policy in force names who may read them. */
export function requireObserver (scope: FastifyInstance, options: { current: () => Snapshot, clock: Clock, limits: Limits }): void {
  const authenticate = makeAuthenticator(options)
  scope.addHook('onRequest', async (request, reply) => {
    const { observers } = options.current().policy
    if (!observers) return
    const { authorization } = request.headers
    if (authorization !== undefined) request.headers.authorization = fromBasic(authorization)
    const { name } = await authenticate(request, () => {}).catch((error: unknown) => {
      void reply.header('www-authenticate', CHALLENGES)
      throw error
    })
    if (observers.includes(name)) return
    throw new RequestError('ERR_FORBIDDEN', `the client "${name}" may not read this`, {
      rule: 'observers', hint: 'ask the operator to grant it in sign.metrics.clients'
    })
  })
}
