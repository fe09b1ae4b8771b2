// Listeners that run apart: the public one in a DMZ from only public key files, the internal one for those whose
// certificate it trusts.

import { readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { issueCertificate, makeAuthority } from '../support/certificates.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const SEPARATE = {
  sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'tls/client-ca.pem' } },
  sets: { ecw: { kid: 'thumbprint' } }
}
const PATHS = ['/.well-known/jwks.json', '/ecw/.well-known/jwks.json']

t.test('an internal listener of its own, with mutual TLS', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': privatePem('P-256'), 'ecw/b.pem': privatePem('P-384') }, config: SEPARATE })
  const clients = await makeAuthority('clients')
  await writeFile(path.join(deployment.directory, 'tls/client-ca.pem'), clients.cert)
  const [mine, strange] = [await issueCertificate(clients, ['app']), await issueCertificate(deployment.authority, ['app'])]
  const server = await startProgram(t, [], { cwd: deployment.directory })
  t.not(server.ports.public, server.ports.internal)
  const fetch = makeFetch(deployment.ca)
  const sign = async (origin: string, certificate: object): Promise<number> => (await fetch(`${origin}/sign`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json' },
    body: '{}',
    ...certificate
  })).status
  t.equal(await sign(server.internal, mine), 200)
  t.equal(await sign(server.internal, strange), 401, 'a certificate of another authority')
  t.equal(await sign(server.internal, {}), 401, 'none, with a valid API key')
  t.equal(await sign(server.origin, mine), 404, 'the public listener signs nothing')
  for (const path of ['/metrics', '/docs', '/openapi.json']) t.equal((await fetch(server.origin + path)).status, 404, path)
  for (const path of PATHS) {
    t.equal((await fetch(server.origin + path)).status, 200)
    t.equal((await fetch(server.internal + path, mine)).status, 404, 'the internal listener publishes nothing')
  }
  t.equal((await fetch(`${server.internal}/livez`)).status, 200, 'a probe has no certificate')
})

t.test('--only public serves the same bytes from exported public files, without any private key', async t => {
  const deployment = await deploy(t, {
    keys: { 'a.pem': privatePem('RSA'), 'old.pem': `# activates: 2020-01-01T00:00:00Z\n${privatePem('P-256')}`, 'ecw/b.pem': privatePem('P-384') },
    config: { ...SEPARATE, sign: { listen: '127.0.0.1:0' }, profiles: { plain: { preset: 'jwt', set: 'ecw' } } }
  })
  const cwd = deployment.directory
  const fetch = makeFetch(deployment.ca)
  const exported = await runProgram(['export', '--all', 'public-keys'], { cwd })
  t.match(exported, { code: 0, stderr: '' })
  const whole = await startProgram(t, ['--only', 'internal'], { cwd })
  t.equal(whole.ports.public, undefined, 'only the internal listener runs')
  t.equal((await postSign(fetch, whole.internal, deployment.apiKey, {})).status, 200)
  await whole.stop()

  const both = await startProgram(t, [], { cwd })
  const expected = await Promise.all(PATHS.map(async name => await fetch(both.origin + name)))
  await both.stop()
  await rm(deployment.keys, { recursive: true })
  for (const name of ['public-keys/a.pem', 'public-keys/ecw/b.pem']) t.notMatch(await readFile(path.join(cwd, name), 'utf8'), /PRIVATE/)

  const dmz = await startProgram(t, ['--only', 'public'], { cwd, env: { JWKSD_KEYS: 'public-keys' } })
  t.equal(dmz.ports.internal, undefined)
  for (const [i, name] of PATHS.entries()) {
    const { status, body, headers } = await fetch(dmz.origin + name)
    t.equal(status, 200)
    t.ok(body.equals(expected[i]!.body), 'byte-identical')
    t.equal(headers.etag, expected[i]!.headers.etag)
    t.equal(headers['cache-control'], expected[i]!.headers['cache-control'])
  }
  t.equal((await postSign(fetch, dmz.origin, deployment.apiKey, {})).status, 404, 'no /sign')
})

t.test('--only internal without an internal listener is refused', async t => {
  const { directory } = await deploy(t)
  t.match(await runProgram(['serve', '--only', 'internal'], { cwd: directory }), {
    code: 1, stdout: '', stderr: /^error: .*jwksd\.yaml.*: names no internal listener\nhint: give sign\.listen an address/
  })
})
