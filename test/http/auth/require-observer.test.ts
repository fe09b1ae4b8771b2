// sign.metrics: who may read metrics and the description of the API.

import t from 'tap'
import { makeApiKey } from '../../../src/core/clients/api-key.ts'
import { readConfig } from '../../../src/config/parse.ts'
import { readYaml } from '../../../src/config/yaml.ts'
import { deploy } from '../../support/deployment.ts'
import { openListener } from '../../support/listener.ts'
import { postSign } from '../../support/request.ts'

const ROUTES = ['/', '/page.css', '/metrics', '/openapi.json', '/docs']

t.test('only the clients that are named, with their own authentication', async t => {
  const [prometheus, app] = [makeApiKey(), makeApiKey()]
  const auth = ({ id, sha256 }: { id: string, sha256: string }): object[] => [{ apiKey: { id, sha256 } }]
  const deployment = await deploy(t, {
    config: {
      sign: { listen: 'public', metrics: { clients: ['prometheus'] } },
      clients: { prometheus: { auth: auth(prometheus), profiles: [] }, app: { auth: auth(app), profiles: ['plain'] } }
    }
  })
  const { fetch, origin } = await openListener(t, deployment)
  for (const route of ROUTES) {
    const get = async (headers: Record<string, string>): Promise<object> => await fetch(origin + route, { headers })
    t.match(await get({}), { status: 401, headers: { 'www-authenticate': /Bearer/ } }, route)
    t.match(await get({ authorization: `Bearer ${app.token}x` }), { status: 401 })
    t.match(await get({ authorization: `Bearer ${app.token}` }), { status: 403, text: /"rule":"observers"/ })
    t.match(await get({ authorization: `Bearer ${prometheus.token}` }), { status: 200 })
  }
  const basic = (pair: string): { headers: Record<string, string> } => ({ headers: { authorization: `Basic ${Buffer.from(pair).toString('base64')}` } })
  t.match(await fetch(`${origin}/`), { status: 401, headers: { 'www-authenticate': /^Bearer .*, Basic realm=/ } }, 'a browser asks for name and password')
  t.match(await fetch(`${origin}/`, basic(`anybody:${prometheus.token}`)), { status: 200, headers: { 'www-authenticate': undefined } })
  t.match(await fetch(`${origin}/`, basic(`prometheus:${prometheus.token}x`)), { status: 401 })
  t.match(await fetch(`${origin}/`, basic(prometheus.token)), { status: 200 }, 'without a name')
  const sent = await fetch(`${origin}/sign`, { method: 'POST', body: '{}', headers: { ...basic(`app:${app.token}`).headers, 'content-type': 'application/json' } })
  t.match(sent, { status: 401, headers: { 'www-authenticate': 'Bearer realm="jwksd"' } }, '/sign takes none')
  t.match(await fetch(`${origin}/.well-known/jwks.json`), { status: 200 }, 'anybody reads keys')
  t.match(await fetch(`${origin}/livez`), { status: 200 })
  t.equal((await postSign(fetch, origin, app.token, {})).status, 200)
  t.equal((await postSign(fetch, origin, prometheus.token, { profile: 'plain' })).status, 403, 'it signs nothing')
})

t.test('without sign.metrics, everybody who reaches the listener', async t => {
  const { fetch, origin } = await openListener(t, await deploy(t))
  for (const route of ROUTES) t.match(await fetch(origin + route), { status: 200 }, route)
})

t.test('a client that does not exist is a fault with its place', t => {
  const read = (clients: string) => readConfig(readYaml('jwksd.yaml', `sign:
  listen: public
  metrics: { clients: [${clients}] }
clients:
  prometheus: { profiles: [] }
`), {}, 0).faults.filter(({ where }) => where.includes('metrics'))
  t.strictSame(read('prometheus'), [])
  t.match(read('prometeus'), [{ where: /^jwksd.yaml:3 sign.metrics.clients/, problem: 'there is no client "prometeus"', hint: /prometheus/ }])
  t.match(read(''), [{ where: /sign.metrics.clients/, problem: 'is empty' }])
  t.end()
})
