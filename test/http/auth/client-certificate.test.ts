// The third way in: client certificates on the internal listener, made by openssl, over real TLS. The handshake takes
// everybody; a caller without a certificate of the clientCa is reported so by the uniform 401, on every route but the probes.

import { once } from 'node:events'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { connect, type ConnectionOptions, type Server as TlsServer } from 'node:tls'
import t, { type Test } from 'tap'
import { clientCertificate } from '../../../src/http/auth/client-certificate.ts'
import { tlsOptions } from '../../../src/state/tls.ts'
import { deploy } from '../../support/deployment.ts'
import { addClients, type InternalListener, NOW, openInternalListener } from '../../support/listener.ts'
import { type CertificateFiles, makeCertificate } from '../../support/openssl.ts'
import type { Answer } from '../../support/request.ts'

const SPIFFE = 'URI:spiffe://example.com/ns/prod/sa/billing'

/** Certificate and key of a client, PEM. */
interface Pair { cert?: string, key?: string }

const NONE: Pair = {}

interface Scene {
  readonly listener: InternalListener
  readonly time: { now: number }
  readonly apiKey: string
  readonly ca: string
  /** @param issuer null means self-signed, absent means the clientCa */
  readonly issue: (san: string, issuer?: CertificateFiles | null) => Pair
  readonly makeCa: (name: string) => CertificateFiles
  readonly sign: (pair: Pair, headers?: Record<string, string>) => Promise<Answer>
}

async function setUp (t: Test): Promise<Scene> {
  const time = { now: NOW }
  const deployment = await deploy(t, {
    config: {
      sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'clients.crt.pem' } },
      profiles: { plain: { preset: 'jwt' }, bills: { preset: 'jwt', claims: { iss: 'billing' } } }
    }
  })
  const { directory, file, apiKey, ca } = deployment
  await addClients(file, {
    billing: { auth: [{ mtls: { san: SPIFFE } }, { mtls: { san: 'DNS:billing.internal' } }], profiles: ['bills'] },
    ledger: { auth: [{ mtls: { san: 'DNS:ledger.internal' } }], profiles: ['plain'] }
  })
  const clients = makeCertificate(directory, 'clients', { ca: true })
  const makeCa = (name: string): CertificateFiles => {
    const others = path.join(directory, 'others')
    mkdirSync(others, { recursive: true })
    return makeCertificate(others, name, { ca: true })
  }
  const issue = (san: string, issuer: CertificateFiles | null = clients): Pair => {
    const { cert, key } = makeCertificate(directory, 'client', { san, ...(issuer && { issuer }) })
    return { cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') }
  }
  const listener = await openInternalListener(t, deployment, time)
  const sign: Scene['sign'] = async (pair, headers = {}) => await listener.fetch(`${listener.origin}/sign`, {
    method: 'POST', ...pair, headers: { 'content-type': 'application/json', ...headers }, body: '{}'
  })
  return { listener, time, apiKey, ca, issue, makeCa, sign }
}

t.test('a certificate signs as the client that its name means, and as no other', async t => {
  const { listener, issue, sign } = await setUp(t)
  for (const san of [SPIFFE, 'DNS:billing.internal', 'DNS:Billing.INTERNAL', `DNS:other.internal,${SPIFFE}`]) {
    const { status, json } = await sign(issue(san))
    t.equal(status, 200, san)
    t.equal(JSON.parse(Buffer.from(json().token.split('.')[1], 'base64url').toString()).iss, 'billing')
  }
  const { status } = await listener.fetch(`${listener.origin}/sign`, {
    method: 'POST', ...issue(SPIFFE), headers: { 'content-type': 'application/json' }, body: '{"profile":"plain"}'
  })
  t.equal(status, 403, 'the policy is the same for all methods')
})

t.test('a caller not known by a certificate gets the uniform 401, and the service goes on', async t => {
  const { listener, time, apiKey, issue, makeCa, sign } = await setUp(t)
  const good = issue(SPIFFE)
  const attacks: Record<string, [pair: Pair, reason: RegExp, headers?: Record<string, string>]> = {
    'no certificate': [NONE, /no valid client certificate/],
    'an unknown CA': [issue(SPIFFE, makeCa('stranger')), /no valid client certificate \(UNABLE_TO_VERIFY_LEAF_SIGNATURE/],
    'an unknown CA of the same name': [issue(SPIFFE, makeCa('clients')), /no valid client certificate/],
    'self-signed': [issue(SPIFFE, null), /DEPTH_ZERO_SELF_SIGNED_CERT/],
    'wrong SAN': [issue('URI:spiffe://example.com/ns/prod/sa/other'), /they mean no client/],
    'a SAN that begins alike': [issue(`${SPIFFE}/admin`), /they mean no client/],
    'a DNS name below': [issue('DNS:x.billing.internal'), /they mean no client/],
    'a wildcard': [issue('DNS:*.internal'), /they mean no client/],
    'the name as another type': [issue('email:billing.internal@x'), /they mean no client/],
    'names of two clients': [issue(`${SPIFFE},DNS:ledger.internal`), /they mean several clients/],
    'an API key without a certificate': [NONE, /no valid client certificate/, { authorization: `Bearer ${apiKey}` }],
    'a good certificate with a bad API key': [good, /no API key in a form that is known/, { authorization: 'Bearer nonsense' }],
    'a good certificate with another scheme': [good, /no API key in a form that is known/, { authorization: 'Basic YTpi' }]
  }
  const problems = new Set<string>()
  for (const [name, [pair, reason, headers]] of Object.entries(attacks)) {
    const { status, json } = await sign(pair, headers)
    t.equal(status, 401, name)
    t.match(listener.reason(), reason, `${name}: the log tells why`)
    const { instance: _, ...problem } = json()
    problems.add(JSON.stringify(problem))
  }
  t.equal(problems.size, 1, 'all answers are alike')
  t.equal((await sign(good)).status, 200)
  const { json } = await sign(issue('DNS:monitor.internal'), { authorization: `Bearer ${apiKey}` })
  t.ok(json().token, 'with any certificate of the CA an API key works as before')
  time.now += 31 * 86400
  t.equal((await sign(good)).status, 401, 'a certificate that expired after its connection was made')
})

t.test('without a certificate only the probes answer', async t => {
  const { listener } = await setUp(t)
  for (const [method, path, status] of [
    ['GET', '/livez', 200], ['HEAD', '/readyz', 200], ['GET', '/sign', 401], ['GET', '/metrics', 401], ['GET', '/docs', 401], ['GET', '/docs/static/index.html', 401], ['GET', '/openapi.json', 401], ['GET', '/livez/x', 401], ['GET', '/%6civez', 200]
  ] as const) {
    t.equal((await listener.fetch(listener.origin + path, { method })).status, status, `${method} ${path}`)
  }
})

t.test('an internal listener that asks for certificates tells probes of no files', async t => {
  const failures = { reload: [{ where: '/etc/jwksd/x.pem', problem: 'is broken', hint: 'replace it' }] }
  const deployment = await deploy(t, {
    config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'tls/ca.pem' } } }
  })
  const { origin, fetch } = await openInternalListener(t, deployment, { now: NOW }, failures)
  const { status, text } = await fetch(`${origin}/readyz`)
  t.equal(status, 200)
  t.match(text, /failing/)
  t.notMatch(text, /x\.pem/)
})

t.test('when the clientCa is replaced, no session of the old one goes on', async t => {
  const { listener, ca, issue, makeCa } = await setUp(t)
  const options = { host: '127.0.0.1', port: listener.port, ca, servername: 'localhost', ...issue(SPIFFE) }
  const { status, session } = await signOver(options)
  t.equal(status, 200)
  const clientCa = readFileSync(makeCa('successor').cert, 'utf8')
  ;(listener.listener.server as unknown as TlsServer).setSecureContext(tlsOptions({ ...listener.tls, clientCa }))
  const after = await signOver({ ...options, session })
  t.notOk(after.reused)
  t.equal(after.status, 401)
})

for (const version of ['TLSv1.2', 'TLSv1.3'] as const) {
  t.test(`a resumed ${version} session vouches for no certificate that was not shown`, async t => {
    const { listener, ca, issue, makeCa } = await setUp(t)
    const options = { host: '127.0.0.1', port: listener.port, ca, servername: 'localhost', minVersion: version, maxVersion: version }
    for (const [name, pair, expected] of [
      ['none', NONE, 401], ['unknown CA', issue(SPIFFE, makeCa('stranger')), 401], ['good', issue(SPIFFE), 200]
    ] as const) {
      const first = await signOver({ ...options, ...pair })
      const resumed = await signOver({ ...options, ...pair, session: first.session })
      t.equal(first.status, expected, name)
      t.ok(resumed.reused, `${name}: the session was resumed`)
      t.equal(resumed.status, expected, `${name}, resumed`)
    }
  })
}

t.test('a connection that Node calls authorized although nothing was shown is not', t => {
  t.equal(clientCertificate({ authorized: true, getPeerX509Certificate: () => undefined } as never, NOW), undefined)
  t.end()
})

t.test('a listener without a clientCa asks for no certificate', async t => {
  const deployment = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const { listener, origin, fetch, reason } = await openInternalListener(t, deployment, { now: NOW })
  const headers = { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json' }
  t.equal((await fetch(`${origin}/sign`, { method: 'POST', headers, body: '{}' })).status, 200)
  t.equal((await fetch(`${origin}/sign`, { method: 'POST', body: '{}' })).status, 401)
  t.match(reason(), /neither an Authorization header nor a client certificate/)
  t.equal((await listener.inject({ method: 'POST', url: '/sign' })).statusCode, 401)
})

/** One POST /sign over a connection of its own, whose session can be resumed. */
async function signOver (options: ConnectionOptions): Promise<{ status: number, session: Buffer, reused: boolean }> {
  const socket = connect(options)
  const sessions = once(socket, 'session')
  let answer = ''
  socket.setEncoding('latin1').on('data', (text: string) => { answer += text })
  socket.write('POST /sign HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}')
  await once(socket, 'end')
  const reused = socket.isSessionReused()
  const session = reused ? Buffer.alloc(0) : (await sessions as [Buffer])[0]
  return { status: Number(answer.split(' ')[1]), session, reused }
}
