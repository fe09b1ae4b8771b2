// A configured server as an operator runs it: start, both jobs over TLS, SIGHUP, an end by signal.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

t.test('publishes keys and signs tokens over TLS', async t => {
  const deployment = await deploy(t)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const jwks = await fetch(`${server.origin}/.well-known/jwks.json`)
  t.equal(jwks.status, 200)
  const [jwk] = jwks.json().keys
  const signed = await postSign(fetch, server.origin, deployment.apiKey, { claims: { sub: 'me' } })
  t.match(signed.json(), { kid: jwk.kid, alg: 'ES256', token: /^eyJ/ })
  server.child.kill('SIGHUP')
  await until(() => server.log().some(({ msg }) => msg === 'nothing has changed'))
  t.equal(await server.stop(), 0)
})

t.test('--only public opens one listener, which signs nothing', async t => {
  const deployment = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const server = await startProgram(t, ['--only', 'public'], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  t.equal(server.ports.internal, undefined)
  t.equal((await fetch(`${server.origin}/.well-known/jwks.json`)).status, 200)
  t.equal((await postSign(fetch, server.origin, deployment.apiKey, {})).status, 404)
})
