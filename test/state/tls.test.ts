// TLS material made by openssl: what a listener opens with, and every mistake that operators make with it.

import { spawn } from 'node:child_process'
import { chmodSync, readFileSync, symlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { connect, createServer, type TLSSocket } from 'node:tls'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { GROUPS, isKnownGroup, readTls, tlsOptions } from '../../src/state/tls.ts'
import { faultsOf } from '../support/faults.ts'
import { type CertificateFiles, makeCertificate, openssl } from '../support/openssl.ts'

const DAY = 86_400
const now = Math.floor(Date.now() / 1000) + 60
const host = 'localhost'

/** A root, an intermediate and a leaf for `localhost`; `full.pem` is leaf and intermediate, as servers send it. */
function makeChain (t: Test) {
  const dir = t.testdir()
  const at = (name: string): string => path.join(dir, name)
  const root = makeCertificate(dir, 'root', { ca: true })
  const middle = makeCertificate(dir, 'middle', { ca: true, issuer: root })
  const leaf = makeCertificate(dir, 'leaf', { issuer: middle })
  const join = (name: string, ...parts: string[]): string => {
    writeFileSync(at(name), parts.map(part => readFileSync(at(`${part}.crt.pem`), 'utf8')).join(''))
    return at(name)
  }
  join('full.pem', 'leaf', 'middle')
  return { dir, at, leaf, join }
}

t.test('a sound chain with its root, of EC and RSA', async t => {
  const { dir, leaf, join } = makeChain(t)
  const { warnings } = await readTls({ cert: join('all.pem', 'leaf', 'middle', 'root'), key: leaf.key }, { host, now })
  t.strictSame(warnings, [])
  const rsa = makeCertificate(dir, 'rsa', { rsaBits: 2048 })
  t.strictSame((await readTls(rsa, { host, now })).warnings, [], 'self-signed by itself')
  t.strictSame((await readTls(rsa, { now })).warnings, [], 'no host, no check of it')
})

t.test('a wrong pair, a wrong host', async t => {
  const { dir, at, leaf } = makeChain(t)
  const other = makeCertificate(dir, 'other', { san: 'DNS:jwks.example.com,DNS:*.example.org' })
  t.match(await faultsOf(() => readTls({ cert: at('full.pem'), key: other.key }, { host, now })),
    [{ where: other.key, problem: /is not the private key of the certificate in .*full\.pem/, hint: /./ }])
  t.match(await faultsOf(() => readTls(other, { host, now })),
    [{ where: other.cert, problem: /does not cover localhost \(it covers DNS:jwks\.example\.com, DNS:\*\.example\.org\)/, hint: /correct url/ }])
  t.strictSame(await faultsOf(() => readTls(other, { host: 'a.example.org', now })), [], 'a wildcard covers')
  const nameless = makeCertificate(dir, 'nameless', { ca: true })
  t.match(await faultsOf(() => readTls(nameless, { host, now })), [{ problem: /it covers no name/ }])
  t.match(await faultsOf(() => readTls(makeCertificate(dir, 'jwks.example.org', { ca: true }), { host: 'jwks.example.org', now })), [{
    problem: 'the certificate names jwks.example.org only as its common name (CN), which clients do not read',
    hint: 'get a certificate that names jwks.example.org as a subject alternative name (SAN)'
  }])
  t.strictSame(await faultsOf(() => readTls({ cert: at('full.pem'), key: leaf.key }, { host, now })), [], 'negative control')
})

t.test('a key that OpenSSL takes for no server is reported before a listener opens', async t => {
  const weak = makeCertificate(t.testdir(), 'weak', { rsaBits: 512 })
  t.match(await faultsOf(() => readTls(weak, { host, now })), [{ where: weak.cert, problem: /OpenSSL does not take it/, hint: /stronger key/ }])
})

t.test('a chain out of order is refused, one cut short is warned of', async t => {
  const { leaf, join } = makeChain(t)
  const read = async (...parts: string[]) => await readTls({ cert: join('chain.pem', ...parts), key: leaf.key }, { host, now })
  t.match(await faultsOf(() => read('leaf', 'root', 'middle')), [{ problem: /certificate 2 did not issue certificate 1/, hint: /then each issuer/ }])
  t.match(await faultsOf(() => read('middle', 'leaf')), [{ problem: /is not the private key/ }])
  t.match((await read('leaf')).warnings, [/the chain ends at the issuer "CN=middle", .*is an intermediate missing\?/])
  t.match((await read('leaf', 'middle')).warnings, [/"CN=root", which is no public root/])
})

t.test('dates: expired, not yet valid, near its end', async t => {
  const files = makeCertificate(t.testdir(), 'leaf', { days: 30 })
  const at = async (moment: number) => await readTls(files, { host, now: moment })
  t.match(await faultsOf(() => at(now + 31 * DAY)), [{ where: files.cert, problem: /expired on/, hint: /renew/ }])
  t.match(await faultsOf(() => at(now - DAY)), [{ where: files.cert, problem: /not valid before/, hint: /clock/ }])
  t.match((await at(now + 20 * DAY)).warnings, [/the certificate expires on/])
  t.strictSame((await at(now)).warnings, [])
})

t.test('issued by ACME: missing or expired is no fault, and a key in the same file is not sent', async t => {
  const { cert, key } = makeCertificate(t.testdir(), 'leaf', { days: 30 })
  t.match(await readTls({ cert: `${cert}.none`, key: `${cert}.none` }, { host, now, issued: true }), { cert: '', warnings: [/no certificate yet/] })
  t.notOk('cert' in tlsOptions({ cert: '', key: '', warnings: [] }))
  const both = `${cert}.both`
  writeFileSync(both, readFileSync(cert, 'utf8') + readFileSync(key, 'utf8'), { mode: 0o600 })
  const read = await readTls({ cert: both, key: both }, { host, now: now + 31 * DAY, issued: true })
  t.match(read.warnings, [/the certificate expires on/])
  t.notMatch(read.cert, /PRIVATE KEY/)
})

t.test('files that are something else', async t => {
  const { dir, at, leaf } = makeChain(t)
  const good = { cert: at('full.pem'), key: leaf.key }
  const bad = (name: string, text: string): string => {
    writeFileSync(at(name), text, { mode: 0o600 })
    return at(name)
  }
  t.match(await faultsOf(() => readTls({ ...good, cert: at('missing.pem') }, { host, now })), [{ problem: /is not there/ }])
  t.match(await faultsOf(() => readTls({ ...good, cert: leaf.key }, { host, now })), [{ problem: /there is no certificate in it/ }])
  t.match(await faultsOf(() => readTls({ ...good, cert: bad('text.pem', 'x') }, { host, now })), [{ problem: /no PEM block/ }])
  const damaged = bad('damaged.pem', '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n')
  t.match(await faultsOf(() => readTls({ ...good, cert: damaged }, { host, now })), [{ where: damaged, problem: /is damaged/ }])
  t.match(await faultsOf(() => readTls({ ...good, key: good.cert }, { host, now })), [{ problem: /world can read it/ }])
  t.match(await faultsOf(() => readTls({ ...good, key: bad('no-key.pem', 'x') }, { host, now })), [{ problem: /not a private key in PEM/ }])
  openssl(dir, 'pkcs8', '-topk8', '-in', leaf.key, '-out', 'encrypted.pem', '-passout', 'pass:secret')
  t.match(await faultsOf(() => readTls({ ...good, key: at('encrypted.pem') }, { host, now })), [{ problem: /is encrypted/, hint: /openssl pkey -in/ }])
})

t.test('a key that others can read or change is refused like any private key', async t => {
  const files = makeCertificate(t.testdir(), 'leaf')
  for (const [mode, problem] of [[0o644, /the world can read it/], [0o666, /the world can read it/], [0o620, /others can write it/]] as const) {
    chmodSync(files.key, mode)
    t.match(await faultsOf(() => readTls(files, { host, now })), [{ where: files.key, problem, hint: `chmod 600 ${files.key}` }])
  }
  chmodSync(files.key, 0o640)
  t.match((await readTls(files, { host, now })).warnings, [/its group can read the private key/])
  symlinkSync('.', path.join(path.dirname(files.key), '..data'))
  t.strictSame((await readTls(files, { host, now })).warnings, [], 'fsGroup makes that mode by design')
  chmodSync(files.key, 0o444)
  t.match(await faultsOf(() => readTls(files, { host, now })), [{ hint: /defaultMode: 0400/ }])
})

t.test('clientCa: read, checked, and asked of clients; the listener learns who showed what', async t => {
  const { dir, at, leaf } = makeChain(t)
  const files = { cert: at('full.pem'), key: leaf.key }
  t.match(await faultsOf(() => readTls({ ...files, clientCa: leaf.key }, { host, now })), [{ where: leaf.key, problem: /no certificate in it/ }])
  const options = tlsOptions(await readTls({ ...files, clientCa: at('root.crt.pem') }, { host, now }))
  const client = makeCertificate(dir, 'client', { issuer: { cert: at('root.crt.pem'), key: at('root.key.pem') } })
  const stranger = makeCertificate(dir, 'stranger')
  const server = createServer(options, socket => socket.on('error', () => {}).end(String(socket.authorized)))
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => { server.close() })
  const isAuthorized = async (own?: CertificateFiles): Promise<boolean> => {
    const socket: TLSSocket = connect({
      port: (server.address() as AddressInfo).port,
      host: '127.0.0.1',
      servername: host,
      ca: readFileSync(at('root.crt.pem')),
      ...(own && { cert: readFileSync(own.cert), key: readFileSync(own.key) })
    })
    return (await socket.setEncoding('utf8').toArray()).join('') === 'true'
  }
  t.strictSame([await isAuthorized(client), await isAuthorized(stranger), await isAuthorized()], [true, false, false])
})

t.test('protocol options: TLS 1.2 and 1.3, AEAD suites only; no CA is asked for without clientCa', async t => {
  const files = makeCertificate(t.testdir(), 'leaf')
  const options = tlsOptions(await readTls(files, { host, now }))
  t.match(options, { minVersion: 'TLSv1.2', honorCipherOrder: true, ALPNProtocols: ['http/1.1'] })
  t.ok(options.ciphers!.split(':').every(suite => /GCM|CHACHA20/.test(suite) && /^TLS_|^ECDHE-/.test(suite)))
  t.notOk('ca' in options || 'requestCert' in options)
})

t.test('groups of the key exchange: the costly ones are refused', async t => {
  const files = makeCertificate(t.testdir(), 'leaf')
  const shake = async (options: object, groups: string): Promise<string> => {
    const server = createServer(options, socket => { socket.on('error', () => {}).end() })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const child = spawn('openssl', ['s_client', '-connect', `127.0.0.1:${port}`, '-groups', groups], { stdio: ['ignore', 'pipe', 'ignore'] })
    const said = (await child.stdout.setEncoding('utf8').toArray()).join('')
    server.close()
    return /^Server Temp Key: ([\w-]+)/m.exec(said)?.[1] ?? (/handshake has read 0 bytes|Cipher is \(NONE\)/.test(said) ? 'refused' : said)
  }
  const material = await readTls(files, { host, now })
  t.strictSame(GROUPS.filter(name => name !== 'X25519MLKEM768'), ['X25519', 'P-256', 'P-384'])
  t.notOk(isKnownGroup('no-such-group'))
  t.equal(await shake(tlsOptions(material), 'X25519:P-256'), 'X25519')
  t.equal(await shake(tlsOptions(material), 'ffdhe2048:P-384'), 'ECDH')
  for (const group of ['ffdhe2048', 'ffdhe8192', 'P-521']) t.equal(await shake(tlsOptions(material), group), 'refused', group)
  const { ecdhCurve: _, ...others } = tlsOptions(material)
  t.equal(await shake(others, 'ffdhe2048'), 'DH', 'control: without the list OpenSSL offers it')
})
