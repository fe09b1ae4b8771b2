// The way of a token from request to audit record, without HTTP: what is signed, what is refused and by which rule.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import fc from 'fast-check'
import { createLocalJWKSet, decodeProtectedHeader, jwtVerify } from 'jose'
import t, { type Test } from 'tap'
import { RequestError } from '../../src/core/errors.ts'
import { publishedKeys } from '../../src/core/keys/key-set.ts'
import type { SigningRequest } from '../../src/core/tokens/profile.ts'
import { type SigningResult, makeSigner } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { Audit } from '../../src/observe/audit.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import type { SignatureQueue } from '../../src/core/tokens/jws.ts'
import { makeSignatureQueue } from '../../src/signing/queue.ts'

const NOW = 1_795_380_000
const AUD = 'https://as.example/oauth2/token'
const rsa = privatePem('RSA')

interface Options { now?: number, keys?: Record<string, string>, audit?: string, queue?: SignatureQueue }

/** A signer with the profiles `plain` (ES256), `forced` (ES256, claims forced), `backdated` (ES256, by 30 s) and `smart` (RS384). */
async function makeTestSigner (t: Test, { now = NOW, keys, audit, queue }: Options = {}) {
  const deployment = await deploy(t, {
    keys: { 'ec.pem': privatePem('P-256'), 'ecw/rsa.pem': rsa, ...keys },
    config: {
      profiles: {
        plain: { preset: 'jwt', alg: 'ES256', ttl: { default: '5m', max: '10m' } },
        forced: { preset: 'jwt', alg: 'ES256', claims: { iss: 'us', scope: ['a', { b: 1 }] } },
        smart: { preset: 'smart-backend-services', set: 'ecw', claims: { iss: 'CLIENT', sub: 'CLIENT', aud: AUD } },
        'smart-open': { preset: 'smart-backend-services', set: 'ecw' },
        backdated: { preset: 'jwt', alg: 'ES256', backdate: '30s' }
      }
    },
    client: { profiles: ['plain', 'forced', 'smart', 'smart-open', 'backdated'] }
  })
  const { snapshot } = await load({ file: deployment.file, env: {}, now, listeners: 'both', tls: false })
  const log = new Audit(audit ?? deployment.audit, { clock: () => now })
  t.teardown(() => { log.close() })
  const signer = makeSigner({ current: () => snapshot, audit: log, clock: () => now, ...(queue && { queue }) })
  const client = snapshot.policy.clients.get('app')!
  const issue = async (request: SigningRequest, name = client) => await signer.sign({ client: name, auth: 'apiKey', request: 'request-1' }, request)
  const jwks = createLocalJWKSet({ keys: [...snapshot.sets.values()].flatMap(set => publishedKeys(set, now).map(({ jwk }) => ({ ...jwk, key_ops: ['verify'] }))) })
  const lines = () => readFileSync(deployment.audit, 'utf8').trim().split('\n').map(line => JSON.parse(line))
  return { issue, jwks, lines, client, deployment }
}

const codeOf = async (issued: Promise<SigningResult>): Promise<Partial<RequestError> | 'signed'> =>
  await issued.then(() => 'signed' as const, (error: RequestError) => ({ code: error.code, message: error.message, details: error.details }))

t.test('a token verifies against what is published; its record tells all of it but itself', async t => {
  const { issue, jwks, lines } = await makeTestSigner(t)
  const { token, kid, alg, jti, iat, exp } = await issue({ profile: 'smart' })
  const { payload, protectedHeader } = await jwtVerify(token!, jwks, { algorithms: ['RS384'], audience: AUD, currentDate: new Date(NOW * 1000) })
  t.strictSame(protectedHeader, { alg: 'RS384', kid, typ: 'JWT' })
  t.strictSame(payload, { iss: 'CLIENT', sub: 'CLIENT', aud: AUD, iat: NOW, exp: NOW + 240, jti })
  t.match({ alg, iat, exp }, { alg: 'RS384', iat: NOW, exp: NOW + 240 })
  t.match(lines(), [{
    request: 'request-1', client: 'app', profile: 'smart', set: 'ecw', kid, alg, jti, iat, exp, tokenSha256: createHash('sha256').update(token!).digest('hex')
  }])
  t.notOk(JSON.stringify(lines()).includes(token!.split('.')[2]!), 'the signature is not kept')
})

t.test('a life that would end before the token is signed is refused: it counts from iat, which may be dated back', async t => {
  const { issue } = await makeTestSigner(t)
  t.match(await codeOf(issue({ profile: 'backdated', ttl: 30 })), { code: 'ERR_RULE_BROKEN', details: { rule: 'ttl-min', field: 'ttl', hint: /more than 30 s/ } })
  t.match(await issue({ profile: 'backdated', ttl: 31 }), { iat: NOW - 30, exp: NOW + 1 })
  t.match(await issue({ profile: 'plain', ttl: 1 }), { iat: NOW, exp: NOW + 1 })
})

t.test('no audit record, no token', async t => {
  const { issue } = await makeTestSigner(t, { audit: '/dev/full' })
  t.match(await codeOf(issue({ profile: 'plain' })), { code: 'ERR_AUDIT', details: { retryAfter: Number } })
})

t.test('a client signs only what it was granted; names cannot be probed', async t => {
  const { issue, client } = await makeTestSigner(t)
  const narrow = { ...client, profiles: ['plain'] }
  t.equal(await codeOf(issue({}, narrow)), 'signed', 'its only profile need not be named')
  const other = await codeOf(issue({ profile: 'smart' }, narrow))
  t.match(other, { code: 'ERR_FORBIDDEN', details: { field: 'profile', hint: String } })
  t.strictSame(await codeOf(issue({ profile: 'no-such' }, narrow)), other)
  t.strictSame(await codeOf(issue({ profile: '__proto__' }, narrow)), other)
  t.match(await codeOf(issue({})), { code: 'ERR_BAD_REQUEST', details: { field: 'profile', hint: /plain/ } })
  t.match(await codeOf(issue({ profile: 'gone' }, { ...client, profiles: ['gone'] })), { code: 'ERR_FORBIDDEN' })
})

t.test('what the server sets cannot be asked for', async t => {
  const { issue } = await makeTestSigner(t)
  for (const claim of ['iat', 'exp', 'nbf', 'jti']) {
    for (const value of [0, 1e21, -1, 'x', null]) {
      t.match(await codeOf(issue({ profile: 'plain', claims: { [claim]: value } })),
        { code: 'ERR_FORCED_CLAIM', details: { field: `claims.${claim}`, hint: /leave it out/ } }, `${claim}: ${value}`)
    }
  }
})

t.test('forced claims: the same value passes, any other is refused by name', async t => {
  const { issue, jwks } = await makeTestSigner(t)
  const forced = { iss: 'us', scope: ['a', { b: 1 }] }
  t.equal(await codeOf(issue({ profile: 'forced', claims: structuredClone(forced) })), 'signed')
  await fc.assert(fc.asyncProperty(fc.constantFrom('iss', 'scope'), fc.jsonValue(), fc.dictionary(fc.string(), fc.jsonValue()), async (name, value, others) => {
    const rest = Object.fromEntries(Object.entries(others).filter(([key]) => !['iat', 'exp', 'nbf', 'jti', 'iss', 'sub', 'aud', 'scope', '__proto__'].includes(key)))
    const { token } = await issue({ profile: 'forced', claims: rest })
    const { payload } = await jwtVerify(token!, jwks, { currentDate: new Date(NOW * 1000) })
    if (payload.iss !== 'us' || JSON.stringify(payload.scope) !== '["a",{"b":1}]') throw new Error('overridden')
    const outcome = await codeOf(issue({ profile: 'forced', claims: { ...rest, [name]: value } }))
    const refused = outcome !== 'signed' && ['ERR_FORCED_CLAIM', 'ERR_RULE_BROKEN'].includes(outcome.code!) && outcome.details?.field === `claims.${name}`
    if (!refused && JSON.stringify(value) !== JSON.stringify(forced[name])) throw new Error(JSON.stringify(outcome))
  }), { numRuns: 100 })
  t.match(await codeOf(issue({ profile: 'forced', claims: { iss: 'them' } })), { code: 'ERR_FORCED_CLAIM', details: { field: 'claims.iss' } })
})

t.test('no claim reaches the header', async t => {
  const { issue } = await makeTestSigner(t)
  const header = { alg: 'none', kid: 'x', jku: 'https://evil.example', jwk: {}, x5u: 'https://evil.example', crit: ['b64'], b64: false, typ: 'x', zip: 'DEF' }
  const { token, kid } = await issue({ profile: 'plain', claims: header })
  t.strictSame(decodeProtectedHeader(token!), { alg: 'ES256', kid, typ: 'JWT' })
})

t.test('ttl: within the profile\'s limit, never beyond', async t => {
  const { issue } = await makeTestSigner(t)
  const lifeOf = async (ttl?: number) => await issue({ profile: 'plain', ...(ttl && { ttl }) }).then(({ iat, exp }) => exp! - iat!)
  t.strictSame([await lifeOf(), await lifeOf(1), await lifeOf(600)], [300, 1, 600])
  for (const ttl of [601, 1e21, Infinity, NaN]) {
    t.match(await codeOf(issue({ profile: 'plain', ttl })), { code: 'ERR_RULE_BROKEN', details: { field: 'ttl' } }, String(ttl))
  }
})

t.test('SMART: a request that an authorization server would refuse is refused by its rule and source', async t => {
  const { issue } = await makeTestSigner(t)
  const good = { iss: 'c', sub: 'c', aud: AUD }
  const broken: Array<[Record<string, unknown>, string]> = [
    [{ ...good, sub: 'other' }, 'claims.sub'],
    [{ ...good, aud: [AUD] }, 'claims.aud'],
    [{ ...good, aud: '' }, 'claims.aud'],
    [{ ...good, iss: 7 }, 'claims.iss'],
    [{ iss: 'c', sub: 'c' }, 'claims.aud'],
    [{ sub: 'c', aud: AUD }, 'claims.iss']
  ]
  for (const [claims, field] of broken) {
    t.match(await codeOf(issue({ profile: 'smart-open', claims })),
      { code: 'ERR_RULE_BROKEN', details: { field, rule: /./, source: /SMART/, hint: /./ } }, JSON.stringify(claims))
  }
  t.equal(await codeOf(issue({ profile: 'smart-open', claims: good })), 'signed', 'negative control')
})

t.test('jwt: the registered claims have the types of RFC 7519', async t => {
  const { issue } = await makeTestSigner(t)
  t.match(await codeOf(issue({ profile: 'plain', claims: { iss: 1 } })), { code: 'ERR_RULE_BROKEN', details: { field: 'claims.iss' } })
  t.match(await codeOf(issue({ profile: 'plain', claims: { aud: [1] } })), { code: 'ERR_RULE_BROKEN', details: { field: 'claims.aud' } })
  t.equal(await codeOf(issue({ profile: 'plain', claims: { aud: ['a', 'b'] } })), 'signed')
})

t.test('before its activation a key signs nothing', async t => {
  const { issue } = await makeTestSigner(t, { keys: { 'ec.pem': `# activates: 2999-01-01T00:00:00Z\n${privatePem('P-256')}` } })
  t.match(await codeOf(issue({ profile: 'plain' })), { code: 'ERR_NO_ACTIVE_KEY' })
})

t.test('jti: never twice', async t => {
  const { issue } = await makeTestSigner(t)
  const tokens: SigningResult[] = []
  for (let i = 0; i < 20; i++) tokens.push(...await Promise.all(Array.from({ length: 50 }, () => issue({ profile: 'plain' }))))
  t.equal(new Set(tokens.map(({ jti }) => jti)).size, 1000)
})

t.test('the queue is bounded: beyond it 503 with a time to come back', async t => {
  const queue = makeSignatureQueue(2)
  const ends: Array<() => void> = []
  const work = async (): Promise<void> => { await new Promise<void>(resolve => { ends.push(resolve) }) }
  const running: Array<Promise<void>> = []
  let busy: RequestError | undefined
  while (!busy && running.length < 100) {
    const one = queue(work)
    running.push(one.catch((error: RequestError) => { busy = error }))
    await new Promise(resolve => { setImmediate(resolve) })
  }
  t.match(busy, { code: 'ERR_BUSY', details: { retryAfter: 1 } })
  const started = ends.length
  t.equal(running.length, started + 2 + 1, 'so many ran, two waited, one was refused')
  const over = Promise.all(running)
  while (ends.length > 0) {
    ends.splice(0).forEach(end => { end() })
    await new Promise(resolve => { setImmediate(resolve) })
  }
  await over
  t.equal(await queue(async () => 'done'), 'done', 'and it goes on')
})
