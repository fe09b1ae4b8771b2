// Who owns a credential: the credentials of all clients, in maps that answer at once. Whether a credential is genuine is
// decided before its owner is looked up, except for API keys, which are found by their id.

import type { X509Certificate } from 'node:crypto'
import type { ApiKeyHash } from './api-key.ts'
import type { IdentityProvider } from './jwt-bearer.ts'
import type { Client, Policy } from './policy.ts'

export interface Credentials {
  /** By key id. */
  readonly apiKeys: ReadonlyMap<string, readonly [Client, ApiKeyHash]>
  /** By `iss`, and then by `sub`. */
  readonly issuers: ReadonlyMap<string, { readonly issuer: IdentityProvider, readonly clients: ReadonlyMap<string, Client> }>
  /** By subject alternative name, written `URI:…` or `DNS:…`. */
  readonly sans: ReadonlyMap<string, Client>
}

/** Indexes the credentials of a policy's clients. */
export function indexCredentials ({ clients }: Policy): Credentials {
  const all = [...clients.values()]
  const issuers = new Map<string, { issuer: IdentityProvider, clients: Map<string, Client> }>()
  for (const client of all) {
    for (const { issuer, sub } of client.subjects ?? []) {
      const known = issuers.get(issuer.issuer) ?? { issuer, clients: new Map<string, Client>() }
      issuers.set(issuer.issuer, known)
      known.clients.set(sub, client)
    }
  }
  return {
    apiKeys: new Map(all.flatMap(client => client.apiKeys.map(key => [key.id, [client, key]] as const))),
    issuers,
    sans: new Map(all.flatMap(client => (client.sans ?? []).map(san => [san, client] as const)))
  }
}

/**
 * The subject alternative names of a certificate as `TYPE:value`, DNS names in lower case (RFC 4343). Node quotes a
 * value that holds a comma, a quote or a control character, and escapes the comma, so no value can pose as two names.
 */
export function subjectAltNames ({ subjectAltName = '' }: X509Certificate): string[] {
  return subjectAltName.split(', ').map(name => name.startsWith('DNS:') ? 'DNS:' + name.slice(4).toLowerCase() : name)
}
