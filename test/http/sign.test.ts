// POST /sign over TLS: what it gives, and everything that it refuses, each by a problem document that names the field.

import { createHash } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { compactVerify, createLocalJWKSet, decodeJwt, decodeProtectedHeader, jwtVerify } from 'jose'
import { type Deployment, deploy } from '../support/deployment.ts'
import { NOW, type OpenListener, openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { parseLines } from '../support/program.ts'
import { type Answer, postSign } from '../support/request.ts'
import type { SignatureQueue } from '../../src/core/tokens/jws.ts'
import { makeSignatureQueue } from '../../src/signing/queue.ts'

const SMART = {
  profiles: {
    smart: {
      preset: 'smart-backend-services',
      claims: { iss: 'client-1', sub: 'client-1', aud: 'https://ehr.example/token' },
      allow: { additionalProperties: true },
      ttl: { default: '2m', max: '4m' }
    }
  }
}

interface Smart { deployment: Deployment, opened: OpenListener, sign: (body: object | string) => Promise<Answer> }

/** A deployment with the SMART profile and one RSA key, and how to sign there. */
async function openSmart (t: Test): Promise<Smart> {
  const deployment = await deploy(t, { keys: { 'smart.pem': privatePem('RSA') }, config: SMART, client: { profiles: ['smart'] } })
  const opened = await openListener(t, deployment)
  return { deployment, opened, sign: async body => await postSign(opened.fetch, opened.origin, deployment.apiKey, body) }
}

const readRecords = async ({ audit }: Deployment): Promise<any[]> =>
  (await readFile(audit, 'utf8')).trim().split('\n').map(line => JSON.parse(line))

t.test('a SMART client assertion: signed under the forced claims, audited, verifiable with the served set', async t => {
  const { deployment, opened: { origin, fetch }, sign } = await openSmart(t)
  const { status, headers, json } = await sign({ profile: 'smart', claims: { scope: 'system/Patient.rs', aud: 'https://ehr.example/token' }, ttl: 180 })
  t.equal(status, 200)
  t.match(headers, { 'cache-control': 'no-store', 'content-type': /^application\/json/ })
  const { token, ...rest } = json()
  const jwks = (await fetch(`${origin}/.well-known/jwks.json`)).json()
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks), { currentDate: new Date(NOW * 1000) })
  t.strictSame(protectedHeader, { alg: 'RS384', kid: jwks.keys[0].kid, typ: 'JWT' })
  t.strictSame(payload, {
    scope: 'system/Patient.rs', aud: 'https://ehr.example/token', iss: 'client-1', sub: 'client-1', iat: NOW, exp: NOW + 180, jti: rest.jti
  })
  t.strictSame(rest, { kid: jwks.keys[0].kid, alg: 'RS384', jti: payload.jti, iat: NOW, exp: NOW + 180 })
  const [record, ...others] = await readRecords(deployment)
  t.strictSame(others, [])
  t.match(record, {
    event: 'granted',
    request: /^[0-9a-f-]{36}$/,
    client: 'app',
    auth: 'apiKey',
    address: '127.0.0.1',
    profile: 'smart',
    set: 'default',
    aud: 'https://ehr.example/token',
    ...rest,
    payloadSha256: createHash('sha256').update(Buffer.from(token.split('.')[1], 'base64url')).digest('hex'),
    tokenSha256: createHash('sha256').update(token).digest('hex')
  })
})

t.test('the time-to-live is the profile\'s where none is asked for, and each token has a jti of its own', async t => {
  const { sign } = await openSmart(t)
  const tokens = await Promise.all(Array.from({ length: 20 }, async () => (await sign({})).json()))
  t.ok(tokens.every(({ iat, exp }) => exp - iat === 120))
  t.equal(new Set(tokens.map(({ jti }) => jti)).size, 20)
})

/** Bodies that are refused, by what is wrong with them: [status, code, field, body]. */
const refused: Record<string, [number, string, string | undefined, object | string]> = {
  'broken JSON': [400, 'ERR_BAD_REQUEST', 'body', '{"claims":'],
  'JSON with a comment': [400, 'ERR_BAD_REQUEST', 'body', '{"ttl":60/* */}'],
  'a trailing comma': [400, 'ERR_BAD_REQUEST', 'body', '{"ttl":60,}'],
  'two values': [400, 'ERR_BAD_REQUEST', 'body', '{}{}'],
  'an empty body': [400, 'ERR_BAD_REQUEST', 'body', ''],
  'an array': [400, 'ERR_BAD_REQUEST', 'body', '[]'],
  'only null': [400, 'ERR_BAD_REQUEST', 'body', 'null'],
  'a string': [400, 'ERR_BAD_REQUEST', 'body', '"{}"'],
  'a duplicate member': [400, 'ERR_BAD_REQUEST', 'ttl', '{"ttl":60,"ttl":61}'],
  'a duplicate claim': [400, 'ERR_BAD_REQUEST', 'claims.scope', '{"claims":{"scope":"a","scope":"b"}}'],
  'a duplicate claim, written with an escape': [400, 'ERR_BAD_REQUEST', 'claims.scope', '{"claims":{"scope":"a","sc\\u006fpe":"b"}}'],
  'an unknown member': [400, 'ERR_BAD_REQUEST', 'header', { header: { alg: 'none' } }],
  'a misspelt member': [400, 'ERR_BAD_REQUEST', 'Claims', { Claims: {} }],
  'a member __proto__': [400, 'ERR_BAD_REQUEST', '__proto__', '{"__proto__":{"profile":"smart"}}'],
  '__proto__ among the claims': [400, 'ERR_BAD_REQUEST', 'claims.__proto__', '{"claims":{"__proto__":{"iss":"evil"}}}'],
  '__proto__ deep below': [400, 'ERR_BAD_REQUEST', 'claims.a.0.__proto__', '{"claims":{"a":[{"__proto__":1}]}}'],
  '__proto__ with an escape': [400, 'ERR_BAD_REQUEST', 'claims.__proto__', '{"claims":{"\\u005f_proto__":1}}'],
  'profile of another type': [400, 'ERR_BAD_REQUEST', 'profile', { profile: 7 }],
  'profile null': [400, 'ERR_BAD_REQUEST', 'profile', { profile: null }],
  'profile empty': [400, 'ERR_BAD_REQUEST', 'profile', { profile: '' }],
  'profile too long': [400, 'ERR_BAD_REQUEST', 'profile', { profile: 'a'.repeat(65) }],
  'claims an array': [400, 'ERR_BAD_REQUEST', 'claims', { claims: [] }],
  'claims a string': [400, 'ERR_BAD_REQUEST', 'claims', { claims: '{}' }],
  'ttl a string': [400, 'ERR_BAD_REQUEST', 'ttl', { ttl: '60' }],
  'ttl a fraction': [400, 'ERR_BAD_REQUEST', 'ttl', { ttl: 1.5 }],
  'ttl zero': [400, 'ERR_BAD_REQUEST', 'ttl', { ttl: 0 }],
  'ttl negative': [400, 'ERR_BAD_REQUEST', 'ttl', { ttl: -1 }],
  'ttl huge': [400, 'ERR_BAD_REQUEST', 'ttl', '{"ttl":1e21}'],
  'ttl infinite': [400, 'ERR_BAD_REQUEST', 'ttl', '{"ttl":1e999}'],
  'ttl NaN': [400, 'ERR_BAD_REQUEST', 'body', '{"ttl":NaN}'],
  'a number that readers round': [400, 'ERR_BAD_REQUEST', 'claims.n', '{"claims":{"n":9007199254740993}}'],
  'a rounded number in an array': [400, 'ERR_BAD_REQUEST', 'claims.n.1', '{"claims":{"n":[1,12345678901234567890]}}'],
  'nesting without end': [400, 'ERR_BAD_REQUEST', 'body', `{"claims":{"a":${'['.repeat(30_000)}${']'.repeat(30_000)}}}`],
  'half of a surrogate pair in a claim': [400, 'ERR_BAD_REQUEST', 'claims.a.0', '{"claims":{"a":["\\ud800"]}}'],
  'half of a surrogate pair in a payload': [400, 'ERR_BAD_REQUEST', 'payload', '{"payload":"\\udfff"}'],
  'half of a surrogate pair in the name of a claim': [400, 'ERR_BAD_REQUEST', 'claims.\udc00', '{"claims":{"\\udc00":1}}'],
  'iss contradicts': [403, 'ERR_FORCED_CLAIM', 'claims.iss', { claims: { iss: 'another' } }],
  'sub contradicts': [403, 'ERR_FORCED_CLAIM', 'claims.sub', { claims: { sub: null } }],
  'aud contradicts by its type': [403, 'ERR_FORCED_CLAIM', 'claims.aud', { claims: { aud: ['https://ehr.example/token'] } }],
  'iss shadowed': [403, 'ERR_FORCED_CLAIM', 'claims.ISS', { claims: { ISS: 'another' } }],
  'iat given': [403, 'ERR_FORCED_CLAIM', 'claims.iat', { claims: { iat: NOW } }],
  'exp given': [403, 'ERR_FORCED_CLAIM', 'claims.exp', { claims: { exp: 9999999999 } }],
  'nbf given': [403, 'ERR_FORCED_CLAIM', 'claims.nbf', { claims: { nbf: 0 } }],
  'jti given': [403, 'ERR_FORCED_CLAIM', 'claims.jti', { claims: { jti: 'again' } }],
  'another profile': [403, 'ERR_FORBIDDEN', 'profile', { profile: 'root' }],
  'ttl beyond the profile\'s limit': [422, 'ERR_RULE_BROKEN', 'ttl', { ttl: 241 }]
}

t.test('bad input: a problem document that names the field, no token, and the process goes on', async t => {
  const { deployment, sign } = await openSmart(t)
  for (const [name, [status, code, field, body]] of Object.entries(refused)) {
    const answer = await sign(body)
    t.equal(answer.status, status, name)
    t.equal(answer.headers['content-type'], 'application/problem+json')
    const problem = answer.json()
    t.match(problem, { status, code, detail: /./, title: /./, instance: /^urn:uuid:/ }, name)
    t.equal(problem.field, field, `${name}: ${problem.detail}`)
    t.notOk(answer.text.includes('eyJ'), 'no token')
  }
  const records = await readRecords(deployment)
  t.strictSame(records.map(({ event, code, field }) => [event, code, field]), Object.values(refused).map(([, code, field]) => ['refused', code, field]), 'one record each')
  t.equal((await sign({})).status, 200, 'control: a good request passes')
  t.match((await readRecords(deployment)).at(-1), { event: 'granted' })
})

t.test('a rule of a vendor that the caller would break: 422 with rule, source and hint', async t => {
  const deployment = await deploy(t, {
    keys: { 'smart.pem': privatePem('P-384') }, config: { profiles: { smart: { preset: 'smart-backend-services' } } }, client: { profiles: ['smart'] }
  })
  const { origin, fetch } = await openListener(t, deployment)
  const sign = async (claims: object): Promise<Answer> => await postSign(fetch, origin, deployment.apiKey, { claims })
  const good = { iss: 'a', sub: 'a', aud: 'https://ehr.example/token' }
  t.equal((await sign(good)).status, 200)
  const broken: Array<[object, string, string]> = [
    [{ ...good, iss: undefined }, 'claims.iss', 'iss-required'],
    [{ ...good, sub: 'b' }, 'claims.sub', 'iss-is-sub'],
    [{ ...good, aud: ['https://ehr.example/token'] }, 'claims.aud', 'aud-string'],
    [{ ...good, iss: '', sub: '' }, 'claims.iss', 'iss-required']
  ]
  for (const [claims, field, rule] of broken) {
    const answer = await sign(claims)
    t.match({ status: answer.status, ...answer.json() }, { status: 422, code: 'ERR_RULE_BROKEN', field, rule, source: /SMART/, hint: /./ })
  }
})

t.test('bytes that are no JSON text: a wrong encoding, a body too large, another media type', async t => {
  const { deployment, opened: { origin, fetch }, sign } = await openSmart(t)
  const post = async (body: string | Buffer, type?: string): Promise<Answer> => await fetch(`${origin}/sign`, {
    method: 'POST', headers: { authorization: `Bearer ${deployment.apiKey}`, ...(type !== undefined && { 'content-type': type }) }, body
  })
  const invalid = await post(Buffer.from('{"claims":{"a":"\xff"}}', 'latin1'), 'application/json')
  t.match({ status: invalid.status, ...invalid.json() }, { status: 400, code: 'ERR_BAD_REQUEST', field: 'body', detail: 'the body is not valid UTF-8' })
  t.equal((await post(Buffer.from('{}', 'utf16le'), 'application/json')).status, 400)
  for (const charset of ['utf-16', '"UTF-16LE"', 'iso-8859-1']) {
    const answer = await post('{}', `application/json; charset=${charset}`)
    t.match([answer.status, answer.json().detail], [415, 'the body is in another charset than UTF-8'])
  }
  const coded = async (coding: string, body: Buffer) => await fetch(`${origin}/sign`, {
    method: 'POST', headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json', 'content-encoding': coding }, body
  })
  const compressed = await coded('gzip', gzipSync('{}'))
  t.match([compressed.status, compressed.json()], [415, { code: 'ERR_UNSUPPORTED_MEDIA_TYPE', detail: /compressed/, hint: 'send it uncompressed' }])
  t.equal((await coded('identity', Buffer.from('{}'))).status, 200)
  t.equal((await sign({ claims: { a: 'a'.repeat(65_000) } })).status, 200, '64 KiB are taken')
  const large = await sign({ claims: { a: 'a'.repeat(65_536) } })
  t.match({ status: large.status, ...large.json() }, { status: 413, code: 'ERR_PAYLOAD_TOO_LARGE' })
  const others = ['text/plain', 'application/x-www-form-urlencoded', 'multipart/form-data; boundary=x', 'application/jsonx', 'application', 'x']
  for (const type of [...others, 'application/json/', 'application/jose', 'text/json']) {
    const answer = await post('{}', type)
    t.match({ status: answer.status, ...answer.json() }, { status: 415, code: 'ERR_UNSUPPORTED_MEDIA_TYPE' }, type)
  }
  t.equal((await post('{}')).status, 415, 'no content type')
  const none = await fetch(`${origin}/sign`, { method: 'POST', headers: { authorization: `Bearer ${deployment.apiKey}` } })
  t.match({ status: none.status, ...none.json() }, { status: 400, code: 'ERR_BAD_REQUEST', field: 'body' }, 'no body at all')
  for (const type of ['application/json', 'application/json; charset=utf-8', 'application/json;charset="UTF8"', 'Application/JSON']) t.equal((await post('{}', type)).status, 200, type)
  const chunked = await fetch(`${origin}/sign`, {
    method: 'POST', headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json', 'transfer-encoding': 'chunked' }, body: '{}'
  })
  t.equal(chunked.status, 200)
  t.equal((await sign({})).status, 200, 'the process goes on')
})

t.test('no caller sets a header member or an alg, whatever the way', async t => {
  const { sign } = await openSmart(t)
  const members: Record<string, unknown> = {
    alg: 'none',
    jku: 'https://evil.example/jwks.json',
    jwk: { kty: 'oct', k: 'AA' },
    x5u: 'https://evil.example',
    x5c: ['AA'],
    crit: ['b64'],
    b64: false,
    kid: '../x',
    typ: 'at+jwt',
    cty: 'JWT',
    zip: 'DEF'
  }
  for (const [name, value] of Object.entries(members)) {
    const member = { [name]: value }
    for (const body of [member, { header: member }, { protectedHeader: member }, { headers: member }]) {
      t.equal((await sign(body)).status, 400, JSON.stringify(body))
    }
    const { token } = (await sign({ claims: { [name]: value } })).json()
    t.strictSame(Object.keys(decodeProtectedHeader(token)).sort(), ['alg', 'kid', 'typ'], 'as a claim it stays a claim')
    t.match(decodeProtectedHeader(token), { alg: 'RS384', typ: 'JWT' })
    t.strictSame(decodeJwt(token)[name], value)
  }
})

t.test('claims are signed as their exact text, whatever they hold', async t => {
  const { sign } = await openSmart(t)
  const claims = { text: 'π 𝄞 \u0000 " \\ </script>', constructor: 1, toString: 'x', a: [null, true, 1.5, -0.25, { b: {} }], '': 'empty name' }
  t.match(decodeJwt((await sign({ claims })).json().token), claims)
})

t.test('more signatures than the machine can make: 503 with Retry-After, and then it goes on', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': privatePem('RSA') }, config: { profiles: { plain: { preset: 'jwt', alg: 'RS384' } } } })
  let release: () => void = () => {}
  const gate = new Promise<void>(resolve => { release = resolve })
  const bounded = makeSignatureQueue(2)
  const queue: SignatureQueue = async sign => await bounded(async () => {
    await gate
    return await sign()
  })
  const { origin, fetch } = await openListener(t, deployment, { queue })
  const asked = Array.from({ length: 12 }, async () => await postSign(fetch, origin, deployment.apiKey, {}).then(answer => {
    if (answer.status === 503) release()
    return answer
  }))
  const answers = await Promise.all(asked)
  const busy = answers.filter(({ status }) => status === 503)
  t.ok(busy.length > 0)
  t.ok(answers.some(({ status }) => status === 200))
  for (const { headers, json } of busy) t.match({ retry: headers['retry-after'], ...json() }, { retry: '1', code: 'ERR_BUSY' })
  t.equal((await postSign(fetch, origin, deployment.apiKey, {})).status, 200)
})

t.test('an audit log that cannot be written: no token leaves, the keys go on being served', async t => {
  const deployment = await deploy(t, { config: { audit: { file: '/dev/full' } } })
  const { origin, fetch, log } = await openListener(t, deployment)
  const { status, headers, text, json } = await postSign(fetch, origin, deployment.apiKey, {})
  t.match({ status, retry: headers['retry-after'], ...json() }, { status: 503, retry: '5', code: 'ERR_AUDIT' })
  t.notOk(text.includes('eyJ'))
  t.match(parseLines(log.join('')).find(({ msg }) => msg === 'refused'), {
    level: 'error', client: 'app', code: 'ERR_AUDIT', where: '/dev/full', problem: 'the audit log cannot be written (not a file)', request: json().instance.slice('urn:uuid:'.length)
  })
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).status, 200)
})

t.test('keys that are all still to come: 503, since nothing may sign yet', async t => {
  const keys = { 'new.pem': `# activates: 2099-01-01T00:00:00Z\n${privatePem('P-256')}` }
  const deployment = await deploy(t, { keys })
  const { origin, fetch } = await openListener(t, deployment)
  const { status, json } = await postSign(fetch, origin, deployment.apiKey, {})
  t.match({ status, ...json() }, { status: 503, code: 'ERR_NO_ACTIVE_KEY' })
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).json().keys.length, 1, 'it is published all the same')
})

t.test('what jwksd signs, jose verifies, for each kind of key', async t => {
  const kinds = { RSA: 'RS384', 'P-256': 'ES256', 'P-384': 'ES384', 'P-521': 'ES512', Ed25519: 'EdDSA' } as const
  const keys = Object.fromEntries(Object.keys(kinds).map(kind => [`${kind.toLowerCase()}/key.pem`, privatePem(kind as keyof typeof kinds)]))
  const profiles = Object.fromEntries(Object.keys(kinds).map(kind => [kind.toLowerCase(), { preset: 'jwt', set: kind.toLowerCase() }]))
  const deployment = await deploy(t, { keys, config: { profiles }, client: { profiles: Object.keys(profiles) } })
  const { origin, fetch } = await openListener(t, deployment)
  for (const [kind, alg] of Object.entries(kinds)) {
    const profile = kind.toLowerCase()
    const { token } = (await postSign(fetch, origin, deployment.apiKey, { profile })).json()
    const jwks = (await fetch(`${origin}/${profile}/.well-known/jwks.json`)).json()
    t.match((await compactVerify(token, createLocalJWKSet(jwks))).protectedHeader, { alg, kid: jwks.keys[0].kid })
    const forged = token.replace(/\.[^.]{4}/, '.AAAA')
    await t.rejects(compactVerify(forged, createLocalJWKSet(jwks)), { code: 'ERR_JWS_SIGNATURE_VERIFICATION_FAILED' })
  }
})
