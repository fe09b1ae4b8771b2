// jwksd/client as the client authentication of openid-client and oauth4webapi: both get access tokens from a real authorization
// server, each time with a new assertion.

import { createServer } from 'node:https'
import * as oauth from 'oauth4webapi'
import * as openidClient from 'openid-client'
import t from 'tap'
import { Agent, fetch as fetchWith } from 'undici'
import { JwksdClient } from '../../src/client/index.ts'
import { CLIENT, configureProvider } from '../support/authorization-server.ts'
import { issueCertificate } from '../support/certificates.ts'
import { deploy } from '../support/deployment.ts'
import { listen } from '../support/jwks-server.ts'
import { privatePem } from '../support/keys.ts'
import { openListener } from '../support/listener.ts'

const { default: Provider } = await import('oidc-provider')
const server = createServer()
const issuer = `https://localhost:${await listen(t, server)}`
const profileFor = (issuer: string): object => ({ preset: 'private-key-jwt', typ: 'JWT', params: { issuer }, claims: { iss: CLIENT, sub: CLIENT } })
const deployment = await deploy(t, {
  keys: { 'a.pem': privatePem('RSA') },
  config: { profiles: { here: profileFor(issuer), elsewhere: profileFor('https://elsewhere.test') } },
  client: { profiles: ['here', 'elsewhere'] }
})
const { ca, apiKey } = deployment
const { origin } = await openListener(t, deployment)
server.setSecureContext(await issueCertificate(deployment.authority))
server.on('request', new Provider(issuer, configureProvider(`${origin}/.well-known/jwks.json`, ca, [])).callback())

const jwksd = new JwksdClient({ url: origin, apiKey, ca })
const dispatcher = new Agent({ connect: { ca } })
t.teardown(async () => { await dispatcher.close() })
const customFetch = async (url: string, options: object): Promise<Response> =>
  await fetchWith(url, { ...options, dispatcher }) as unknown as Response
const GRANTED = { access_token: /^[\w-]{20,}$/, token_type: 'bearer', scope: 'system/Patient.rs' }

t.test('openid-client', async t => {
  const grant = async (profile: string): Promise<openidClient.TokenEndpointResponse> => {
    const options = { [openidClient.customFetch]: customFetch }
    const config = await openidClient.discovery(new URL(issuer), CLIENT, undefined, jwksd.privateKeyJwt(profile), options)
    await openidClient.clientCredentialsGrant(config, { scope: 'system/Patient.rs' })
    return await openidClient.clientCredentialsGrant(config, { scope: 'system/Patient.rs' })
  }
  t.match(await grant('here'), GRANTED, 'the second time, too')
  t.match(await grant('elsewhere').catch((error: unknown) => error), { error: 'invalid_client' }, 'negative control: an assertion for another server')
  t.match(await grant('none').catch((error: unknown) => error), { cause: { name: 'JwksdError', code: 'ERR_FORBIDDEN' } }, 'a refusal of jwksd')
})

t.test('oauth4webapi', async t => {
  const options = { [oauth.customFetch]: customFetch }
  const as = await oauth.processDiscoveryResponse(new URL(issuer), await oauth.discoveryRequest(new URL(issuer), options))
  const client = { client_id: CLIENT }
  const grant = async (profile: string): Promise<oauth.TokenEndpointResponse> => {
    const answer = await oauth.clientCredentialsGrantRequest(as, client, jwksd.privateKeyJwt(profile), { scope: 'system/Patient.rs' }, options)
    return await oauth.processClientCredentialsResponse(as, client, answer)
  }
  t.match(await grant('here'), GRANTED)
  t.match(await grant('elsewhere').catch((error: unknown) => error), { error: 'invalid_client' }, 'negative control')
})
