// How long the consumers of a JWK Set keep a key that is no longer in it: what our headers allow, and data from their
// own documents and code, for the day on which a key must be revoked. Seconds.

import type { SetRules } from './key-set.ts'

/** What a set's headers say of caching. */
type CacheRules = Pick<SetRules, 'maxAge' | 'lead' | 'retire' | 'staleIfError'>

/**
 * How long a cache may go on with what it has while the server is down (RFC 5861 section 4). Unless the set says so, a
 * revoked key is not trusted longer than `maxAge` once more, and never so long that the cache could lack a key that signs by
 * then or keep one that is no longer published.
 */
export function staleIfErrorOf ({ maxAge, lead, retire, staleIfError = maxAge }: CacheRules): number {
  return Math.max(0, Math.min(staleIfError, retire, lead - maxAge))
}

/** A kind of consumer and how its cache behaves. */
export interface Consumer {
  readonly name: string
  /** Longest time for which it keeps what it has fetched; absent where the set's max-age decides. */
  readonly keeps?: number
  /** It keeps at least so long, whatever max-age says. */
  readonly atLeast?: number
  /** Why, or what ends it. */
  readonly note: string
}

export const CONSUMERS: readonly Consumer[] = [
  { name: 'those that keep to Cache-Control', note: 'as SMART App Launch demands of every authorization server; Epic too, which else keeps keys for 29h' },
  { name: 'node-oidc-provider', atLeast: 60, note: 'max-age, at least 60s' },
  { name: 'get-jwks', keeps: 60, note: 'its own time-to-live' },
  { name: 'Nimbus JOSE+JWT, PyJWT', keeps: 300, note: 'their own time-to-live' },
  { name: 'jose, jwks-rsa', keeps: 600, note: 'their own time-to-live; jwks-rsa before version 4 kept keys for 10h' },
  { name: 'Envoy, Istio', keeps: 1200, note: 'their own time-to-live: 10m and 20m; neither fetches early' },
  { name: 'AWS API Gateway', keeps: 3600, note: 'up to 1h' },
  { name: 'Microsoft IdentityModel', keeps: 13 * 3600, note: '12h and a random part' },
  { name: 'Epic that does not see Cache-Control', keeps: 29 * 3600, note: 'behind a proxy that removes headers' },
  { name: 'go-oidc', keeps: Infinity, note: 'until it meets a kid that it does not know, or is restarted' },
  { name: 'vendors that were given the key by hand', keeps: Infinity, note: 'until somebody there removes the PEM or certificate' }
]

/** When a consumer drops a key, at the latest. `until` is a NumericDate; Infinity where no clock ends it. */
export interface Trust extends Pick<Consumer, 'name' | 'note'> { readonly until: number }

/**
 * How long each kind of consumer may still trust a key that leaves the JWK Set.
 * @param gone NumericDate at which every replica publishes the set without the key
 * @param rules of the set
 */
export function trustAfter (gone: number, rules: CacheRules): Trust[] {
  const stale = { name: 'caches that honour stale-if-error', keeps: rules.maxAge + staleIfErrorOf(rules), note: 'only while they cannot reach this server (RFC 5861)' }
  return [...CONSUMERS, stale]
    .map(({ name, note, keeps, atLeast = 0 }: Consumer) => ({ name, note, until: gone + (keeps ?? Math.max(rules.maxAge, atLeast)) }))
    .sort((a, b) => a.until - b.until)
}
