// From nothing to an access token without an editor: `jwksd init` on a real terminal, `jwksd serve`, POST /sign, and a real
// authorization server that fetches the keys by itself.

import { execFile } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { presets } from '../../src/presets/index.ts'
import { CLIENT, configureProvider, type Fetched, requestToken } from '../support/authorization-server.ts'
import { issueCertificate, makeAuthority } from '../support/certificates.ts'
import { startsAndSigns } from '../support/init-place.ts'
import { cleanEnvironment, inRepository, LOADER, MAIN, runProgram, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const run = promisify(execFile)
const PORTS = ['--listen', '127.0.0.1:0', '--sign-listen', '127.0.0.1:0']

t.test('from jwksd init eclinicalworks to a token that node-oidc-provider accepts', async t => {
  const { default: Provider } = await import('oidc-provider')
  const server = createServer()
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const cwd = t.testdir()

  const answers = ['eclinicalworks', '', 'billing', CLIENT, `${issuer}/token`]
  const { stdout: screen } = await run('python3', [
    inRepository('test/support/type-at-terminal.py'), JSON.stringify(answers), process.execPath, LOADER, MAIN, 'init', ...PORTS
  ], { cwd, env: cleanEnvironment() })
  t.match(screen, /Vendor .*\[jwt\]: eclinicalworks\r\n/)
  t.match(screen, /iss, which is the client_id, a string \[not-assigned-yet\]: backend-service\r\n/)
  t.match(screen, /Next:\r\n {2}jwksd serve\r\n {2}jwksd onboard eclinicalworks/)
  const apiKey = /jwksd_\w{8}_\S+/.exec(screen)![0]

  const jwksd = await startProgram(t, [], { cwd })
  const certificate = readFileSync(path.join(cwd, 'tls/cert.pem'), 'utf8')
  const jwksUri = `${jwksd.origin}/eclinicalworks/.well-known/jwks.json`
  const authority = await makeAuthority()
  server.setSecureContext(await issueCertificate(authority))
  const fetched: Fetched = []
  server.on('request', new Provider(issuer, configureProvider(jwksUri, certificate, fetched)).callback())
  const { token } = (await postSign(makeFetch(certificate), jwksd.internal, apiKey, {})).json()
  const fetch = makeFetch(authority.cert)
  t.match((await requestToken(fetch, issuer, token)).json(), { access_token: /^[\w-]{20,}$/, token_type: 'Bearer' })
  t.strictSame(fetched, [[jwksUri, 200]])
  t.match((await requestToken(fetch, issuer, token)).json(), { error: 'invalid_client' }, 'control: not twice')

  const { stdout: message, code } = await runProgram(['onboard'], { cwd })
  t.equal(code, 0)
  t.match(message, `Please confirm iss, which is the client_id, a string: ${CLIENT}`)
  t.notMatch(message, 'Please send us')
})

t.test('with what the vendor has not given yet, it serves and signs, and no vendor accepts it', async t => {
  const cwd = t.testdir()
  const { code, stdout } = await runProgram(['init', 'ecw', '--host', 'localhost', '--client', 'billing', ...PORTS], { cwd })
  t.equal(code, 0)
  const jwksd = await startProgram(t, [], { cwd })
  const { token } = (await postSign(makeFetch(readFileSync(path.join(cwd, 'tls/cert.pem'), 'utf8')), jwksd.internal, stdout.trim(), {})).json()
  t.match(JSON.parse(Buffer.from(token.split('.')[1], 'base64url').toString()), { iss: 'not-assigned-yet' })
  t.match(jwksd.output.stderr, /profiles\.ecw\.claims\.iss.*the vendor gives the value/)
})

t.test('nobody is waited for who is not there', async t => {
  t.match(await runProgram(['init'], { cwd: t.testdir() }), { code: 2, stderr: /without a terminal a preset, --host, --client must be given/ })
})

t.test('every preset: the server would start, and the preset\'s own example is signed', async t => {
  for (const preset of presets.values()) await startsAndSigns(t, preset)
})
