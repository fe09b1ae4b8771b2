// An issuer's keys: fetched over real https, kept while fresh and through an outage, never from anywhere else.

import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { errors, jwtVerify, type JWTPayload } from 'jose'
import t, { type Test } from 'tap'
import type { IdentityProvider } from '../../../src/core/clients/jwt-bearer.ts'
import { makeRemoteJwks } from '../../../src/http/auth/remote-jwks.ts'
import { makeLogger } from '../../../src/observe/log.ts'
import { issueCertificate, makeAuthority } from '../../support/certificates.ts'
import { AUDIENCE, hangUp, type TestIdentityProvider, ISSUER, sendJson, startIdentityProvider } from '../../support/identity-provider.ts'
import { makePrivateKey } from '../../support/keys.ts'

const NOW = Math.floor(Date.now() / 1000)
const STALE_IF_ERROR = 1000

interface Scene {
  readonly provider: TestIdentityProvider
  readonly time: { now: number }
  readonly directory: string
  /** What the log says of failed attempts. */
  readonly reasons: () => string[]
  /** Verifies a token as the listener does. @throws when there is no key for it */
  readonly verify: (token?: string, change?: Partial<IdentityProvider>) => Promise<JWTPayload>
}

async function setUp (t: Test): Promise<Scene> {
  const directory = t.testdir()
  const authority = await makeAuthority()
  const provider = await startIdentityProvider(t, await issueCertificate(authority, ['localhost']), NOW)
  const ca = path.join(directory, 'ca.pem')
  writeFileSync(ca, authority.cert)
  const time = { now: NOW }
  const lines: Array<{ reason: string, level: string, issuer: string }> = []
  const log = makeLogger('warn', { tty: false, destination: { write: (line: string) => { lines.push(JSON.parse(line)) } } })
  const keysOf = makeRemoteJwks(() => time.now)
  const issuer: IdentityProvider = {
    name: 'idp', issuer: ISSUER, audience: AUDIENCE, algs: ['RS256'], jwksUrl: new URL(provider.jwksUrl), ca, staleIfError: STALE_IF_ERROR, types: ['none', 'jwt'], maxLife: 86400
  }
  return {
    provider,
    time,
    directory,
    reasons: () => lines.map(({ reason }) => reason),
    verify: async (token = provider.sign(), change = {}) =>
      (await jwtVerify(token, keysOf({ ...issuer, ...change }, log as never), { currentDate: new Date(NOW * 1000) })).payload
  }
}

const NONE = { message: 'the keys of the issuer cannot be had' }

t.test('keys are fetched once and asked for again after ten minutes', async t => {
  const { provider, time, verify } = await setUp(t)
  await Promise.all([verify(), verify(), verify()])
  t.equal(provider.requests.length, 1, 'requests at the same time share one attempt')
  t.match(provider.requests[0]!.headers, { accept: 'application/json, application/jwk-set+json' })
  t.notOk(provider.requests[0]!.headers.authorization)
  time.now += 599
  await verify()
  t.equal(provider.requests.length, 1)
  const second = provider.sign({}, { kid: 'two', key: makePrivateKey('RSA') })
  const withdrawn = provider.sign()
  provider.keys.delete('one')
  time.now += 1
  await Promise.all([withdrawn, second].map(async token => { await t.rejects(verify(token), errors.JWKSNoMatchingKey) }))
  t.equal(provider.requests.length, 2, 'both wait for one attempt')
})

t.test('a key that the issuer withdrew long ago is refused at once, also where nobody has asked meanwhile', async t => {
  const { provider, time, verify } = await setUp(t)
  const withdrawn = provider.sign()
  t.ok(await verify(withdrawn))
  provider.keys.delete('one')
  time.now += STALE_IF_ERROR - 1
  await t.rejects(verify(withdrawn), errors.JWKSNoMatchingKey)
})

t.test('nobody waits for an issuer that is known to be down', async t => {
  const { provider, time, reasons, verify } = await setUp(t)
  const { answer } = provider
  await verify()
  provider.answer = hangUp
  time.now += 600
  t.ok(await verify(), 'the first one waits until the attempt has failed')
  t.equal(reasons().length, 1)
  provider.answer = () => {} // it never answers
  time.now += 10
  t.ok(await verify())
  t.equal(reasons().length, 1, 'control: the attempt is still under way')
  provider.answer = answer
})

t.test('an attempt that failed long ago says nothing of the issuer now', async t => {
  const { provider, time, reasons, verify } = await setUp(t)
  const { answer } = provider
  const withdrawn = provider.sign()
  t.ok(await verify(withdrawn))
  provider.answer = hangUp
  time.now += 300
  await t.rejects(verify(provider.sign({}, { kid: 'two', key: makePrivateKey('RSA') })), errors.JWKSNoMatchingKey)
  t.equal(reasons().length, 1)
  provider.answer = answer
  provider.keys.delete('one')
  time.now += 3000
  await t.rejects(verify(withdrawn), errors.JWKSNoMatchingKey)
})

t.test('a key that is unknown is asked for, but no more than once in ten seconds', async t => {
  const { provider, time, verify } = await setUp(t)
  await verify()
  provider.keys.set('two', makePrivateKey('RSA'))
  const token = provider.sign({}, { kid: 'two' })
  for (let i = 0; i < 20; i++) await t.rejects(verify(token), errors.JWKSNoMatchingKey)
  t.equal(provider.requests.length, 1)
  time.now += 10
  t.ok(await verify(token), 'a rotation of the issuer\'s keys needs nothing here')
  t.equal(provider.requests.length, 2)
})

t.test('through an outage the last good set is kept for staleIfError, and not a second longer', async t => {
  const { provider, time, reasons, verify } = await setUp(t)
  const { answer } = provider
  await verify()
  provider.answer = hangUp
  time.now += 600 + STALE_IF_ERROR - 1
  t.ok(await verify())
  await t.rejects(verify(provider.sign({}, { kid: 'two', key: makePrivateKey('RSA') })), errors.JWKSNoMatchingKey)
  t.equal(reasons().length, 1, 'one attempt for both')
  time.now += 1
  await t.rejects(verify(), NONE)
  provider.answer = answer
  await t.rejects(verify(), NONE, 'the next attempt is not yet due')
  time.now += 9
  t.ok(await verify(), 'healed')
})

t.test('after the clock was ahead and is put right, what was fetched meanwhile is fetched again at once', async t => {
  const { provider, time, reasons, verify } = await setUp(t)
  const { answer } = provider
  const withdrawn = provider.sign()
  time.now += 3 * 3600
  await verify(withdrawn)
  provider.keys.delete('one')
  provider.answer = hangUp
  time.now = NOW
  for (let i = 0; i < 20; i++) await t.rejects(verify(withdrawn), NONE, 'nobody can say how old the set is')
  t.equal(reasons().length, 1, 'an outage is no flood then')
  provider.answer = answer
  provider.keys.set('two', makePrivateKey('RSA'))
  time.now += 10
  await t.rejects(verify(withdrawn), errors.JWKSNoMatchingKey, 'a key that the issuer withdrew is gone')
  t.ok(await verify(provider.sign({}, { kid: 'two' })), 'its new key is known')
  t.equal(provider.requests.length, 3)
})

t.test('an attempt that failed while the clock was ahead delays no other', async t => {
  const { provider, time, verify } = await setUp(t)
  const { answer } = provider
  time.now += 3 * 3600
  provider.answer = hangUp
  await t.rejects(verify(), NONE)
  provider.answer = answer
  time.now = NOW
  t.ok(await verify())
})

t.test('an issuer that is down from the start is tried again, not hammered', async t => {
  const { provider, time, verify } = await setUp(t)
  const { answer } = provider
  provider.answer = hangUp
  for (let i = 0; i < 20; i++) await t.rejects(verify(), NONE)
  t.equal(provider.requests.length, 1)
  provider.answer = answer
  time.now += 10
  t.ok(await verify())
})

t.test('what is not a JWK Set from that very URL changes nothing', async t => {
  const { provider, time, reasons, verify } = await setUp(t)
  const { answer } = provider
  await verify()
  const elsewhere = makePrivateKey('RSA')
  const set = (extra: object) => ({ keys: [{ ...elsewhere.export({ format: 'jwk' }), kid: 'one', ...extra }] })
  const answers: Record<string, [TestIdentityProvider['answer'], RegExp]> = {
    'a redirect': [({ url }, response) => {
      if (url === '/moved') sendJson(response, set({ d: undefined }))
      else response.writeHead(302, { location: `${provider.origin}/moved` }).end()
    }, /answers 302; only 200 is taken, redirects are not followed/],
    'a permanent redirect to http': [(_, response) => response.writeHead(308, { location: 'http://127.0.0.1/' }).end(), /answers 308/],
    'an error with a set': [(_, response) => response.writeHead(500).end(JSON.stringify(set({}))), /answers 500/],
    'not modified': [(_, response) => response.writeHead(304).end(), /answers 304/],
    'a page': [(_, response) => response.end('<html></html>'), /JSON/],
    'JSON that is no set': [(_, response) => sendJson(response, { keys: 'none' }), /JSON Web Key Set malformed/],
    'a body without end': [(_, response) => {
      const write = (): void => { while (!response.destroyed && response.write(Buffer.alloc(16384, 32))); }
      response.on('drain', write)
      write()
    }, /sends more than 262144 bytes/],
    'a body cut short': [(_, response) => {
      response.writeHead(200, { 'content-length': 1000 }).write('{"keys":[')
      setImmediate(() => response.destroy())
    }, /aborted/]
  }
  for (const [name, [other, reason]] of Object.entries(answers)) {
    provider.answer = other
    time.now += 10
    await t.rejects(verify(provider.sign({}, { kid: 'two', key: elsewhere })), errors.JWKSNoMatchingKey, name)
    t.match(reasons().at(-1), reason, `${name}: the log tells why`)
    t.ok(await verify(), `${name}: the last good set is still there`)
  }
  t.notOk(provider.requests.some(({ url }) => url === '/moved'), 'no redirect was followed')
  t.equal(reasons().length, Object.keys(answers).length)
  provider.answer = answer
})

t.test('an issuer that does not answer is given up', async t => {
  const { provider, reasons, verify } = await setUp(t)
  provider.answer = () => {}
  await t.rejects(verify(), NONE)
  t.match(reasons(), [/abort/i])
})

t.test('a set with a private key in it verifies nothing', async t => {
  const { provider, verify } = await setUp(t)
  const key = provider.keys.get('one')!
  provider.answer = (_, response) => sendJson(response, { keys: [{ ...key.export({ format: 'jwk' }), kid: 'one' }] })
  await t.rejects(verify(), /must be public keys/)
})

t.test('only the CA file vouches for the URL, and is read for each attempt', async t => {
  const { provider, time, directory, reasons, verify } = await setUp(t)
  const other = await makeAuthority('another')
  const ca = path.join(directory, 'other.pem')
  writeFileSync(ca, other.cert)
  await t.rejects(verify(undefined, { ca }), NONE)
  t.match(reasons().at(-1), /self-signed|unable to|certificate/)
  t.equal(provider.requests.length, 0, 'nothing was asked of a server that could not prove its name')
  time.now += 10
  await t.rejects(verify(undefined, { ca: undefined as never }), NONE, 'without a CA file the public roots hold')
  time.now += 10
  await t.rejects(verify(undefined, { ca: path.join(directory, 'missing.pem') }), NONE)
  t.match(reasons().at(-1), /missing\.pem: is not there/)
  time.now += 10
  writeFileSync(ca, readFileSync(path.join(directory, 'ca.pem')))
  t.ok(await verify(undefined, { ca }), 'works again without a restart')
})

t.test('the token of tokenFile is shown to the issuer, and is read for each attempt', async t => {
  const { provider, time, directory, verify } = await setUp(t)
  const tokenFile = path.join(directory, 'token')
  const shown = (): Array<string | undefined> => provider.requests.map(({ headers }) => headers.authorization)
  writeFileSync(tokenFile, 'first\n')
  await verify(undefined, { tokenFile })
  writeFileSync(tokenFile, 'second\n')
  time.now += 10
  await t.rejects(verify(provider.sign({}, { kid: 'two', key: makePrivateKey('RSA') }), { tokenFile }))
  t.strictSame(shown(), ['Bearer first', 'Bearer second'])
})
