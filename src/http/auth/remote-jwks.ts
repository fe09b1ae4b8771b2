// The public keys of trusted issuers: fetched over https, asked for again when stale or when a key is unknown, and
// kept through an outage for a bounded time. Rejects redirects and anything but a JWK Set; limits requests to an issuer.

import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import type { FastifyBaseLogger } from 'fastify'
import { createLocalJWKSet, errors, type JSONWebKeySet, type JWTVerifyGetKey, type LocalJWKSet } from 'jose'
import type { IdentityProvider } from '../../core/clients/jwt-bearer.ts'
import { readSmallFile } from '../../keystore/files.ts'
import type { Clock } from '../../core/time.ts'

/** Seconds for which a fetched set is used without asking again: a key that the issuer withdrew is refused after it, unless it is down. */
const FRESH = 600
/** Seconds between two attempts: neither unknown kids nor an outage may cause a flood of requests. */
const PAUSE = 10
/** Seconds for which an issuer counts as down after an attempt that failed. */
const DOWN = 60
/** Milliseconds for one attempt. */
const TIMEOUT = 5000
const MAX_BYTES = 256 * 1024

/** What is kept of one URL. Times are NumericDates (seconds). */
interface Kept {
  keys?: LocalJWKSet
  fetched: number
  tried: number
  /** The last attempt failed. */
  isDown: boolean
  pending: Promise<void> | undefined
}

/**
 * Makes the function that gives an issuer's keys to a verifier. What was fetched is kept by URL, not by
 * configuration: a reload in the middle of an outage loses nothing.
 * @returns a key finder; it throws when no set can be had that is recent enough
 */
export function makeRemoteJwks (clock: Clock): (issuer: IdentityProvider, log: FastifyBaseLogger) => JWTVerifyGetKey {
  const cache = new Map<string, Kept>()

  /** Seconds since a moment. One in the future counts as never: the clock was ahead then, and has been put right. */
  const age = (moment: number): number => {
    const passed = clock() - moment
    return passed < 0 ? Infinity : passed
  }

  const refresh = async (kept: Kept, issuer: IdentityProvider, log: FastifyBaseLogger): Promise<void> => {
    if (!kept.pending && age(kept.tried) >= PAUSE) {
      const started = kept.tried = clock()
      kept.pending = fetchJwks(issuer).then(jwks => {
        kept.keys = createLocalJWKSet(jwks)
        kept.fetched = started
        kept.isDown = false
      }).catch((error: Error) => {
        kept.isDown = true
        log.warn({ issuer: issuer.name, reason: error.message }, 'the keys of an issuer cannot be fetched')
      }).finally(() => { kept.pending = undefined })
    }
    await kept.pending
  }

  return (issuer, log) => async (header, token) => {
    const { href } = issuer.jwksUrl
    const kept = cache.get(href) ?? { fetched: -Infinity, tried: -Infinity, isDown: false, pending: undefined }
    cache.set(href, kept)
    const isUsable = (): boolean => age(kept.fetched) < FRESH + issuer.staleIfError
    const isFresh = age(kept.fetched) < FRESH
    const isDown = kept.isDown && age(kept.tried) < DOWN
    if (!isFresh && isDown && isUsable()) void refresh(kept, issuer, log) // nobody waits for an issuer that is down
    else if (!isFresh) await refresh(kept, issuer, log)
    if (!isUsable()) throw new Error('the keys of the issuer cannot be had')
    try {
      return await kept.keys!(header, token)
    } catch (error) {
      if (!(error instanceof errors.JWKSNoMatchingKey)) throw error
      await refresh(kept, issuer, log) // the issuer may have changed its keys
      return await kept.keys!(header, token)
    }
  }
}

/** CA and token are read for each attempt: Kubernetes replaces both files while a pod runs. */
async function fetchJwks ({ jwksUrl, ca, tokenFile }: IdentityProvider): Promise<JSONWebKeySet> {
  const token = tokenFile && (await readSmallFile(tokenFile)).text.trim()
  const roots = ca && (await readSmallFile(ca)).text
  const options = {
    agent: false,
    signal: AbortSignal.timeout(TIMEOUT),
    headers: { accept: 'application/json, application/jwk-set+json', ...(token && { authorization: `Bearer ${token}` }) },
    ...(roots && { ca: roots })
  }
  const answer = await new Promise<IncomingMessage>((resolve, reject) => {
    get(jwksUrl, options, resolve).on('error', reject)
  })
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    size += chunk.length
    if (size > MAX_BYTES) throw new Error(`${jwksUrl.href} sends more than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  if (answer.statusCode !== 200) throw new Error(`${jwksUrl.href} answers ${answer.statusCode}; only 200 is taken, redirects are not followed`)
  return JSON.parse(Buffer.concat(chunks).toString('utf8')) as JSONWebKeySet
}
