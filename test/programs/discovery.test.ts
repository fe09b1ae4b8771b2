// A token is verified by clients that know only its issuer: oauth4webapi, the base of openid-client, and go-oidc, which is not
// written for Node. Both find the JWK Set by the discovery document.

import { execFileSync, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import * as oauth from 'oauth4webapi'
import * as client from 'openid-client'
import t from 'tap'
import { Agent, fetch as fetchWith } from 'undici'
import { deploy } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { privatePem } from '../support/keys.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const port = await freePort()
const issuer = `https://localhost:${port}/cloud`
const { directory, ca, apiKey } = await deploy(t, {
  keys: { 'cloud/a.pem': privatePem('RSA') },
  config: {
    url: `https://localhost:${port}`,
    listen: `127.0.0.1:${port}`,
    sets: { cloud: { issuer: true, alg: 'RS256' } },
    profiles: { cloud: { preset: 'jwt', set: 'cloud', typ: 'at+jwt', claims: { iss: '${set.issuer}', sub: 'billing', client_id: 'billing', aud: 'https://api.example.com' } } }
  },
  client: { profiles: ['cloud'] }
})
const { origin } = await startProgram(t, ['--config', 'jwksd.yaml'], { cwd: directory })
const answer = await postSign(makeFetch(ca), origin, apiKey, {})
const { token } = answer.json() as { token: string }
const damaged = token.slice(0, -8) + 'AAAAAAAA'

t.test('openid-client and oauth4webapi', async t => {
  const dispatcher = new Agent({ connect: { ca } })
  t.teardown(async () => { await dispatcher.close() })
  const customFetch = async (url: string, options: object): Promise<Response> =>
    await fetchWith(url, { ...options, dispatcher }) as unknown as Response
  for (const algorithm of ['oidc', 'oauth2'] as const) {
    const found = await client.discovery(new URL(issuer), 'billing', undefined, undefined, { algorithm, [client.customFetch]: customFetch })
    t.equal(found.serverMetadata().jwks_uri, `${issuer}/.well-known/jwks.json`, algorithm)
  }
  const found = await oauth.discoveryRequest(new URL(issuer), { [oauth.customFetch]: customFetch })
  const server = await oauth.processDiscoveryResponse(new URL(issuer), found)
  const verify = async (token: string): Promise<oauth.JWTAccessTokenClaims> => await oauth.validateJwtAccessToken(
    server, new Request('https://api.example.com', { headers: { authorization: `Bearer ${token}` } }), 'https://api.example.com',
    { [oauth.customFetch]: customFetch })
  t.match(await verify(token), { iss: issuer, sub: 'billing' })
  await t.rejects(verify(damaged), 'negative control: a damaged signature')
})

t.test('go-oidc', async t => {
  const place = t.testdir()
  writeFileSync(path.join(place, 'ca.pem'), ca)
  const env = {
    ...process.env,
    GO111MODULE: 'off',
    GOPATH: '/usr/share/gocode',
    GOCACHE: path.join(place, 'cache'),
    SSL_CERT_FILE: path.join(place, 'ca.pem')
  }
  execFileSync('go', ['build', '-o', path.join(place, 'verify'), 'examples/verify.go'], { env })
  const verify = (...args: string[]) => spawnSync(path.join(place, 'verify'), args, { env, encoding: 'utf8' })
  t.match(verify(issuer, 'https://api.example.com', token), { status: 0, stdout: 'billing\n' })
  t.match(verify(issuer, 'https://api.example.com', damaged), { status: 1, stdout: /signature/ }, 'negative control: a damaged signature')
  t.match(verify(`https://localhost:${port}/other`, 'x', token), { status: 1, stdout: /404/ }, 'negative control: no such issuer')
})
