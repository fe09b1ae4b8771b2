// Plays the vendor in docs/tutorial.md: an OAuth authorization server (node-oidc-provider) for one
// client, which it knows by a client_id and a JWKS URL. It needs what `npm ci` installs for development, and a certificate.
// Usage: NODE_EXTRA_CA_CERTS=tls/cert.pem node examples/authorization-server.mjs ISSUER CLIENT_ID JWKS_URL
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import Provider from 'oidc-provider'

const [issuer, client, jwksUri] = process.argv.slice(2)
const provider = new Provider(issuer, {
  clients: [{
    client_id: client,
    jwks_uri: jwksUri,
    token_endpoint_auth_method: 'private_key_jwt',
    token_endpoint_auth_signing_alg: 'RS384',
    grant_types: ['client_credentials'],
    redirect_uris: [],
    response_types: []
  }],
  enabledJWA: { clientAuthSigningAlgValues: ['RS384'] },
  features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } },
  scopes: ['system/Patient.rs'],
  // Its own fetch refuses loopback addresses, so that no client can make it call services inside a network.
  fetch: async (url, { dispatcher, ...options }) => {
    console.log(`fetches ${url}`)
    return await fetch(url, options)
  }
})
provider.on('grant.error', (_context, { error, error_detail: detail }) => { console.log(`refuses: ${error}: ${detail}`) })
provider.on('grant.success', () => { console.log('accepts') })
createServer({ cert: readFileSync('tls/cert.pem'), key: readFileSync('tls/key.pem') }, provider.callback())
  .listen(Number(new URL(issuer).port), '127.0.0.1', () => { console.log(`issues tokens for ${client} at ${issuer}/token`) })
