// The second authentication method: JWTs of an identity provider, over real TLS on both sides. Every attack gets one and the same 401,
// and known callers go on.

import { createPublicKey, createSign } from 'node:crypto'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import type { ServerResponse } from 'node:http'
import path from 'node:path'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { issueCertificate, makeAuthority } from '../../support/certificates.ts'
import { deploy } from '../../support/deployment.ts'
import { addClients, type InternalListener, NOW, openInternalListener } from '../../support/listener.ts'
import {
  AUDIENCE, forge, hangUp, hmacWithPublicKey, type TestIdentityProvider, ISSUER, startIdentityProvider
} from '../../support/identity-provider.ts'
import { makePrivateKey } from '../../support/keys.ts'
import { type Answer, postSign } from '../../support/request.ts'
import { until } from '../../support/until.ts'

const CLAIMS = { iss: ISSUER, aud: AUDIENCE, sub: 'billing', iat: NOW, exp: NOW + 300 }

interface Scene {
  readonly provider: TestIdentityProvider
  readonly listener: InternalListener
  readonly time: { now: number }
  readonly apiKey: string
  readonly sign: (token: string) => Promise<Answer>
}

/** A provider, and a listener that trusts it: the `sub` billing is the client billing, with the profile `bills`. */
async function setUp (t: Test): Promise<Scene> {
  const time = { now: NOW }
  const authority = await makeAuthority('authority of the provider')
  const provider = await startIdentityProvider(t, await issueCertificate(authority), NOW)
  const deployment = await deploy(t, {
    config: {
      sign: { listen: '127.0.0.1:0' },
      issuers: {
        idp: { issuer: ISSUER, audience: AUDIENCE, algs: ['RS256', 'ES256'], jwksUrl: provider.jwksUrl, ca: 'tls/idp-ca.pem' }
      },
      profiles: { plain: { preset: 'jwt' }, bills: { preset: 'jwt', claims: { iss: 'billing' } } }
    }
  })
  const { file, directory, apiKey } = deployment
  await mkdir(path.join(directory, 'tls'), { recursive: true })
  await writeFile(path.join(directory, 'tls/idp-ca.pem'), authority.cert)
  await addClients(file, { billing: { auth: [{ jwt: { issuer: 'idp', sub: 'billing' } }], profiles: ['bills'] } })
  const listener = await openInternalListener(t, deployment, time)
  return { provider, listener, time, apiKey, sign: async token => await postSign(listener.fetch, listener.origin, token, {}) }
}

t.test('a token of the provider signs as the client that its sub names, and as no other', async t => {
  const { listener, provider, sign } = await setUp(t)
  const { status, json } = await sign(provider.sign())
  t.equal(status, 200)
  t.equal(decode(json().token).iss, 'billing', 'with the profile of that client')
  const other = await postSign(listener.fetch, listener.origin, provider.sign(), { profile: 'plain' })
  t.equal(other.status, 403, 'the policy is the same for all methods')
  t.equal((await sign(provider.sign({ aud: ['elsewhere', AUDIENCE] }))).status, 200, 'aud may be a list that holds our name')
  t.equal((await sign(provider.sign({ exp: NOW - 59 }))).status, 200, 'clocks may differ by a minute')
  t.equal(provider.requests.length, 1, 'the keys were fetched once')
})

t.test('the type and the life of a token: what is no access token, or lives too long, is refused (RFC 8725 section 3.11)', async t => {
  const { provider, sign } = await setUp(t)
  const typed = (typ?: string): string => {
    const header = { alg: 'RS256', kid: 'one', ...(typ !== undefined && { typ }) }
    return forge(header, CLAIMS, input => createSign('sha256').update(input).sign(provider.keys.get('one')!).toString('base64url'))
  }
  for (const typ of [undefined, 'JWT', 'jwt', 'at+jwt', 'application/AT+JWT']) t.equal((await sign(typed(typ))).status, 200, typ ?? 'no typ')
  for (const typ of ['logout+jwt', 'secevent+jwt', 'client-authentication+jwt', 'dpop+jwt', '']) t.equal((await sign(typed(typ))).status, 401, typ)
  t.equal((await sign(provider.sign({ iat: NOW - 10, exp: NOW + 86390 }))).status, 200, 'a day is the longest')
  t.equal((await sign(provider.sign({ iat: NOW, exp: NOW + 86401 }))).status, 401, 'a second more')
  t.equal((await sign(provider.sign({ iat: NOW - 86401, exp: NOW + 300 }))).status, 401, 'long ago')
  t.equal((await sign(provider.sign({ iat: undefined, exp: NOW + 86400 }))).status, 200, 'without iat, what is left counts')
  t.equal((await sign(provider.sign({ iat: undefined, exp: NOW + 86401 }))).status, 401)
  t.equal((await sign(provider.sign({ iat: NOW + 1, exp: NOW + 86401 }))).status, 200, 'the clock of the issuer may be ahead')
  t.equal((await sign(provider.sign({ iat: NOW + 300, exp: NOW + 86400 + 61 }))).status, 401, 'by no more than the skew')
})

t.test('what is not a sound token for us gets the uniform 401, and the service goes on', async t => {
  const { listener, provider, apiKey, sign } = await setUp(t)
  const foreign = makePrivateKey('RSA')
  const real = provider.keys.get('one')!
  const publicJwk = createPublicKey(foreign).export({ format: 'jwk' })
  const attacks: Record<string, [token: string, reason: RegExp]> = {
    'wrong issuer': [provider.sign({ iss: 'https://evil.example' }), /its iss is "https:\/\/evil/],
    'issuer with a slash more': [provider.sign({ iss: `${ISSUER}/` }), /its iss is/],
    'no issuer': [provider.sign({ iss: undefined }), /its iss is undefined/],
    'issuer that is no text': [provider.sign({ iss: [ISSUER] }), /its iss is/],
    'wrong audience': [provider.sign({ aud: 'another service' }), /unexpected "aud"/],
    'no audience': [provider.sign({ aud: undefined }), /missing required "aud"/],
    'alg none': [forge({ alg: 'none', kid: 'one' }, CLAIMS, () => ''), /"alg"/],
    'alg NoNe with a signature': [forge({ alg: 'NoNe', kid: 'one' }, CLAIMS, () => 'AAAA'), /"alg"/],
    'HS256 with the public key': [forge({ alg: 'HS256', kid: 'one' }, CLAIMS, hmacWithPublicKey(real)), /"alg"/],
    'an alg that is not configured': [provider.sign({}, { alg: 'RS512' }), /"alg"/],
    'a configured alg that is not the key\'s': [forge({ alg: 'ES256', kid: 'one' }, CLAIMS, () => 'A'.repeat(86)), /no applicable key/],
    expired: [provider.sign({ exp: NOW - 61 }), /"exp" claim timestamp check failed/],
    'without an end': [provider.sign({ exp: undefined }), /missing required "exp"/],
    'not yet valid': [provider.sign({ nbf: NOW + 61 }), /"nbf" claim timestamp check failed/],
    'unknown kid': [provider.sign({}, { kid: 'two', key: foreign }), /no applicable key/],
    'known kid, another key': [provider.sign({}, { kid: 'one', key: foreign }), /signature verification failed/],
    'a key of its own in the header': [
      forge({ alg: 'RS256', jwk: publicJwk, jku: 'https://evil.example/jwks.json', kid: 'two' }, CLAIMS, () => 'AAAA'), /no applicable key/
    ],
    'claims changed after signing': [
      provider.sign({ sub: 'other' }).replace(/\.[^.]+\./, `.${Buffer.from(JSON.stringify(CLAIMS)).toString('base64url')}.`), /signature verification failed/
    ],
    'unknown crit': [forge({ alg: 'RS256', kid: 'one', crit: ['x'], x: 1 }, CLAIMS, () => 'AAAA'), /crit|Extension/i],
    'wrong sub': [provider.sign({ sub: 'Billing' }), /its sub is "Billing", which no client has/],
    'no sub': [provider.sign({ sub: undefined }), /missing required "sub"/],
    'a sub that is no text': [provider.sign({ sub: 7 }), /sub/],
    'no JWT at all': ['a.b.c', /its iss is undefined/]
  }
  const details = new Set<string>()
  for (const [name, [token, reason]] of Object.entries(attacks)) {
    const { status, headers, json } = await sign(token)
    t.equal(status, 401, name)
    t.match(listener.reason(), reason, `${name}: the log tells why`)
    t.equal(headers['www-authenticate'], 'Bearer realm="jwksd"')
    const { instance: _, ...problem } = json()
    details.add(JSON.stringify(problem))
    t.notOk(JSON.stringify(listener.log).includes(token), `${name}: the token is not in the log`)
  }
  t.equal(details.size, 1, 'all answers are alike')
  t.equal((await sign(provider.sign())).status, 200)
  t.equal((await postSign(listener.fetch, listener.origin, apiKey, {})).status, 200, 'API keys are as good as before')
})

t.test('an outage of the provider is bridged for a bounded time, and heals', async t => {
  const { provider, listener, time, apiKey, sign } = await setUp(t)
  const token = (): string => provider.sign({ iat: time.now, exp: time.now + 300 })
  t.equal((await sign(token())).status, 200)
  const { answer } = provider
  provider.answer = hangUp
  time.now += 600 + 3599
  t.equal((await sign(token())).status, 200, 'with the last good set')
  time.now += 1
  t.equal((await sign(token())).status, 401, 'not for ever')
  t.match(listener.reason(), /the keys of the issuer cannot be had/)
  t.ok(listener.log.some(({ level, issuer, reason }) => level === 'warn' && issuer === 'idp' && /socket hang up|ECONNRESET/.test(String(reason))))
  t.equal((await postSign(listener.fetch, listener.origin, apiKey, {})).status, 200, 'API keys do not need the provider')
  provider.answer = answer
  time.now += 10
  t.equal((await sign(token())).status, 200, 'healed without a restart')
})

t.test('callers who go while the provider is asked keep no place in the queue', async t => {
  const { provider, listener: { listener, tls, port }, sign } = await setUp(t)
  const waiting: Array<() => void> = []
  const { answer } = provider
  provider.answer = (...exchange) => { waiting.push(() => { answer(...exchange) }) }
  const closed: Array<Promise<unknown>> = []
  listener.server.on('request', (_request, response: ServerResponse) => { closed.push(once(response, 'close')) })
  const request = `POST /sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${provider.sign()}\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}`
  const many = 40 // a client has 32 places
  const callers = Array.from({ length: many }, () => connect({ host: '127.0.0.1', port, ca: tls.cert, servername: 'localhost' }))
  for (const socket of callers) socket.write(request)
  await until(() => closed.length === many && waiting.length > 0)
  for (const socket of callers) socket.destroy()
  await Promise.all(closed)
  provider.answer = answer
  for (const go of waiting) go()
  t.equal((await sign(provider.sign())).status, 200)
})

/** The claims of a token, unverified. */
function decode (token: string): Record<string, unknown> {
  return JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()) as Record<string, unknown>
}
