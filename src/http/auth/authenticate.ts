// Who is calling? Answers every failure with the same 401, and slows down an address that keeps failing; a valid
// credential always passes, whatever other callers behind the same address do. Each client has its own rate limit.

import type { FastifyRequest } from 'fastify'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Client } from '../../core/clients/policy.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { type Identified, makeIdentify } from './identify.ts'
import { consume, makeRefuse } from './throttle.ts'
import type { Clock } from '../../core/time.ts'

/** Makes the function that finds a request's client, reports it to `known`, and counts against its rate. */
export function makeAuthenticator (options: { current: () => Snapshot, clock: Clock }):
(request: FastifyRequest, known: (found: Identified) => void) => Promise<Client> {
  const identify = makeIdentify(options)
  const refuse = makeRefuse()
  const limiters = new WeakMap<Client, RateLimiterMemory>()

  return async (request, known) => {
    const found = await identify(request)
    if (typeof found === 'string') return await refuse(request, found)
    const { client } = found
    known(found)
    if (client.rate) {
      let limiter = limiters.get(client)
      if (!limiter) limiters.set(client, limiter = new RateLimiterMemory({ points: client.rate.count, duration: client.rate.seconds }))
      await consume(limiter, client.name, `the client "${client.name}" has used up its rate`)
    }
    return client
  }
}
