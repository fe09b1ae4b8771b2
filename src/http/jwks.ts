// The public route: a set's JWK Set with the headers that vendors' clients need. Bytes and headers are made once per
// snapshot and key transition. No content negotiation: the type is always application/json.

import { createHash } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { RequestError } from '../core/errors.ts'
import { staleIfErrorOf } from '../core/keys/consumers.ts'
import { type KeySet, nextTransition, publishedKeys } from '../core/keys/key-set.ts'
import { DEFAULT_SET_NAME } from '../keystore/list-keys.ts'
import type { FetchRecorder, RecordFetch } from '../observe/fetch-recorder.ts'
import type { Snapshot } from '../state/snapshot.ts'
import type { Clock } from '../core/time.ts'

/** The answer to a browser that asks before it fetches (CORS preflight): any origin may read, with any header. */
const PREFLIGHT = {
  allow: 'GET, HEAD, OPTIONS',
  'access-control-allow-origin': '*',
  'access-control-allow-methods': 'GET, HEAD, OPTIONS',
  'access-control-allow-headers': '*',
  'access-control-max-age': '86400'
}

/** Path of the default set's JWK Set; that of another set is below the set's name. */
export const JWKS_PATH = '/.well-known/jwks.json'
/** Pattern of the routes of the other sets. */
export const NAMED_JWKS_ROUTE = `/:set${JWKS_PATH}`

/** A JWK Set ready to send, right from `from` until before `until` (NumericDates). */
interface Representation {
  readonly body: Buffer
  readonly headers: Record<string, string>
  readonly from: number
  readonly until: number
  /** The kids of each set in the body; the first set is the URL's own and has all of them. */
  readonly kids: ReadonlyMap<string, readonly string[]>
}

/**
 * Bytes and headers of the JWK Set that `sets` publish together at `now`; equal on every replica with the same keys
 * and clock. `max-age` never reaches past the next transition: no cache misses one.
 */
export function represent (sets: readonly KeySet[], now: number): Representation {
  const published = sets.map(set => ({ name: set.name, keys: publishedKeys(set, now) }))
  const keys = published.flatMap(set => set.keys)
  const body = Buffer.from(JSON.stringify({ keys: keys.map(({ jwk }) => jwk) })) // bytes: to a text Fastify would add a charset
  const transition = Math.min(...sets.map(set => nextTransition(set, now)))
  const maxAge = Math.min(...sets.map(set => set.maxAge))
  const untilTransition = transition - now
  const age = Math.min(maxAge, untilTransition)
  return {
    body,
    headers: {
      'content-type': 'application/json',
      'content-length': String(body.length),
      'cache-control': cacheControl(sets, age),
      etag: `"${createHash('sha256').update(body).digest('base64url')}"`,
      'access-control-allow-origin': '*'
    },
    kids: new Map([{ name: sets[0]!.name, keys }, ...published.slice(1).filter(set => set.keys.length > 0)]
      .map(set => [set.name, set.keys.map(({ kid }) => kid)])),
    from: now,
    // Near a transition the age shrinks with each second, so the headers are made for each reply.
    until: untilTransition > maxAge ? transition - maxAge : now + 1
  }
}

/** @param age seconds */
export function cacheControl (sets: readonly KeySet[], age: number): string {
  return `public, max-age=${age}, stale-if-error=${staleIfError(sets, age)}`
}

/**
 * Not above `max-age`, unless a set says so: a cache must not serve an old set long after a transition.
 * @param sets the set of the URL, then those that it includes, for which it speaks where they say nothing
 */
function staleIfError (sets: readonly KeySet[], age: number): number {
  const [{ staleIfError: said }] = sets as readonly [KeySet]
  return Math.min(...sets.map(set => staleIfErrorOf({ ...set, staleIfError: set.staleIfError ?? said ?? Math.min(age, set.maxAge) })))
}

/** A representation whose fetches are recorded, where that is configured. */
export interface Recorded extends Representation { readonly record?: RecordFetch }

/** The representation in force of a URL's set; undefined where there is no such set. */
export type FindJwks = (set: string) => Recorded | undefined

interface JwksOptions {
  readonly current: () => Snapshot
  readonly clock: Clock
  readonly recorder?: FetchRecorder
}

/** Makes the function that gives each set's representation, made once for as long as it is right. */
export function makeFindJwks ({ current, clock, recorder }: JwksOptions): FindJwks {
  const made = new WeakMap<readonly KeySet[], Recorded>()
  return set => {
    const sets = current().published.get(set)
    if (!sets) return undefined
    const now = clock()
    let found = made.get(sets)
    if (!found || now < found.from || now >= found.until) {
      const next = represent(sets, now)
      found = { ...next, ...(recorder && { record: recorder.watch({ etag: next.headers.etag!, kids: next.kids }) }) }
      made.set(sets, found)
    }
    return found
  }
}

/** The status of the answer to GET or HEAD: 304 where the client has the body. The fetch is recorded when it is sent. */
export function decideStatus ({ headers, record }: Recorded, request: IncomingMessage, response: ServerResponse): 200 | 304 {
  const known = request.headers['if-none-match']
  // HEAD transfers no body, and a match with * says nothing of the body that the client has.
  if (record && request.method === 'GET' && known?.trim() !== '*') record(request, response)
  return known !== undefined && matches(known, headers.etag!) ? 304 : 200
}

/** The headers of a 304. */
export function headersWithoutBody ({ 'content-type': _type, 'content-length': _length, ...kept }: Record<string, string>): Record<string, string> {
  return kept
}

/** Adds the JWKS routes: `/.well-known/jwks.json` for the default set, `/<set>/.well-known/jwks.json` for the others. */
export function serveJwks (listener: FastifyInstance, findJwks: FindJwks): void {
  /** @param name undefined for a URL that belongs to no set */
  const find = (name: string | undefined): Recorded => {
    const found = name === undefined ? undefined : findJwks(name)
    if (!found) throw new RequestError('ERR_NOT_FOUND', 'no such resource on this listener')
    return found
  }

  const answer = (name: string | undefined, request: FastifyRequest, reply: FastifyReply): FastifyReply => {
    const found = find(name)
    if (decideStatus(found, request.raw, reply.raw) === 200) return reply.headers(found.headers).send(found.body)
    return reply.code(304).headers(headersWithoutBody(found.headers)).send()
  }

  const route = (url: string, nameOf: (request: FastifyRequest) => string | undefined): void => {
    listener.route({ method: ['GET', 'HEAD'], url, handler: (request, reply) => answer(nameOf(request), request, reply) })
    listener.options(url, (request, reply) => {
      find(nameOf(request))
      return reply.code(204).headers(PREFLIGHT).send()
    })
  }
  route(JWKS_PATH, () => DEFAULT_SET_NAME)
  route(NAMED_JWKS_ROUTE, ({ params }) => {
    const { set } = params as { set: string }
    return set === DEFAULT_SET_NAME ? undefined : set // it has one URL, the first
  })
}

/** RFC 9110 section 13.1.2: weak comparison with each tag of the list. */
function matches (ifNoneMatch: string, etag: string): boolean {
  return ifNoneMatch.trim() === '*' || ifNoneMatch.split(',').some(tag => tag.trim().replace(/^W\//, '') === etag)
}
