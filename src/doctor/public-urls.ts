// Fetches the public URLs of sets as a stranger does: a name of the public DNS, a new TLS connection, the usual trust store and a
// plain GET. Says which keys are there: the same kid with the same key material, from every address that answers.

import { createHash } from 'node:crypto'
import { createSecureContext } from 'node:tls'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Key } from '../core/keys/key.ts'
import { type KeySet, publishedKeys } from '../core/keys/key-set.ts'
import { type Answer, exchange } from './connect.ts'
import { describePage, isPage } from './firewalls.ts'
import { type Jwk, readSet } from './jwk-set.ts'
import { hostOf, type ProbeOptions, resolveWithin, targetOf } from './probe.ts'

/** For the name, and then for every address (milliseconds). */
const PATIENCE = 4000
const HEADERS = { accept: 'application/json', 'user-agent': 'jwksd-verify' }

/** What a URL has: the keys from each address, or why there are none. */
type Seen = { readonly bodies: ReadonlyArray<readonly Jwk[]> } | { readonly problem: string }

type Network = Pick<ProbeOptions, 'ca' | 'resolve'>

/**
 * Fetches each public URL of `sets` once. Throws nothing for what a resolver or server does.
 * @param now NumericDate (seconds)
 * @param network where it differs from what this machine has
 * @returns a record for each set and URL, whose consumer is the URL
 */
export async function fetchPublicUrls (sets: readonly KeySet[], now: number, network: Network = {}): Promise<ConsumerFetches[]> {
  const fetched = new Map<string, Promise<Seen>>()
  const records = sets.flatMap(set => (set.publicUrls ?? []).map(async (url): Promise<ConsumerFetches> => {
    if (!fetched.has(url)) fetched.set(url, fetchSet(new URL(url), network))
    const seen = await fetched.get(url)!
    const found = 'problem' in seen ? [] : publishedKeys(set, now).filter(key => seen.bodies.every(keys => keys.some(jwk => isOf(key, jwk))))
    return {
      consumer: url,
      set: set.name,
      first: now,
      last: now,
      count: 1,
      etag: '',
      kids: new Map(found.map(({ kid }) => [kid, now])),
      ...('problem' in seen && { problem: seen.problem })
    }
  }))
  return await Promise.all(records)
}

function isOf ({ kid, members }: Key, jwk: Jwk): boolean {
  return jwk.kid === kid && Object.entries(members).every(([name, value]) => jwk[name] === value)
}

async function fetchSet (url: URL, { ca, ...network }: Network): Promise<Seen> {
  const { addresses, resolveError } = await resolveWithin(hostOf(url), network, PATIENCE)
  const context = createSecureContext({ ca }) // without ca as Node trusts: with NODE_EXTRA_CA_CERTS
  const exchanges = await Promise.all(addresses.map(async address =>
    await exchange({ ...targetOf(url, address, context), strict: true }, { headers: HEADERS }, PATIENCE)))
  // A machine without IPv6 cannot connect to some addresses of a name; what answers must be right.
  const reached = exchanges.filter(({ failure }) => failure?.stage !== 'connect')
  if (reached.length === 0) return { problem: resolveError ?? exchanges[0]!.failure!.code }
  const bodies = reached.map(({ answer, failure }) => answer ? readAnswer(answer) : failure!.code)
  const problem = bodies.find(body => typeof body === 'string')
  return problem === undefined ? { bodies: bodies as Jwk[][] } : { problem }
}

/** @returns the keys, or what is wrong */
function readAnswer (answer: Answer): readonly Jwk[] | string {
  const { status, headers: { etag = '' }, body } = answer
  if (status !== 200) return `HTTP status ${status}`
  if (isPage(answer)) return describePage(answer)
  // A host that has our header file has the hash of the bytes as ETag. Clients that ask with an old one would get 304.
  const isOurs = /^"[\w-]{43}"$/.test(etag)
  if (isOurs && etag !== `"${createHash('sha256').update(body).digest('base64url')}"`) return 'the ETag is that of other bytes: the web server must reload its headers'
  const { keys, problem = 'there is no array "keys"' } = readSet(body)
  return keys ?? problem
}
