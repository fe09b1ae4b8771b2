// testssl and sslscan against both listeners, each with an RSA and an EC certificate: they find nothing that could be
// better, but for what a test's own certificates lack. A server with Node's defaults is the control. testssl takes half a
// minute for a listener: where the certificates are the other way round it runs only with JWKSD_LONG=1.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import path from 'node:path'
import t, { type Test } from 'tap'
import { deploy } from '../support/deployment.ts'
import { makeCertificate } from '../support/openssl.ts'
import { startProgram } from '../support/program.ts'

const HOST = 'jwks.example.com' // for localhost there is no Strict-Transport-Security
/** Protocols, forward secrecy, order of suites, certificate, HTTP headers, known vulnerabilities. */
const CHECKS = ['--protocols', '--pfs', '--server-preference', '--server-defaults', '--headers', '--vulnerable']
/** Findings that say that each of the checks has run. */
const EXPECTED = ['TLS1_2', 'TLS1_3', 'PFS', 'cipher_order', 'cert_trust', 'cert_chain_of_trust', 'X-Content-Type-Options', 'heartbleed', 'ROBOT', 'secure_client_renego', 'LUCKY13']
/** Findings above INFO that no setting of a listener changes. */
const ALLOWED: Record<string, string> = {
  cert_revocation: 'the authority of this test publishes neither CRL nor OCSP',
  engine_problem: 'the openssl that testssl calls has no GOST'
}
const FORWARD_SECRET_AEAD = /^(?:TLS|ECDHE-(?:RSA|ECDSA))[-_].*(?:GCM|CHACHA20)/
const GROUPS = /^(?:x25519|secp256r1|secp384r1)/i

interface Finding { readonly id: string, readonly severity: string, readonly finding: string }

async function run (cwd: string, command: string, ...args: string[]): Promise<string> {
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'ignore'] })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  await once(child, 'close')
  return output
}

async function testssl (cwd: string, name: string, port: number, checks: readonly string[]): Promise<Finding[]> {
  await run(cwd, 'testssl', '--quiet', '--warnings', 'off', '--color', '0', '--nodns', 'none', '--ip', '127.0.0.1',
    '--add-ca', 'ca.crt.pem', '--jsonfile', `${name}.json`, ...checks, `${HOST}:${port}`)
  return JSON.parse(await readFile(path.join(cwd, `${name}.json`), 'utf8')) as Finding[]
}

/**
 * All findings of `testssl`. On a busy machine its openssl ends before the session ticket of TLS 1.3 has arrived, and then
 * cannot load the session that it did not write: testssl calls that a connect problem. Those checks are run again.
 */
async function scan (cwd: string, name: string, port: number): Promise<Finding[]> {
  let findings = await testssl(cwd, name, port, CHECKS)
  for (let attempt = 1; attempt <= 4 && findings.some(hasNotRun); attempt++) {
    const again = await testssl(cwd, `${name}-${attempt}`, port, ['--server-defaults'])
    findings = findings.map(finding => hasNotRun(finding) ? again.find(({ id }) => id === finding.id) ?? finding : finding)
  }
  return findings
}

function hasNotRun ({ severity, finding }: Finding): boolean {
  return severity === 'WARN' && finding.includes('check failed because of connect problem')
}

/** What testssl rates worse than INFO, as text. */
function worse (findings: readonly Finding[]): string[] {
  return findings.filter(({ id, severity }) => !['OK', 'INFO'].includes(severity) && !(id in ALLOWED))
    .map(({ id, severity, finding }) => `${severity} ${id}: ${finding}`)
}

/** What a client can get that sslscan knows and this server must not offer. */
async function sslscan (cwd: string, name: string, port: number): Promise<{ weak: string[], suites: number }> {
  await run(cwd, 'sslscan', `--xml=${name}.xml`, `--sni-name=${HOST}`, `127.0.0.1:${port}`)
  const xml = await readFile(path.join(cwd, `${name}.xml`), 'utf8')
  const all = (element: string): Array<Record<string, string>> => [...xml.matchAll(new RegExp(`<${element} ([^>]*)/>`, 'g'))]
    .map(([, text]) => Object.fromEntries([...text!.matchAll(/([a-z]+)="([^"]*)"/gi)].map(([, key, value]) => [key!, value!])))
  const suites = all('cipher').map(({ cipher }) => cipher!)
  return {
    suites: suites.length,
    weak: [
      ...all('protocol').filter(({ type, version, enabled }) => enabled === '1' && !(type === 'tls' && Number(version) >= 1.2)).map(({ type, version }) => `${type} ${version}`),
      ...suites.filter(name => !FORWARD_SECRET_AEAD.test(name)),
      ...all('group').map(({ name }) => name!).filter(name => !GROUPS.test(name)),
      ...all('heartbleed').filter(({ vulnerable }) => vulnerable !== '0').map(() => 'heartbleed'),
      ...all('renegotiation').filter(({ supported }) => supported !== '0').map(() => 'renegotiation')
    ]
  }
}

/** A deployment with certificates of both kinds, whose authority testssl trusts. */
async function deployWith (t: Test, publicKind: 'rsa' | 'ec', internalKind: 'rsa' | 'ec'): Promise<string> {
  const tls = (kind: string): object => ({ cert: `${kind}.crt.pem`, key: `${kind}.key.pem` })
  const { directory } = await deploy(t, {
    config: {
      url: `https://${HOST}`, tls: tls(publicKind), sign: { listen: '127.0.0.1:0', tls: tls(internalKind) }
    }
  })
  const leaf = { issuer: makeCertificate(directory, 'ca', { ca: true, days: 365 }), days: 90, san: `DNS:${HOST}` }
  makeCertificate(directory, 'rsa', { ...leaf, rsaBits: 3072 })
  makeCertificate(directory, 'ec', leaf)
  return directory
}

for (const [publicKind, internalKind] of [['rsa', 'ec'], ['ec', 'rsa']] as const) {
  const isDeep = publicKind === 'rsa' || Boolean(process.env.JWKSD_LONG)
  t.test(`public listener with ${publicKind}, internal one with ${internalKind}`, { timeout: 400_000 }, async t => {
    const directory = await deployWith(t, publicKind, internalKind)
    const { ports } = await startProgram(t, [], { cwd: directory })
    await Promise.all((['public', 'internal'] as const).map(async name => {
      const { weak, suites } = await sslscan(directory, name, ports[name]!)
      t.strictSame(weak, [], `sslscan: ${name}`)
      t.equal(suites, 6, `sslscan has found the suites: ${name}`)
      if (!isDeep) return
      const findings = await scan(directory, name, ports[name]!)
      t.strictSame(worse(findings), [], `testssl: ${name}`)
      t.strictSame(EXPECTED.filter(expected => !findings.some(({ id, severity }) => id === expected && severity === 'OK')), [], `testssl has run every check: ${name}`)
      t.comment(`${name}: ${findings.length} findings of testssl`)
    }))
  })
}

t.test('control: Node\'s defaults', async t => {
  const directory = await deployWith(t, 'rsa', 'ec')
  const [cert, key] = await Promise.all(['rsa.crt.pem', 'rsa.key.pem'].map(async name => await readFile(path.join(directory, name))))
  const server = createServer({ cert, key }, (request, response) => { response.end() }).listen(0, '127.0.0.1')
  t.teardown(() => { server.close() })
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  const found = worse(await testssl(directory, 'stock', port, ['--lucky13', '--headers']))
  t.match(found.find(line => line.startsWith('LOW LUCKY13')), /CBC/)
  t.ok(found.some(line => /HSTS/.test(line)), found.join('\n'))
  t.match((await sslscan(directory, 'stock', port)).weak, { length: /[1-9]/ })
})
