// The JWK Set as vendors' machines fetch it: exact headers, over real TLS, whatever the client is like.

import { createHash } from 'node:crypto'
import t from 'tap'
import { represent } from '../../src/http/jwks.ts'
import { type KeySet, publishedKeys } from '../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { DEFAULT_SET } from '../../src/config/types.ts'
import { deploy } from '../support/deployment.ts'
import { NOW, openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { exchange } from '../support/request.ts'

const JWKS = '/.well-known/jwks.json'

t.test('GET answers with the JWK Set and the headers that vendors need', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const { status, headers, body, json } = await fetch(origin + JWKS)
  t.equal(status, 200)
  t.strictSame(Object.keys(json()), ['keys'])
  t.equal(headers['content-type'], 'application/json', 'no charset, no jwk-set+json: both broke real clients')
  t.equal(headers['cache-control'], 'public, max-age=600, stale-if-error=600')
  t.equal(headers.etag, `"${createHash('sha256').update(body).digest('base64url')}"`, 'a strong ETag made from the bytes')
  t.equal(headers['content-length'], String(body.length))
  t.equal(headers['access-control-allow-origin'], '*')
  t.notOk(headers['strict-transport-security'], 'localhost is used by other programs, too')
  t.equal((await fetch(origin + JWKS, { headers: { host: 'jwks.example.com' } })).headers['strict-transport-security'], 'max-age=31536000')
  t.equal(headers['content-security-policy'], "default-src 'none';frame-ancestors 'none'")
  t.equal(headers['cross-origin-resource-policy'], 'cross-origin')
  t.equal(headers['x-content-type-options'], 'nosniff')
  t.strictSame(['location', 'content-encoding', 'set-cookie', 'transfer-encoding', 'x-powered-by', 'vary'].filter(name => name in headers), [])
})

t.test('whatever a client accepts or claims, the answer is the same bytes as application/json', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const plain = await fetch(origin + JWKS)
  const corpus: Array<Record<string, string>> = [
    { accept: 'application/jwk-set+json' }, { accept: 'text/html' }, { accept: 'application/json;q=0' }, { accept: '/' },
    { 'accept-encoding': 'gzip, br, zstd' }, { 'user-agent': '' }, { cookie: 'a=b' }, { origin: 'https://vendor.example' },
    { 'x-forwarded-proto': 'http', 'x-forwarded-host': 'evil.example', 'x-forwarded-for': '10.0.0.1' }, { range: 'bytes=0-3' },
    { host: 'another.example' }, { authorization: 'Bearer nonsense' }, { 'content-type': 'text/plain' }
  ]
  for (const headers of corpus) {
    const { status, headers: got, body } = await fetch(origin + JWKS, { headers })
    t.match({ status, type: got['content-type'], same: body.equals(plain.body) }, { status: 200, type: 'application/json', same: true }, JSON.stringify(headers))
    t.notOk(got['content-encoding'] ?? got['set-cookie'] ?? got.location)
  }
  t.ok((await fetch(`${origin}${JWKS}?cache=bust`)).body.equals(plain.body), 'a query changes nothing')
})

t.test('HEAD has the headers of GET, Content-Length too, and no body', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const [get, head] = [await fetch(origin + JWKS), await fetch(origin + JWKS, { method: 'HEAD' })]
  const { date: _, ...expected } = get.headers
  t.match(head.headers, expected)
  t.equal(head.body.length, 0)
})

t.test('If-None-Match: 304 without a body for the tag it names, 200 for another', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const { headers: { etag } } = await fetch(origin + JWKS)
  for (const tag of [etag!, `W/${etag}`, `"other", ${etag}`, '*', ` ${etag} `]) {
    const { status, headers, body } = await fetch(origin + JWKS, { headers: { 'if-none-match': tag } })
    t.equal(status, 304, tag)
    t.equal(body.length, 0)
    t.match(headers, { etag, 'cache-control': 'public, max-age=600, stale-if-error=600', 'access-control-allow-origin': '*' })
    t.notOk(headers['content-type'] ?? headers['content-length'])
  }
  for (const tag of ['"other"', etag!.replaceAll('"', ''), '', `${etag}x`]) {
    t.equal((await fetch(origin + JWKS, { headers: { 'if-none-match': tag } })).status, 200, tag)
  }
  t.equal((await fetch(origin + JWKS, { method: 'HEAD', headers: { 'if-none-match': etag! } })).status, 304)
})

t.test('each set has its URL; the default set has only its short one', async t => {
  const keys = { 'a.pem': privatePem('P-256'), 'ecw/b.pem': privatePem('P-384') }
  const { origin, fetch } = await openListener(t, await deploy(t, { keys }))
  const [own, ecw] = [await fetch(origin + JWKS), await fetch(`${origin}/ecw${JWKS}`)]
  t.match(own.json(), { keys: [{ crv: 'P-256' }] })
  t.match(ecw.json(), { keys: [{ crv: 'P-384' }] })
  t.equal((await fetch(`${origin}/default${JWKS}`)).status, 404)
})

t.test('a browser that asks first may fetch from any origin', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const preflight = { origin: 'https://vendor.example', 'access-control-request-method': 'GET', 'access-control-request-headers': 'if-none-match' }
  const { status, headers, body } = await fetch(origin + JWKS, { method: 'OPTIONS', headers: preflight })
  t.strictSame([status, body.length], [204, 0])
  t.match(headers, {
    'access-control-allow-origin': '*', 'access-control-allow-methods': 'GET, HEAD, OPTIONS', 'access-control-allow-headers': '*', allow: 'GET, HEAD, OPTIONS'
  })
  t.notOk(headers['content-type'])
  t.equal((await fetch(`${origin}/none${JWKS}`, { method: 'OPTIONS' })).status, 404, 'a set that is not there')
})

t.test('paths that are none of ours: a 404 problem, nothing read, nothing echoed', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t, {
    keys: { 'a.pem': privatePem('P-256'), 'ecw/b.pem': privatePem('P-256') },
    config: { url: 'https://jwks.example.org' } // on localhost the operators' page would be at /
  }))
  const corpus = [
    '/', '/jwks.json', '/.well-known', '/.well-known/', '/.well-known/jwks.json/', '/.well-known/jwks.jso', '/.WELL-KNOWN/jwks.json',
    '//.well-known/jwks.json', '/ecw//.well-known/jwks.json', '/ecw/../.well-known/jwks.json', '/../.well-known/jwks.json',
    '/%2e%2e/.well-known/jwks.json', '/..%2f..%2fetc%2fpasswd/.well-known/jwks.json', '/ecw%2fb.pem/.well-known/jwks.json',
    '/ecw%00/.well-known/jwks.json', '/%00/.well-known/jwks.json', '/ecw%5c/.well-known/jwks.json', '/ecw;a/.well-known/jwks.json',
    '/ECW/.well-known/jwks.json', '/ ecw/.well-known/jwks.json'.replace(' ', '%20'), '/__proto__/.well-known/jwks.json',
    '/constructor/.well-known/jwks.json', '/toString/.well-known/jwks.json', '/a.pem', '/keys/a.pem', '/ecw/b.pem', '/tls/key.pem',
    '/jwksd.yaml', '/audit.jsonl', '/../../../../etc/passwd', '/%2e%2e%2f%2e%2e%2fetc/passwd', '/<script>/.well-known/jwks.json',
    `/${'a'.repeat(65)}/.well-known/jwks.json`, `/${'a'.repeat(4000)}`, '/%c0%ae%c0%ae/.well-known/jwks.json', '/%/.well-known/jwks.json',
    '/%zz/.well-known/jwks.json', '*'
  ]
  for (const path of corpus) {
    const { status, headers, text, json } = await fetch(origin, { path })
    t.equal(status, 404, path.slice(0, 80))
    t.equal(headers['content-type'], 'application/problem+json')
    t.match(json(), { code: 'ERR_NOT_FOUND', status, instance: /^urn:uuid:[0-9a-f-]{36}$/ })
    t.notMatch(text, /script|passwd|a{20}/, 'nothing of the request is echoed')
    t.match(headers, { 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
  }
  for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
    const { status, headers, json } = await fetch(origin + JWKS, { method })
    t.match([status, headers.allow, json().code], [405, 'GET, HEAD, OPTIONS', 'ERR_METHOD_NOT_ALLOWED'], method)
  }
})

t.test('old clients: HTTP/1.0, no Host, no SNI, an address instead of a name', async t => {
  const deployment = await deploy(t)
  const { port, origin, fetch } = await openListener(t, deployment)
  const { text } = await fetch(origin + JWKS)
  const tls = { port, ca: deployment.ca }
  const old = await exchange({ ...tls, servername: '' }, `GET ${JWKS} HTTP/1.0\r\n\r\n`)
  t.match(old, /^HTTP\/1\.1 200 OK\r\n/)
  t.ok(old.endsWith(`\r\n\r\n${text}`), 'the same bytes, not chunked')
  t.match(await exchange({ ...tls, servername: 'unknown.example', checkServerIdentity: () => undefined },
    `GET ${JWKS} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 200 OK\r\n/, 'a name that is not ours')
  t.match(await exchange({ ...tls, servername: 'localhost' }, `GET ${JWKS} HTTP/1.1\r\nConnection: close\r\n\r\n`), /^HTTP\/1\.1 400 /, 'RFC 9112 section 3.2 wants Host')
})

t.test('TLS 1.2 and 1.3 with AEAD suites, nothing older', async t => {
  const deployment = await deploy(t)
  const { port } = await openListener(t, deployment)
  const tls = { port, ca: deployment.ca, servername: 'localhost' }
  const request = `GET ${JWKS} HTTP/1.0\r\n\r\n`
  for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
    t.match(await exchange({ ...tls, minVersion: version, maxVersion: version }, request), /200 OK/, version)
  }
  await t.rejects(exchange({ ...tls, minVersion: 'TLSv1.1', maxVersion: 'TLSv1.1', ciphers: 'DEFAULT@SECLEVEL=0' }, request), { code: /ALERT/ })
  await t.rejects(exchange({ ...tls, maxVersion: 'TLSv1.2', ciphers: 'ECDHE-ECDSA-AES128-SHA256' }, request), { code: /HANDSHAKE_FAILURE/ }, 'CBC')
  t.match(await exchange({ ...tls, ALPNProtocols: ['http/1.1'] }, request), /200 OK/)
})

t.test('the bytes are made once for a moment, and again at a transition', async t => {
  const keys = { 'old.pem': privatePem('P-256'), 'new.pem': `# activates: ${new Date((NOW + 900) * 1000).toISOString().replace(/\.\d+/, '')}\n${privatePem('P-256')}` }
  const time = { now: NOW }
  const { origin, fetch } = await openListener(t, await deploy(t, { keys }), { time })
  const maxAge = async (): Promise<number> => Number(/max-age=(\d+)/.exec((await fetch(origin + JWKS)).headers['cache-control']!)![1])
  const kids = async (): Promise<string[]> => (await fetch(origin + JWKS)).json().keys.map(({ kid }: { kid: string }) => kid)
  const before = await kids()
  t.equal(await maxAge(), 600)
  time.now = NOW + 299
  t.equal(await maxAge(), 600)
  time.now = NOW + 301
  t.equal(await maxAge(), 599, 'no cache may reach past a transition')
  time.now = NOW + 899
  t.equal(await maxAge(), 1)
  time.now = NOW + 900
  t.equal(await maxAge(), 600)
  t.strictSame(await kids(), [...before].reverse(), 'the key that signs now comes first')
  time.now = NOW + 900 + 86400
  t.strictSame(await kids(), before.slice(1), 'the retired key is gone')
  time.now = NOW
  t.strictSame(await kids(), before, 'a clock that went back gets what is right then')
})

t.test('included sets: the shortest maxAge and retire of all count', t => {
  const keys = (name: string, rules: object): KeySet =>
    makeKeySet(name, [parseKey(`${name}.pem`, privatePem('P-256'))], { ...DEFAULT_SET, ...rules })
  const sets = [keys('a', { maxAge: 300 }), keys('b', { retire: 7200 })]
  const { headers, body, until } = represent(sets, NOW)
  t.equal(headers['cache-control'], 'public, max-age=300, stale-if-error=300')
  t.equal(until, Infinity, 'nothing will change')
  const header = (rules: object): unknown => represent([keys('a', rules)], NOW).headers['cache-control']
  t.equal(header({ staleIfError: 7200 }), 'public, max-age=600, stale-if-error=7200', 'a set may say so')
  t.equal(header({ staleIfError: 0 }), 'public, max-age=600, stale-if-error=0')
  t.equal(header({ lead: 700 }), 'public, max-age=600, stale-if-error=100', 'never so long that a key could be missing')
  t.equal(header({ retire: 60 }), 'public, max-age=600, stale-if-error=60', 'nor that one could be gone')
  t.equal(header({ lead: 600 }), 'public, max-age=600, stale-if-error=0')
  const union = (rules: object): unknown => represent([makeKeySet('u', [], { ...DEFAULT_SET, ...rules }), keys('a', {}), keys('b', { retire: 7200 })], NOW).headers['cache-control']
  t.equal(union({ staleIfError: 10_000 }), 'public, max-age=600, stale-if-error=7200', 'so may one that includes others, for those that say nothing')
  t.equal(union({}), 'public, max-age=600, stale-if-error=600')
  t.strictSame(JSON.parse(body.toString()).keys, sets.flatMap(set => publishedKeys(set, NOW).map(({ jwk }) => jwk)))
  t.ok(represent(sets, NOW + 5).body.equals(body), 'byte-identical on every replica')
  t.end()
})
