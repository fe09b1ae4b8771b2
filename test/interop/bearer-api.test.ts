// The JWK guide's use: a token of jwksd as `Authorization: Bearer` at an API that knows nothing of us but the JWKS URL.
// The API is a small HTTPS server with jwks-rsa and jsonwebtoken, as many gateways are.

import { Agent, createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import jsonwebtoken from 'jsonwebtoken'
import { JwksClient } from 'jwks-rsa'
import t, { type Test } from 'tap'
import { issueCertificate } from '../support/certificates.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import { NOW, openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { postSign } from '../support/request.ts'

const AUDIENCE = 'https://ai.example.com'

/** Answers 200 with the caller's name where the token stands, else 401. */
async function openApi (t: Test, { authority, ca }: Deployment, jwksUri: string): Promise<string> {
  const client = new JwksClient({ jwksUri, requestAgent: new Agent({ ca, servername: 'localhost' }) })
  const server = createServer(await issueCertificate(authority), (request, response) => {
    const token = request.headers.authorization?.replace(/^Bearer /, '') ?? ''
    jsonwebtoken.verify(token, (header, done) => {
      client.getSigningKey(header.kid).then(key => { done(null, key.getPublicKey()) }, done)
    }, { algorithms: ['RS256'], audience: AUDIENCE, clockTimestamp: NOW }, (error, claims) => {
      response.writeHead(error ? 401 : 200).end(error ? error.message : (claims as { sub: string }).sub)
    })
  })
  await new Promise<void>(resolve => server.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { server.close() })
  return `https://localhost:${(server.address() as AddressInfo).port}/path`
}

t.test('an API takes our token by the JWKS URL, and no other', async t => {
  const deployment = await deploy(t, {
    keys: { 'guide.pem': `# alg: RS256\n${privatePem('RSA')}` },
    config: { profiles: { guide: { preset: 'jwt', claims: { sub: '${client.name}' }, allow: { properties: { aud: true } } } } },
    client: { profiles: ['guide'] }
  })
  const { fetch, origin } = await openListener(t, deployment)
  t.match((await fetch(`${origin}/.well-known/jwks.json`)).json().keys, [{ kty: 'RSA', alg: 'RS256', use: 'sig' }], 'the guide\'s members')
  const api = await openApi(t, deployment, `${origin}/.well-known/jwks.json`)
  const call = async (authorization?: string) => {
    const body = '{"input":"Query data here","parameters":{"temperature":0.4}}'
    const { status, text } = await fetch(api, { method: 'POST', headers: { ...(authorization && { authorization }) }, body })
    return { status, text }
  }
  const { token } = (await postSign(fetch, origin, deployment.apiKey, { claims: { aud: AUDIENCE } })).json()
  t.strictSame(await call(`Bearer ${token}`), { status: 200, text: 'app' })
  t.equal((await call()).status, 401, 'no token')
  t.equal((await call(`Bearer ${token.slice(0, -8)}AAAAAAAA`)).status, 401, 'tampered')
  const { token: other } = (await postSign(fetch, origin, deployment.apiKey, { claims: { aud: 'https://other.example' } })).json()
  t.match(await call(`Bearer ${other}`), { status: 401, text: /audience/ })
  const foreign = jsonwebtoken.sign({ sub: 'app', aud: AUDIENCE }, privatePem('RSA'), { algorithm: 'RS256', keyid: 'unknown' })
  t.match(await call(`Bearer ${foreign}`), { status: 401, text: /signing key/ })
})
