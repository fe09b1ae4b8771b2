// An identity provider as far as jwksd sees one: a real HTTPS server with a JWK Set, and keys that sign its tokens.
// Tokens are made by jsonwebtoken, a library that jwksd does not use.

import { createHmac, createPublicKey, type KeyObject } from 'node:crypto'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import jsonwebtoken from 'jsonwebtoken'
import type { Certificate } from './certificates.ts'
import { makePrivateKey, publicPem } from './keys.ts'

export const ISSUER = 'https://id.example.com'
export const AUDIENCE = 'jwksd'

type Handler = (request: IncomingMessage, response: ServerResponse) => void

export interface TestIdentityProvider {
  /** `https://127.0.0.1:<port>` */
  readonly origin: string
  readonly jwksUrl: string
  /** The private keys whose public halves are published, by kid. A test may add and remove some. */
  readonly keys: Map<string, KeyObject>
  /** Every request until now. */
  readonly requests: IncomingMessage[]
  /** What it answers: a test may replace it. */
  answer: Handler
  /** A token with sound claims, except for those given; undefined leaves one out. */
  readonly sign: (claims?: Record<string, unknown>, options?: { kid?: string, key?: KeyObject, alg?: jsonwebtoken.Algorithm }) => string
}

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** An answer in JSON. */
export function sendJson (response: ServerResponse, body: unknown): void {
  response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(body))
}

/** Hangs up before it answers, as a server does that goes down. */
export const hangUp: Handler = request => { request.socket.destroy() }

/** @param now the moment of its tokens (NumericDate, seconds); they live for five minutes */
export async function startIdentityProvider (t: Teardown, { cert, key }: Certificate, now: number): Promise<TestIdentityProvider> {
  const keys = new Map([['one', makePrivateKey('RSA')]])
  const requests: IncomingMessage[] = []
  const publish: Handler = (_request, response) => {
    sendJson(response, { keys: [...keys].map(([kid, key]) => ({ ...createPublicKey(key).export({ format: 'jwk' }), kid, use: 'sig' })) })
  }
  const server = createServer({ cert, key }, (request, response) => {
    requests.push(request)
    provider.answer(request, response)
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(async () => {
    server.closeAllConnections()
    await new Promise(resolve => server.close(resolve))
  })
  const origin = `https://127.0.0.1:${(server.address() as AddressInfo).port}`
  const provider: TestIdentityProvider = {
    origin,
    jwksUrl: `${origin}/jwks.json`,
    keys,
    requests,
    answer: publish,
    sign (claims = {}, { kid = 'one', key = keys.get(kid)!, alg = 'RS256' } = {}) {
      const all = { iss: ISSUER, aud: AUDIENCE, sub: 'billing', iat: now, exp: now + 300, ...claims }
      // jsonwebtoken takes an iat out where it shall not set one.
      const noTimestamp = all.iat === undefined
      return jsonwebtoken.sign(JSON.parse(JSON.stringify(all)) as object, key, { algorithm: alg, keyid: kid, noTimestamp })
    }
  }
  return provider
}

/** A token whose header and signature are made by hand, as an attacker would. */
export function forge (header: object, claims: object, sign: (input: string) => string): string {
  const input = [header, claims].map(part => Buffer.from(JSON.stringify(part)).toString('base64url')).join('.')
  return `${input}.${sign(input)}`
}

/** HMAC with the public key's text as the secret: the classic confusion of algorithms (RFC 8725 section 2.1). */
export function hmacWithPublicKey (key: KeyObject): (input: string) => string {
  return input => createHmac('sha256', publicPem(key)).update(input).digest('base64url')
}
