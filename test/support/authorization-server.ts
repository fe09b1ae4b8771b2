// A real authorization server (node-oidc-provider) that takes client assertions of one client.

import { Agent, fetch as fetchWith } from 'undici'
import type { Answer, Fetch } from './request.ts'

export const CLIENT = 'backend-service'

/** Requests that the server made, as [URL, status]. */
export type Fetched = Array<[string, number]>

/**
 * The authorization server's configuration: one client, known only by its JWKS URL.
 * @param ca PEM of the authority to trust
 */
export function configureProvider (jwksUri: string, ca: string, fetched: Fetched): object {
  const dispatcher = new Agent({ connect: { ca } })
  return {
    clients: [{
      client_id: CLIENT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS384',
      jwks_uri: jwksUri,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: []
    }],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384'] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
    scopes: ['system/Patient.rs'],
    // Its own dispatcher guards against server-side request forgery and refuses loopback; ours trusts the test's CA.
    fetch: async (url: string, { dispatcher: _, headers, ...options }: { dispatcher?: unknown, headers: Headers }) => {
      const answer = await fetchWith(url, { ...options, headers: Object.fromEntries(headers), dispatcher })
      fetched.push([url, answer.status])
      return answer
    }
  }
}

/** Asks for an access token with a client assertion. */
export async function requestToken (fetch: Fetch, issuer: string, assertion: string): Promise<Answer> {
  return await fetch(`${issuer}/token`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
    body: new URLSearchParams({
      grant_type: 'client_credentials',
      scope: 'system/Patient.rs',
      client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer',
      client_assertion: assertion
    }).toString()
  })
}
