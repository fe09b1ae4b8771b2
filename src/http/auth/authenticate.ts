// Who is calling? Answers every failure with the same 401, and slows down an address that keeps failing; a valid
// credential always passes, whatever other callers behind the same address do. Each client has its own rate limit.

import type { FastifyRequest } from 'fastify'
import type { Client } from '../../core/clients/policy.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { type Identified, makeIdentify } from './identify.ts'
import type { Limits } from './limits.ts'
import { makeRefuse } from './throttle.ts'
import type { Clock } from '../../core/time.ts'

/** Makes the function that finds a request's client, reports it to `known`, and counts against its rate. */
export function makeAuthenticator (options: { current: () => Snapshot, clock: Clock, limits: Limits }):
(request: FastifyRequest, known: (found: Identified) => void) => Promise<Client> {
  const identify = makeIdentify(options)
  const refuse = makeRefuse(options.limits)

  return async (request, known) => {
    const found = await identify(request)
    if (typeof found === 'string') return await refuse(request, found)
    const { client, client: { name, rate } } = found
    known(found)
    if (rate) {
      // Another rate is another count: what was used under the old one says nothing.
      const limit = { name: `rate:${rate.count}/${rate.seconds}`, points: rate.count, duration: rate.seconds }
      await options.limits.take(limit, name, `the client "${name}" has used up its rate`)
    }
    return client
  }
}
