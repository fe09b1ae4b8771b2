// Judgements that no server in a test brings about: each from what was observed, made by hand.

import type { X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import t from 'tap'
import { isGlobal, mayConnect } from '../../src/doctor/address.ts'
import { ALL_SET_CHECKS, URL_CHECKS } from '../../src/doctor/check-url.ts'
import { runChecks } from '../../src/doctor/checks.ts'
import type { Answer } from '../../src/doctor/connect.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { describePage } from '../../src/doctor/firewalls.ts'
import type { Observed } from '../../src/doctor/probe.ts'

const NOW = 1_795_380_000
const certificate = {
  issuer: 'CN=An Authority',
  subject: 'CN=jwks.example.com',
  subjectAltName: 'DNS:jwks.example.com',
  validFrom: '2026-01-01T00:00:00Z',
  validTo: '2027-11-01T00:00:00Z',
  checkHost: () => 'jwks.example.com',
  checkIP: () => undefined,
  publicKey: { asymmetricKeyType: 'rsa', asymmetricKeyDetails: { modulusLength: 2048 } }
} as unknown as X509Certificate
const answer: Answer = {
  status: 200, headers: { 'content-type': 'application/json', 'cache-control': 'max-age=600' }, body: Buffer.from('{}'), complete: true, ms: 20
}
const healthy = { address: '203.0.113.7', answer, tls: { protocol: 'TLSv1.3', chain: [certificate, certificate] } }

/** The level of one check's finding, and what it has seen. */
function judge (check: string, seen: Partial<Observed>, exchange: Partial<typeof healthy> = {}): Pick<Finding, 'level' | 'seen'> | undefined {
  const main = { ...healthy, ...exchange }
  const observed: Observed = {
    url: new URL('https://jwks.example.com/'), now: NOW, ownCa: false, addresses: [main.address], refused: [], exchanges: [main], main, variants: {}, versions: {}, ...seen
  }
  const found = runChecks(URL_CHECKS, observed).find(one => one.check === check)
  return found && { level: found.level, seen: found.seen }
}

t.test('addresses', async t => {
  t.match(judge('port', {}), { level: 'ok', seen: '443' })
  const both = { addresses: ['203.0.113.7', '2001:db8::7'] }
  t.match(judge('ip-versions', both), { level: 'ok', seen: 'IPv4 and IPv6' })
  t.match(judge('dns-name', { url: new URL('https://[::1]/') }), { level: 'fault', seen: '::1 is an address' })
  t.equal(judge('ip-versions', { url: new URL('https://[::1]/') }), undefined)
  t.match(judge('private-address', { addresses: ['10.0.0.1'] }), { level: 'warning' })
  const failed = (code: string): Partial<Observed> => ({ exchanges: [healthy, { address: '2001:db8::7', failure: { stage: 'connect', code } }] })
  t.match(judge('reachable', failed('ENETUNREACH')), { level: 'ok' }, 'no IPv6 here says nothing')
  t.match(judge('reachable', failed('EADDRNOTAVAIL')), { level: 'ok' })
  t.match(judge('reachable', failed('TIMEOUT')), { level: 'fault', seen: '2001:db8::7: no answer in time' })
  t.match(judge('reachable', { ...failed('ECONNREFUSED'), url: new URL('https://localhost/') }), { level: 'ok' }, 'localhost may listen on one of them')
  t.match(judge('reachable', { exchanges: failed('ENETUNREACH').exchanges!.slice(1) }), { level: 'fault' }, 'but not on none')
  t.match(judge('resolution', { addresses: [], resolveError: 'ESOMETHING' }), { level: 'fault', seen: 'ESOMETHING' })
})

t.test('only global addresses are connected to, and loopback for localhost', async t => {
  for (const address of ['8.8.8.8', '2606:4700::1111', '::ffff:8.8.8.8']) t.ok(isGlobal(address), address)
  const inside = [
    '10.0.0.1', '172.16.0.1', '192.168.1.1', '127.0.0.1', '169.254.169.254', '100.64.0.1', '0.0.0.0', '255.255.255.255', '192.0.2.1', '198.18.0.1',
    '224.0.0.1', '::1', '::', 'fe80::1', 'fd00::1', 'fec0::1', '::ffff:10.0.0.1', '::7f00:1', '64:ff9b::a00:1', '2002:a00:1::', '2001:db8::1'
  ]
  for (const address of inside) t.notOk(isGlobal(address), address)
  t.ok(mayConnect('localhost', '127.0.0.1'))
  t.ok(mayConnect('a.localhost', '::1'))
  t.ok(mayConnect('::1', '::1'))
  t.ok(mayConnect('jwks.example.com', '8.8.8.8'))
  t.notOk(mayConnect('jwks.example.com', '127.0.0.1'), 'a name that somebody pointed here')
  t.notOk(mayConnect('localhost', '10.0.0.1'))
})

t.test('certificates', async t => {
  const trust = (trustError: string, ownCa = false): object | undefined =>
    judge('certificate-trust', { ownCa }, { tls: { ...healthy.tls, trustError } as typeof healthy.tls })
  t.match(trust('INVALID_CA'), { level: 'fault', seen: 'the chain is not valid (INVALID_CA)' })
  t.match(trust('SELF_SIGNED_CERT_IN_CHAIN'), { seen: /not a public authority/ })
  t.match(trust('SELF_SIGNED_CERT_IN_CHAIN', true), { seen: /not in the file of --ca/ })
  t.equal(trust('CERT_HAS_EXPIRED'), undefined, 'the dates have a finding of their own')
  const key = (asymmetricKeyType: string, asymmetricKeyDetails?: object): object | undefined => {
    const leaf = { ...certificate, publicKey: { asymmetricKeyType, asymmetricKeyDetails } } as unknown as X509Certificate
    return judge('certificate-key', {}, { tls: { ...healthy.tls, chain: [leaf] } })
  }
  t.match(key('ed25519', {}), { level: 'fault', seen: 'ed25519' })
  t.match(key('ed25519'), { level: 'fault', seen: 'ed25519' })
  t.match(key('ec', { namedCurve: 'secp256k1' }), { level: 'fault', seen: 'ec on secp256k1' })
  t.match(key('ec', { namedCurve: 'secp384r1' }), { level: 'ok' })
  t.equal(judge('certificate-name', {}, { tls: { protocol: 'TLSv1.3', chain: [] } }), undefined, 'no certificate, nothing to judge')
})

t.test('answers', async t => {
  t.match(judge('speed', {}, { answer: { ...answer, ms: 501 } }), { level: 'warning' })
  t.match(judge('speed', {}, { answer: { ...answer, ms: 2501 } }), { level: 'fault' })
  const silent = { emptyUserAgent: { address: healthy.address, failure: { stage: 'http', code: 'TIMEOUT' } } } as const
  t.match(judge('empty-user-agent', { variants: silent }), { level: 'warning', seen: 'with an empty User-Agent: no answer in time' })
  const cached = (value: string): object | undefined => judge('cache-control', {}, { answer: { ...answer, headers: { 'cache-control': value } } })
  t.match(cached('public,max-age=60'), { level: 'ok' })
  t.match(cached('s-maxage=600'), { level: 'warning' }, 'it is for shared caches only')
  t.match(cached('no-cache="Set-Cookie", max-age=600'), { level: 'warning' })
  t.match(cached('max-age=0'), { level: 'warning' })
})

t.test('pages are named after who made them', async t => {
  const page = (body: string, headers: Answer['headers'] = {}): string => describePage({ ...answer, body: Buffer.from(body), headers })
  t.equal(page('<html>', { 'set-cookie': ['visid_incap_1=x'] }), 'a page of Imperva Incapsula')
  t.equal(page('<html>The requested URL was rejected. Please consult with your administrator.'), 'a page of F5 BIG-IP')
  t.equal(page('<html>', { 'x-amzn-waf-action': 'challenge' }), 'a page of AWS WAF')
  t.equal(page('<html><title> Sign in </title>'), 'a page with the title "Sign in"')
  t.equal(page('<html><body>'), 'a page in HTML')
})

t.test('every check has a name of its own, a reason and a source', async t => {
  const all = [...URL_CHECKS, ...ALL_SET_CHECKS]
  const names = all.map(({ name }) => name)
  t.equal(new Set(names).size, names.length)
  for (const { name, looksAt, why, source } of all) t.ok(/^[a-z0-9]+(-[a-z0-9]+)*$/.test(name) && looksAt && why && source, name)
  const page = readFileSync('docs/reference/check.md', 'utf8')
  const rows = all.map(({ name, looksAt, why }) => `| \`${name}\` | ${looksAt} | ${why} |\n`)
  t.match(page, `| check | looks at | because |\n|---|---|---|\n${rows.join('')}`, 'docs/reference/check.md has the table of the checks as they are')
})
