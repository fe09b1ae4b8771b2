// A real authorization server accepts the assertion of /sign for SMART Backend Services, and refuses a changed,
// misdirected or replayed one. It fetches the keys from the running jwksd by itself.

import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { CLIENT, configureProvider, type Fetched, requestToken } from '../support/authorization-server.ts'
import { issueCertificate } from '../support/certificates.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { startProgram } from '../support/program.ts'
import { type Answer, makeFetch, postSign } from '../support/request.ts'

t.test('client_credentials with private_key_jwt, RS384 and jwks_uri at jwksd', async t => {
  const { default: Provider } = await import('oidc-provider')
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const claims = { iss: CLIENT, sub: CLIENT }
  const deployment = await deploy(t, {
    keys: { 'ecw.pem': privatePem('RSA') },
    config: {
      profiles: {
        here: { preset: 'smart-backend-services', claims: { ...claims, aud: `${issuer}/token` } },
        elsewhere: { preset: 'smart-backend-services', claims: { ...claims, aud: 'https://another.example/token' } },
        'another-client': { preset: 'smart-backend-services', claims: { iss: 'nobody', sub: 'nobody', aud: `${issuer}/token` } }
      }
    },
    client: { profiles: ['here', 'elsewhere', 'another-client'] }
  })
  server.setSecureContext(await issueCertificate(deployment.authority))
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const jwksd = await startProgram(t, [], { cwd: deployment.directory })
  const jwksUri = `${jwksd.origin}/.well-known/jwks.json`
  const fetched: Fetched = []
  const provider = new Provider(issuer, configureProvider(jwksUri, deployment.ca, fetched))
  let reason: string | undefined
  provider.on('grant.error', (_context, error) => { reason = error.error_detail ?? error.cause?.message })
  server.on('request', provider.callback())

  const fetch = makeFetch(deployment.ca)
  const sign = async (profile: string): Promise<string> =>
    (await postSign(fetch, jwksd.origin, deployment.apiKey, { profile })).json().token
  const request = async (assertion: string): Promise<Answer> => await requestToken(fetch, issuer, assertion)
  const refused = async (assertion: string, why: RegExp): Promise<void> => {
    const { status, json } = await request(assertion)
    t.match({ status, ...json() }, { status: 401, error: 'invalid_client' })
    t.match(reason, why)
  }

  const assertion = await sign('here')
  const granted = await request(assertion)
  t.match({ status: granted.status, ...granted.json() }, { status: 200, access_token: /^[\w-]{20,}$/, token_type: 'Bearer', scope: 'system/Patient.rs' })
  t.strictSame(fetched, [[jwksUri, 200]], 'it fetched the keys once, by itself')

  await refused(assertion, /must only be used once/)
  await refused(await sign('elsewhere'), /audience \(aud\) must equal/)
  await refused(await sign('another-client'), /client not found/)
  const [header, payload, signature] = (await sign('here')).split('.') as [string, string, string]
  const changed = Buffer.from(payload, 'base64url').toString().replace(/"jti":"./, '"jti":"x')
  await refused([header, Buffer.from(changed).toString('base64url'), signature].join('.'), /signature/)
  await refused([header, payload, signature.replace(/^..../, 'AAAA')].join('.'), /signature/)
  t.equal((await request(await sign('here'))).status, 200, 'control: a fresh one is granted')
})
