// Who is calling? Refuses every failure with one and the same 401, and slows down an address that keeps failing; a
// valid credential passes whatever its neighbours behind the same address do. Every client is held to its own rate.

import type { FastifyRequest } from 'fastify'
import { RateLimiterMemory } from 'rate-limiter-flexible'
import type { Client } from '../../core/clients/policy.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { makeIdentify } from './identify.ts'
import { consume, makeRefuse } from './throttle.ts'
import type { Clock } from '../../core/time.ts'

/** Makes the function that tells a request's client, and counts against its rate. */
export function makeAuthenticator (parts: { current: () => Snapshot, clock: Clock }): (request: FastifyRequest) => Promise<Client> {
  const identify = makeIdentify(parts)
  const refuse = makeRefuse()
  const limiters = new WeakMap<Client, RateLimiterMemory>()

  return async request => {
    const client = await identify(request)
    if (typeof client === 'string') return await refuse(request, client)
    if (client.rate) {
      let limiter = limiters.get(client)
      if (!limiter) limiters.set(client, limiter = new RateLimiterMemory({ points: client.rate.count, duration: client.rate.seconds }))
      await consume(limiter, client.name, `the client "${client.name}" has used up its rate`)
    }
    return client
  }
}
