// Discovery documents: for sets with `issuer: true` and no others. Real clients read them in test/programs/discovery.test.ts.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { openListener } from '../support/listener.ts'

const OIDC = '/.well-known/openid-configuration'
const OAUTH = '/.well-known/oauth-authorization-server'

t.test('a set with issuer: true is found by its issuer, in both forms', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'cloud/a.pem': privatePem('RSA'), 'ecw/a.pem': privatePem('RSA') },
    config: {
      url: 'https://jwks.example.com',
      sets: { default: { issuer: true }, cloud: { issuer: true, alg: 'RS256', maxAge: '5m' }, both: { issuer: true, include: ['default', 'cloud'] } },
      profiles: { plain: { preset: 'jwt', set: 'cloud', claims: { iss: '${set.issuer}' } } }
    }
  }))
  const { status, headers, json } = await fetch(`${origin}/cloud${OIDC}`)
  t.match({ status, headers }, { status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'public, max-age=300', 'access-control-allow-origin': '*' } })
  t.strictSame(json(), {
    issuer: 'https://jwks.example.com/cloud',
    jwks_uri: 'https://jwks.example.com/cloud/.well-known/jwks.json',
    response_types_supported: ['id_token'],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: ['RS256']
  })
  t.strictSame((await fetch(`${origin}${OAUTH}/cloud`)).json(), json(), 'RFC 8414 puts the path of the issuer at the end')
  for (const url of [OIDC, OAUTH]) {
    t.match((await fetch(origin + url)).json(), { issuer: 'https://jwks.example.com', jwks_uri: 'https://jwks.example.com/.well-known/jwks.json' })
  }
  t.match((await fetch(`${origin}/both${OIDC}`)).json(), { id_token_signing_alg_values_supported: ['ES256', 'RS256'] }, 'a union has the algs of its members')
  for (const url of [`/ecw${OIDC}`, `${OAUTH}/ecw`, `/default${OIDC}`, `/none${OIDC}`, `${OAUTH}/..%2f`]) t.equal((await fetch(origin + url)).status, 404, url)
})

t.test('negative control: without issuer: true there is no document', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  for (const url of [OIDC, OAUTH, `/default${OIDC}`]) t.equal((await fetch(origin + url)).status, 404, url)
})
