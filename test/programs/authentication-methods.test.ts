// An internal listener as a cluster runs it: one service with an API key, one with the token of its service account, one
// with the certificate of its mesh. All three end in the same policy and the same audit log.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { issueCertificate, makeAuthority } from '../support/certificates.ts'
import { deploy } from '../support/deployment.ts'
import { AUDIENCE, startIdentityProvider } from '../support/identity-provider.ts'
import { addClients } from '../support/listener.ts'
import { makeCertificate } from '../support/openssl.ts'
import { parseLines, startProgram } from '../support/program.ts'
import { makeFetch } from '../support/request.ts'

const ISSUER = 'https://kubernetes.default.svc.cluster.local'
const SERVICE_ACCOUNT = 'system:serviceaccount:prod:billing'

t.test('API key, service account token and certificate are three ways to one policy', async t => {
  const now = Math.floor(Date.now() / 1000)
  const authority = await makeAuthority('cluster')
  const cluster = await startIdentityProvider(t, await issueCertificate(authority), now)
  const deployment = await deploy(t, {
    config: {
      sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'mesh.crt.pem' } },
      issuers: {
        cluster: { issuer: ISSUER, audience: AUDIENCE, algs: ['RS256'], jwksUrl: cluster.jwksUrl, ca: 'cluster.pem', tokenFile: 'token' }
      }
    }
  })
  const { directory, file, apiKey, audit, ca } = deployment
  await addClients(file, {
    billing: { auth: [{ jwt: { issuer: 'cluster', sub: SERVICE_ACCOUNT } }], profiles: ['plain'] },
    ledger: { auth: [{ mtls: { san: 'URI:spiffe://example.com/ledger' } }], profiles: ['plain'] }
  })
  writeFileSync(path.join(directory, 'cluster.pem'), authority.cert)
  writeFileSync(path.join(directory, 'token'), 'a-service-account-token-of-jwksd\n')
  const mesh = makeCertificate(directory, 'mesh', { ca: true })
  const pairOf = (name: string) => {
    const { cert, key } = makeCertificate(directory, name, { san: `URI:spiffe://example.com/${name}`, issuer: mesh })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  }
  const { internal, output, stop } = await startProgram(t, ['--config', file], { cwd: directory })
  const fetch = makeFetch(ca)
  const sign = async (pair: object, bearer?: string): Promise<number> => (await fetch(`${internal}/sign`, {
    method: 'POST',
    ...pair,
    headers: { 'content-type': 'application/json', ...(bearer && { authorization: `Bearer ${bearer}` }) },
    body: '{"claims":{"sub":"x"}}'
  })).status

  const token = cluster.sign({ iss: ISSUER, sub: SERVICE_ACCOUNT, aud: [AUDIENCE] })
  const other = cluster.sign({ iss: ISSUER, sub: 'system:serviceaccount:dev:billing', aud: [AUDIENCE] })
  const sidecar = pairOf('sidecar')
  t.equal(await sign(sidecar, apiKey), 200)
  t.equal(await sign(sidecar, token), 200)
  t.equal(await sign(pairOf('ledger')), 200)
  t.strictSame(parseLines(readFileSync(audit, 'utf8')).map(({ client }) => client), ['app', 'billing', 'ledger'])
  t.equal(cluster.requests[0]!.headers.authorization, 'Bearer a-service-account-token-of-jwksd')

  t.equal(await sign(sidecar), 401, 'a certificate that means no client')
  t.equal(await sign(sidecar, other), 401, 'another namespace')
  t.equal(await sign({}, apiKey), 401, 'no certificate')
  t.equal((await fetch(`${internal}/livez`)).status, 200, 'a probe needs none')
  t.equal(parseLines(readFileSync(audit, 'utf8')).length, 3)
  for (const secret of [apiKey, token, other, 'a-service-account-token-of-jwksd']) t.notOk(output.stderr.includes(secret))
  t.equal(await stop(), 0)
})
