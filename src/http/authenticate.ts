// Who is calling? An API key in `Authorization: Bearer`. Refuses every failure with one and the same 401, and slows
// down an address that keeps failing; a valid key passes whatever its neighbours behind the same address do.

import type { FastifyRequest } from 'fastify'
import { RateLimiterMemory, type RateLimiterRes } from 'rate-limiter-flexible'
import { apiKeyId, type ApiKeyHash, matchesApiKey } from '../core/api-key.ts'
import { SignerError } from '../core/errors.ts'
import type { Client, Policy } from '../core/policy.ts'
import type { Clock } from '../issuance.ts'
import type { Snapshot } from '../store/snapshot.ts'
import { unauthenticated } from './problem.ts'

const FAILURES = { points: 30, duration: 60 }
const BEARER = /^Bearer +(\S+)$/i

type KeyOwner = readonly [Client, ApiKeyHash]

/** Makes the function that tells a request's client, and counts against its rate. */
export function makeAuthenticator ({ current, clock }: { current: () => Snapshot, clock: Clock }):
(request: FastifyRequest) => Promise<Client> {
  const failures = new RateLimiterMemory(FAILURES)
  const owners = new WeakMap<Policy, Map<string, KeyOwner>>()
  const limiters = new WeakMap<Client, RateLimiterMemory>()

  const findOwner = (id: string): KeyOwner | undefined => {
    const { policy } = current()
    let index = owners.get(policy)
    if (!index) {
      index = new Map([...policy.clients.values()].flatMap(client => client.apiKeys.map(key => [key.id, [client, key]] as const)))
      owners.set(policy, index)
    }
    return index.get(id)
  }

  return async request => {
    const [, token = ''] = BEARER.exec(request.headers.authorization ?? '') ?? []
    const id = apiKeyId(token)
    const [client, key] = (id === undefined ? undefined : findOwner(id)) ?? []
    if (!matchesApiKey(token, key, clock()) || !client) {
      await consume(failures, request.ip, 'too many failed attempts from this address')
      throw unauthenticated()
    }
    if (client.rate) {
      let limiter = limiters.get(client)
      if (!limiter) limiters.set(client, limiter = new RateLimiterMemory({ points: client.rate.count, duration: client.rate.seconds }))
      await consume(limiter, client.name, `the client "${client.name}" has used up its rate`)
    }
    return client
  }
}

async function consume (limiter: RateLimiterMemory, who: string, message: string): Promise<void> {
  try {
    await limiter.consume(who)
  } catch (limited) {
    const retryAfter = Math.max(1, Math.ceil((limited as RateLimiterRes).msBeforeNext / 1000))
    throw new SignerError('ERR_RATE_LIMITED', message, { retryAfter })
  }
}
