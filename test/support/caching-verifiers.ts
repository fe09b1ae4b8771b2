// Relying parties as they are in the field: real libraries with their real caches, and two proxies that fetch the keys
// only by the clock. Their times are scaled as the set's: 2 s stand for the 10 minutes that most of them keep keys.

import { readFileSync } from 'node:fs'
import { createServer, request } from 'node:https'
import type { AddressInfo } from 'node:net'
import { createVerifier } from 'fast-jwt'
import buildGetJwks from 'get-jwks'
import { compactVerify, createLocalJWKSet, createRemoteJWKSet, jwtVerify, type JSONWebKeySet } from 'jose'
import jsonwebtoken from 'jsonwebtoken'
import { JwksClient } from 'jwks-rsa'
import Provider from 'oidc-provider'

/** Milliseconds for which the relying parties keep what they fetched. */
export const CACHE = 2000
const COOLDOWN = 100 // jose's 30 s, scaled as the cache
const JWKS = '/.well-known/jwks.json'

export interface Verifier {
  readonly name: string
  /** A token is accepted once (RFC 7523 section 3, jti). */
  readonly once?: true
  /** Rejects with the reason when the token is refused. */
  readonly verify: (token: string) => Promise<unknown>
}

/**
 * @param origin of jwksd; its certificate is trusted by NODE_EXTRA_CA_CERTS
 * @param agent begins the User-Agent of each: `<agent>-jose`, `-jwks-rsa`, `-get-jwks`, `-obedient`, `-envoy`
 */
export function makeVerifiers (origin: string, agent = 'test'): Verifier[] {
  const headers = (name: string) => ({ 'user-agent': `${agent}-${name}` })
  const remote = createRemoteJWKSet(new URL(origin + JWKS), { cacheMaxAge: CACHE, cooldownDuration: COOLDOWN, headers: headers('jose') })
  const client = new JwksClient({ jwksUri: origin + JWKS, cacheMaxAge: CACHE, requestHeaders: headers('jwks-rsa') })
  const getJwks = buildGetJwks({ ttl: CACHE, fetchOptions: { headers: headers('get-jwks') } })
  const fastJwt = createVerifier({
    key: async ({ header }: { header: Record<string, string> }) =>
      await getJwks.getPublicKey({ kid: header.kid!, alg: header.alg!, domain: origin })
  })
  return [
    { name: 'jose', verify: async token => await jwtVerify(token, remote) },
    {
      name: 'jwks-rsa + jsonwebtoken',
      verify: async token => {
        const { kid } = jsonwebtoken.decode(token, { complete: true })!.header
        return jsonwebtoken.verify(token, (await client.getSigningKey(kid)).getPublicKey())
      }
    },
    { name: 'get-jwks + fast-jwt', verify: async token => await fastJwt(token) },
    makeProxy('by Cache-Control, never early', origin, headers('obedient'), answer =>
      Number(/max-age=(\d+)/.exec(answer.headers.get('cache-control')!)![1]) * 1000),
    makeProxy('every 2 s, never early (Envoy)', origin, headers('envoy'), () => CACHE)
  ]
}

/** Fetches when its copy is over age and never before: an unknown kid is refused. */
function makeProxy (name: string, origin: string, headers: Record<string, string>, ageOf: (answer: Response) => number): Verifier {
  let copy = Promise.resolve<ReturnType<typeof createLocalJWKSet> | undefined>(undefined)
  let until = 0
  const fetchKeys = async (): Promise<ReturnType<typeof createLocalJWKSet>> => {
    const answer = await fetch(origin + JWKS, { headers })
    until = performance.now() + ageOf(answer)
    return createLocalJWKSet(await answer.json() as JSONWebKeySet)
  }
  return {
    name,
    verify: async token => {
      if (performance.now() >= until) {
        until = Infinity
        copy = fetchKeys()
      }
      return await compactVerify(token, (await copy)!)
    }
  }
}

export const OIDC_CLIENT = 'backend-service'

/**
 * node-oidc-provider with one client that it knows by the JWKS URL of the set `slow`: it keeps keys for at least a
 * minute and does not look before, not even for a kid that it does not know.
 * @param tls files of its own certificate
 */
export async function startProvider (origin: string, tls: { cert: string, key: string }): Promise<Verifier & { issuer: string }> {
  const server = createServer({ cert: readFileSync(tls.cert), key: readFileSync(tls.key) })
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: OIDC_CLIENT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'ES256',
      jwks_uri: `${origin}/slow${JWKS}`,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: []
    }],
    enabledJWA: { clientAuthSigningAlgValues: ['ES256'] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    // Its own dispatcher guards against server-side request forgery and refuses loopback.
    fetch: async (url: string, { dispatcher: _, ...options }: RequestInit & { dispatcher?: unknown }) => await fetch(url, options)
  })
  let reason: string | undefined
  provider.on('grant.error', (_context, error) => { reason = error.error_detail ?? error.cause?.message ?? error.message })
  server.on('request', provider.callback())
  const verify = async (assertion: string): Promise<void> => {
    const status = await post(`${issuer}/token`, new URLSearchParams({
      grant_type: 'client_credentials',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion
    }).toString())
    if (status !== 200) throw new Error(`${status}: ${reason}`)
  }
  return { name: 'node-oidc-provider', once: true, issuer, verify }
}

async function post (url: string, body: string): Promise<number> {
  return await new Promise((resolve, reject) => {
    const headers = { 'content-type': 'application/x-www-form-urlencoded' }
    request(url, { method: 'POST', headers }, answer => {
      answer.resume()
      answer.on('end', () => resolve(answer.statusCode!))
    }).on('error', reject).end(body)
  })
}
