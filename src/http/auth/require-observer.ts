// Who may read what an operator reads: metrics and the description of the API. With `sign.metrics` only the clients
// that it names, with any authentication method; without it, everybody who reaches the listener.

import type { FastifyInstance } from 'fastify'
import { RequestError } from '../../core/errors.ts'
import type { Clock } from '../../core/time.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { makeAuthenticator } from './authenticate.ts'

/** Asks for authentication on the routes of a scope, where the policy in force names who may read them. */
export function requireObserver (scope: FastifyInstance, options: { current: () => Snapshot, clock: Clock }): void {
  const authenticate = makeAuthenticator(options)
  scope.addHook('onRequest', async request => {
    const { observers } = options.current().policy
    if (!observers) return
    const { name } = await authenticate(request, () => {})
    if (observers.includes(name)) return
    throw new RequestError('ERR_FORBIDDEN', `the client "${name}" may not read this`, {
      rule: 'observers', hint: 'ask the operator to grant it in sign.metrics.clients'
    })
  })
}
