// Policy: which client may sign with which profile. Deny by default: only what is granted here is allowed.

import type { ApiKeyHash } from './api-key.ts'
import { RequestError } from '../errors.ts'
import { didYouMean } from '../near-match.ts'
import type { Subject } from './jwt-bearer.ts'
import type { Profile, SigningRequest } from '../tokens/profile.ts'

/** An internal service that may sign. */
export interface Client {
  readonly name: string
  readonly apiKeys: readonly ApiKeyHash[]
  /** Issuers and subjects whose JWTs identify it. */
  readonly subjects?: readonly Subject[]
  /** Subject alternative names, `URI:…` or `DNS:…`, whose certificates are taken for it. */
  readonly sans?: readonly string[]
  /** Names of the profiles that it may use. */
  readonly profiles: readonly string[]
  /** At most `count` requests in `seconds`; absent means no limit of its own. */
  readonly rate?: { readonly count: number, readonly seconds: number }
}

export interface Policy {
  /** Names of the clients that may read metrics and the description of the API; absent: everybody may. */
  readonly observers?: readonly string[]
  readonly profiles: ReadonlyMap<string, Profile>
  readonly clients: ReadonlyMap<string, Client>
}

/**
 * The profile that a request may use. A profile that does not exist is refused like one that is not granted: names cannot
 * be probed.
 * @throws RequestError ERR_BAD_REQUEST when none is named and the client has several, ERR_FORBIDDEN when not granted
 */
export function authorize (policy: Policy, client: Client, request: SigningRequest): Profile {
  const name = request.profile ?? (client.profiles.length === 1 ? client.profiles[0] : undefined)
  if (name === undefined) {
    throw new RequestError('ERR_BAD_REQUEST', 'profile is missing', {
      field: 'profile', hint: `name one of: ${client.profiles.join(', ')}`
    })
  }
  const profile = client.profiles.includes(name) ? policy.profiles.get(name) : undefined
  if (profile) return profile
  throw new RequestError('ERR_FORBIDDEN', `the client "${client.name}" may not use this profile`, {
    field: 'profile', rule: 'client-profiles', hint: didYouMean(name, client.profiles, `ask the operator to grant it in clients.${client.name}.profiles`)
  })
}
