// The eCW guide, followed to the letter: its two openssl commands, both files dropped into keys/, fetched by curl under
// the host name, and a client assertion that the guide's reader would send.

import { execFile } from 'node:child_process'
import { createHash, createPublicKey, verify } from 'node:crypto'
import { chmod, copyFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { makeGuideKey, openssl } from '../support/openssl.ts'
import { startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const run = promisify(execFile)

t.test('two PEM files are one key with the guide\'s members, and it signs RS384 assertions', async t => {
  const claims = { iss: 'client-1', sub: 'client-1', aud: 'https://oauthserver.eclinicalworks.com/oauth/oauth2/token' }
  const deployment = await deploy(t, {
    keys: {},
    config: { url: 'https://jwks.example.com', profiles: { ecw: { preset: 'smart-backend-services', claims } } },
    client: { profiles: ['ecw'] }
  })
  const { publicPem } = makeGuideKey(deployment.directory)
  for (const name of ['rsa384-private.pem', 'rsa384-public.pem']) await copyFile(path.join(deployment.directory, name), path.join(deployment.keys, name))
  await chmod(path.join(deployment.keys, 'rsa384-private.pem'), 0o600)
  const { ports } = await startProgram(t, [], { cwd: deployment.directory })

  const { stdout } = await run('curl', ['--silent', '--show-error', '--fail', '--cacert', 'tls/ca.pem',
    '--resolve', `jwks.example.com:${ports.public}:127.0.0.1`, `https://jwks.example.com:${ports.public}/.well-known/jwks.json`], { cwd: deployment.directory })
  const { keys: [jwk, ...others] } = JSON.parse(stdout)
  t.strictSame(others, [])
  const [, modulus] = /^Modulus=([0-9A-F]+)$/m.exec(openssl(deployment.directory, 'rsa', '-pubin', '-in', 'rsa384-public.pem', '-noout', '-modulus'))!
  t.strictSame(jwk, {
    kty: 'RSA',
    alg: 'RS384',
    n: Buffer.from(modulus!, 'hex').toString('base64url'),
    e: 'AQAB',
    key_ops: ['verify'],
    ext: true,
    use: 'sig', // the one member beside the guide's
    kid: createHash('sha256').update(publicPem).digest('hex').slice(0, 16)
  })
  t.match(openssl(deployment.directory, 'pkey', '-pubin', '-in', 'rsa384-public.pem', '-noout', '-text'), /Exponent: 65537 \(0x10001\)/)

  const signed = await postSign(makeFetch(deployment.ca), `https://localhost:${ports.public}`, deployment.apiKey, { claims: { scope: 'system/Patient.read' } })
  const [header, payload, signature] = signed.json().token.split('.') as [string, string, string]
  const decode = (part: string): any => JSON.parse(Buffer.from(part, 'base64url').toString())
  t.strictSame(decode(header), { alg: 'RS384', kid: jwk.kid, typ: 'JWT' })
  t.match(decode(payload), { ...claims, scope: 'system/Patient.read' })
  t.equal(decode(payload).exp - decode(payload).iat, 240)
  const check = (text: string): boolean => verify('sha384', Buffer.from(text), createPublicKey(publicPem), Buffer.from(signature, 'base64url'))
  t.ok(check(`${header}.${payload}`), 'RSASSA-PKCS1-v1_5 with SHA-384 under the public PEM file')
  t.notOk(check(`${header}.${payload}x`))
})
