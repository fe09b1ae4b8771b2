// Servers with one fault each: the doctor finds it by its name, and finds nothing else. The same server without the fault
// has no finding, which is the control of every case.

import { createServer as createTcpServer } from 'node:net'
import type { RequestListener } from 'node:http'
import type { ServerOptions } from 'node:https'
import { createSecureContext } from 'node:tls'
import { gzipSync } from 'node:zlib'
import t from 'tap'
import { checkUrl, probeUrl } from '../../src/doctor/check-url.ts'
import type { Level } from '../../src/doctor/finding.ts'
import type { ProbeOptions } from '../../src/doctor/probe.ts'
import { makeAuthority } from '../support/certificates.ts'
import { answerSet, HOST, listen, makeCertificate, makeJwk, serve, theSite } from '../support/jwks-server.ts'
import { NOW } from '../support/listener.ts'

/** Of every server here: it is on a port and an address of this machine, which may be busy. */
const ALWAYS = ['port warning', 'private-address warning', 'speed warning', 'speed fault']
/** Milliseconds: on a busy machine each connection takes its time. */
const PATIENT = 60_000

const site = await theSite()
const rsa = makeJwk('RSA', 'a')
const ec = makeJwk('P-256', 'b')
const good = { keys: [rsa, ec] }

interface Options extends Partial<ProbeOptions> { host?: string }

/** Findings that are not ok, as `check level`, without those of every server. */
async function find (port: number, { host = HOST, ...options }: Options = {}): Promise<string[]> {
  const url = new URL(`https://${host}:${port}/.well-known/jwks.json`)
  const findings = await checkUrl(url, { now: NOW, ca: site.ca, allowPrivate: true, resolve: async () => ['127.0.0.1'], budget: PATIENT, ...options })
  return findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check} ${level}`).filter(one => !ALWAYS.includes(one))
}

interface Case {
  name: string
  /** Name of the check, and the level that it gives. */
  finds: [check: string, level: Level]
  answer?: RequestListener
  tls?: ServerOptions
  probe?: Options
}

const page = (status: number, html: string, headers: Record<string, string | string[]> = {}): RequestListener => (_request, response) => {
  response.writeHead(status, { 'content-type': 'text/html', ...headers }).end(`<!DOCTYPE html><html>${html}</html>`)
}
const status = (code: number, headers: Record<string, string> = {}): RequestListener => (_request, response) => {
  response.writeHead(code, { 'content-type': 'application/json', ...headers }).end('{}')
}
/** The set, unless `isOdd` holds for the request: then `odd`. */
const unless = (isOdd: (request: Parameters<RequestListener>[0]) => boolean, odd: RequestListener): RequestListener =>
  (request, response) => { (isOdd(request) ? odd : answerSet(good))(request, response) }
const noAgent = (odd: RequestListener): RequestListener => unless(({ headers }) => !headers['user-agent'], odd)

const authority = await makeAuthority('another authority')
const issuer = site.authority
const intermediate = await makeCertificate({ issuer, names: [], commonName: 'an intermediate', authority: true })
const leaf = await makeCertificate({ issuer, names: [] })
const belowLeaf = await makeCertificate({ issuer: leaf })
const stranger = await makeCertificate({ issuer: authority })
const weak = await makeCertificate({ rsaBits: 1024 })
const ago = (days: number): Date => new Date(Date.now() - days * 86_400_000)
const old = { ciphers: 'DEFAULT@SECLEVEL=0' }

const ADDRESSES: Case[] = [
  { name: 'an address in place of a name', finds: ['dns-name', 'fault'], probe: { host: '127.0.0.1' } },
  { name: 'a name without a domain', finds: ['dns-name', 'fault'], tls: await makeCertificate({ issuer, names: ['jwks'] }), probe: { host: 'jwks' } },
  { name: 'an address that refuses connections', finds: ['reachable', 'fault'], probe: { resolve: async () => ['127.0.0.1', '127.0.0.9'] } }
]

const TLS: Case[] = [
  { name: 'only TLS 1.1', finds: ['tls-versions', 'fault'], tls: { ...old, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1' } },
  { name: 'only TLS 1.3', finds: ['tls-versions', 'warning'], tls: { minVersion: 'TLSv1.3' } },
  { name: 'TLS 1.0 to 1.3', finds: ['tls-versions', 'warning'], tls: { ...old, minVersion: 'TLSv1' } },
  { name: 'a certificate that signs itself', finds: ['certificate-trust', 'fault'], tls: await makeCertificate({}) },
  { name: 'an unknown authority, which is sent', finds: ['certificate-trust', 'fault'], tls: { ...stranger, cert: stranger.cert + authority.cert } },
  { name: 'an issuer that is no authority', finds: ['certificate-trust', 'fault'], tls: { ...belowLeaf, cert: belowLeaf.cert + leaf.cert } },
  { name: 'no intermediate', finds: ['missing-intermediate', 'fault'], tls: await makeCertificate({ issuer: intermediate }) },
  { name: 'another name', finds: ['certificate-name', 'fault'], tls: await makeCertificate({ issuer, names: ['www.example.com'] }) },
  { name: 'only a common name', finds: ['certificate-name', 'fault'], tls: await makeCertificate({ issuer, names: [], commonName: HOST }) },
  { name: 'an expired certificate', finds: ['certificate-dates', 'fault'], tls: await makeCertificate({ issuer, notBefore: ago(9), notAfter: ago(1) }) },
  { name: 'a certificate of tomorrow', finds: ['certificate-dates', 'fault'], tls: await makeCertificate({ issuer, notBefore: ago(-1), notAfter: ago(-99) }) },
  { name: 'a certificate that expires soon', finds: ['certificate-dates', 'warning'], tls: await makeCertificate({ issuer, notAfter: ago(-3) }) },
  { name: 'a weak certificate key', finds: ['certificate-key', 'fault'], tls: { ...old, ...weak }, probe: { ca: weak.cert } },
  { name: 'another certificate without SNI', finds: ['no-sni', 'warning'], tls: { ...stranger, SNICallback: (_, use) => { use(null, createSecureContext(site)) } } },
  {
    name: 'no handshake without SNI',
    finds: ['no-sni', 'warning'],
    tls: { ...stranger, ALPNCallback: ({ servername }) => servername ? 'http/1.1' : undefined, SNICallback: (_, use) => { use(null, createSecureContext(site)) } }
  }
]

const ANSWERS: Case[] = [
  { name: 'no answer at all', finds: ['http-answer', 'fault'], answer: () => {}, probe: { budget: 2000 } },
  { name: 'headers without end', finds: ['http-answer', 'fault'], answer: ({ socket }) => { socket.write(`HTTP/1.1 200 OK\r\nX: ${'x'.repeat(20_000)}`) } },
  { name: 'no HTTP', finds: ['http-answer', 'fault'], answer: ({ socket }) => { socket.end('SSH-2.0-OpenSSH_9.2\r\n') } },
  {
    name: 'a body that is cut off',
    finds: ['http-answer', 'fault'],
    answer: ({ socket }) => { socket.end('HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{"keys"') }
  },
  { name: 'a redirect', finds: ['redirect', 'fault'], answer: status(301, { location: 'https://www.example.com/jwks.json?token=x' }) },
  { name: 'a redirect to nowhere', finds: ['redirect', 'fault'], answer: status(302) },
  {
    name: 'a challenge of Cloudflare',
    finds: ['challenge-page', 'fault'],
    answer: page(403, '<title>Just a moment...</title>', { server: 'cloudflare', 'cf-mitigated': 'challenge' })
  },
  { name: 'a refusal of Akamai', finds: ['challenge-page', 'fault'], answer: page(403, 'Access Denied', { server: 'AkamaiGHost' }) },
  { name: 'a page of Incapsula with 200', finds: ['challenge-page', 'fault'], answer: page(200, '<script src="/_Incapsula_Resource?x"></script>') },
  { name: 'a login page', finds: ['challenge-page', 'fault'], answer: page(200, '<title>Sign in</title>') },
  { name: 'authentication', finds: ['status', 'fault'], answer: status(401) },
  { name: 'a wrong path', finds: ['status', 'fault'], answer: status(404) },
  { name: 'an error', finds: ['status', 'fault'], answer: status(500) },
  { name: 'JSON as HTML', finds: ['content-type', 'fault'], answer: answerSet(good, { 'content-type': 'text/html' }) },
  { name: 'no content type', finds: ['content-type', 'fault'], answer: answerSet(good, { 'content-type': undefined }) },
  { name: 'the type of JWK Sets', finds: ['content-type', 'warning'], answer: answerSet(good, { 'content-type': 'application/jwk-set+json' }) },
  { name: 'compression unasked', finds: ['compression', 'fault'], answer: answerSet(gzipSync(JSON.stringify(good)), { 'content-encoding': 'gzip' }) },
  { name: 'a huge body', finds: ['size', 'fault'], answer: answerSet(Buffer.alloc(3_000_000, ' ')) },
  { name: '200 KB', finds: ['size', 'fault'], answer: answerSet({ ...good, note: 'x'.repeat(200_000) }) },
  { name: '60 KB', finds: ['size', 'warning'], answer: answerSet({ ...good, note: 'x'.repeat(60_000) }) },
  { name: 'no Cache-Control', finds: ['cache-control', 'warning'], answer: answerSet(good, { 'cache-control': undefined }) },
  { name: 'no-store', finds: ['cache-control', 'warning'], answer: answerSet(good, { 'cache-control': 'no-store' }) },
  { name: 'a max-age of a week', finds: ['cache-control', 'warning'], answer: answerSet(good, { 'cache-control': 'max-age=604800' }) },
  { name: 'Cache-Control without a max-age', finds: ['cache-control', 'warning'], answer: answerSet(good, { 'cache-control': 'public' }) },
  { name: '304 for every ETag', finds: ['etag', 'fault'], answer: unless(({ headers }) => headers['if-none-match'] !== undefined, status(304)) },
  { name: '200 for its own ETag', finds: ['etag', 'warning'], answer: answerSet(good, { etag: 'W/"1"' }) },
  { name: 'a cookie', finds: ['cookies', 'warning'], answer: answerSet(good, { 'set-cookie': ['session=secret-value; Secure'] }) },
  { name: '403 for an empty User-Agent', finds: ['empty-user-agent', 'fault'], answer: noAgent(status(403)) },
  { name: 'a page for an empty User-Agent', finds: ['empty-user-agent', 'fault'], answer: noAgent(page(200, '')) },
  { name: 'a closed connection for an empty User-Agent', finds: ['empty-user-agent', 'fault'], answer: noAgent(({ socket }) => { socket.destroy() }) },
  { name: '429 for an empty User-Agent', finds: ['empty-user-agent', 'warning'], answer: noAgent(status(429)) },
  { name: '406 for the type of JWK Sets', finds: ['accept', 'fault'], answer: unless(({ headers }) => /jwk-set/.test(headers.accept ?? ''), status(406)) },
  { name: '505 for HTTP/1.0', finds: ['http-1-0', 'warning'], answer: unless(({ httpVersion }) => httpVersion === '1.0', status(505)) },
  { name: '405 for HEAD', finds: ['head', 'warning'], answer: unless(({ method }) => method === 'HEAD', status(405)) }
]

const SETS: Case[] = [
  { name: 'no JSON', finds: ['json', 'fault'], answer: answerSet('{"keys": [,]}') },
  { name: 'a single JWK', finds: ['jwk-set', 'fault'], answer: answerSet(rsa) },
  { name: 'a kid twice', finds: ['duplicate-kid', 'fault'], answer: answerSet({ keys: [rsa, { ...ec, kid: 'a' }] }) },
  { name: 'a private key', finds: ['private-members', 'fault'], answer: answerSet({ keys: [{ ...rsa, d: 'SECRETSECRET' }] }) }
]

t.test('the healthy server has no finding', async t => {
  t.strictSame(await find(await serve(t, answerSet(good))), [])
  t.strictSame(await find(await serve(t, answerSet(good, { etag: undefined }))), [], 'an ETag is not needed')
  const { set, findings } = await probeUrl(new URL(`https://localhost:${await serve(t, answerSet(good))}/`), { now: NOW })
  t.equal(set, JSON.stringify(good), 'the set is passed on')
  t.match(findings.find(({ check }) => check === 'missing-intermediate'), { level: 'fault' }, 'a private authority without --ca')
})

t.test('a published private key is said first', async t => {
  const port = await serve(t, answerSet({ keys: [{ ...rsa, d: 'SECRETSECRET' }] }, { 'content-type': 'text/html' }))
  const [first] = await checkUrl(new URL(`https://${HOST}:${port}/`), { now: NOW, allowPrivate: true, resolve: async () => ['127.0.0.1'], budget: PATIENT })
  t.match(first, { check: 'private-members', level: 'fault' })
})

for (const { name, finds, answer = answerSet(good), tls, probe } of [...ADDRESSES, ...TLS, ...ANSWERS, ...SETS]) {
  t.test(`${name}: ${finds[0]}`, async t => {
    t.strictSame(await find(await serve(t, answer, tls), probe), [finds.join(' ')])
  })
}

t.test('another address of the name: same-keys, certificates', async t => {
  const resolve = async (): Promise<string[]> => ['127.0.0.1', '127.0.0.2', '127.0.0.2']
  const port = await serve(t, answerSet(good))
  await serve(t, answerSet({ keys: [rsa] }), {}, '127.0.0.2', port)
  t.strictSame(await find(port, { resolve }), ['same-keys fault'])
  const same = await serve(t, answerSet(good))
  await serve(t, answerSet({ keys: [Object.fromEntries(Object.entries(ec).reverse()), rsa] }), {}, '127.0.0.2', same)
  t.strictSame(await find(same, { resolve }), [], 'the same keys in another order')
  const lost = await serve(t, answerSet(good))
  await serve(t, status(404), {}, '127.0.0.2', lost)
  t.strictSame(await find(lost, { resolve }), ['same-keys fault'], 'no keys there')
  const expired = await serve(t, answerSet(good))
  await serve(t, answerSet(good), await makeCertificate({ issuer, notBefore: ago(9), notAfter: ago(1) }), '127.0.0.2', expired)
  t.strictSame(await find(expired, { resolve }), ['certificate-dates fault'], 'another certificate there')
})

t.test('names that lead nowhere, or into the own network', async t => {
  const port = await serve(t, answerSet(good))
  const fail = (code?: string) => async (): Promise<string[]> => { throw Object.assign(new Error('failed'), { code }) }
  t.strictSame(await find(port, { resolve: fail('ENOTFOUND') }), ['resolution fault'])
  t.strictSame(await find(port, { resolve: fail() }), ['resolution fault'])
  t.strictSame(await find(port, { resolve: async () => [] }), ['resolution fault'])
  t.strictSame(await find(port, { resolve: async () => await new Promise(() => {}), budget: 50 }), ['resolution fault'])
  t.strictSame(await find(port, { allowPrivate: false }), ['private-address fault'], 'no connection is made')
  const answers = [['127.0.0.1'], ['127.0.0.9']]
  t.strictSame(await find(port, { resolve: async () => answers.shift()! }), [], 'the name is resolved once: it cannot lead elsewhere later')
  t.equal(answers.length, 1)
  t.strictSame(await find(port, { resolve: async () => ['::1'] }), ['ip-versions fault', 'reachable fault'])
})

t.test('a port that speaks no TLS: tls-handshake', async t => {
  const port = await listen(t, createTcpServer(socket => { socket.on('error', () => {}).end('HTTP/1.1 400 Bad Request\r\n\r\n') }))
  t.strictSame(await find(port), ['tls-handshake fault'])
  const silent = await listen(t, createTcpServer(() => {}))
  t.strictSame(await find(silent, { budget: 1000 }), ['tls-handshake fault'], 'nor answers')
})

t.test('URLs that are wrong before anything is sent: url-form', async t => {
  const look = async (url: string): Promise<object[]> => await checkUrl(new URL(url), { now: NOW, resolve: async () => [] })
  t.match(await look('http://jwks.example.com/'), [{ check: 'url-form', level: 'fault' }])
  t.match(await look('https://user@jwks.example.com/'), [{ check: 'url-form', level: 'fault' }])
  t.match(await look('https://:secret@jwks.example.com/'), [{ check: 'url-form', level: 'fault' }])
  t.match(await look('https://jwks.example.com/#keys'), [{ check: 'url-form', level: 'warning' }])
  const unheard = await checkUrl(new URL('https://localhost/'), { now: NOW, budget: 500, resolve: async () => ['127.0.0.1'] })
  t.match(unheard.find(({ check }) => check === 'port'), { level: 'ok' }, 'port 443')
})
