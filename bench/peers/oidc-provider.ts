// node-oidc-provider with its JWKS and token endpoints: a client authenticates with its secret and gets a signed access token.

import { createServer } from 'node:https'
import Provider from 'oidc-provider'
import { readSite } from './site.ts'

const { port, cert, key, jwks, keys } = readSite()
const published = JSON.parse(jwks.toString()) as { keys: Array<{ alg: string, kid: string }> }
const provider = new Provider(`https://localhost:${port}`, {
  jwks: { keys: published.keys.map(({ alg, kid }) => ({ ...keys[alg as keyof typeof keys].export({ format: 'jwk' }), alg, kid, use: 'sig' })) },
  routes: { jwks: '/.well-known/jwks.json', token: '/token' },
  clients: [{ client_id: 'bench', client_secret: 'bench-secret', grant_types: ['client_credentials'], redirect_uris: [], response_types: [] }],
  features: {
    devInteractions: { enabled: false },
    clientCredentials: { enabled: true },
    resourceIndicators: {
      enabled: true,
      getResourceServerInfo: (_context: unknown, resource: string) => ({
        scope: 'system/Patient.read', accessTokenFormat: 'jwt', accessTokenTTL: 300, jwt: { sign: { alg: resource.slice(resource.lastIndexOf('/') + 1) } }
      })
    }
  }
})
createServer({ cert, key }, provider.callback()).listen(port, '127.0.0.1')
