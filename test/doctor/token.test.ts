// The doctor of a token: each thing that can be wrong is found by its name, and a right token has no fault.

import { constants, createPublicKey, sign } from 'node:crypto'
import { deflateRawSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { compilePreset } from '../../src/core/tokens/compile-preset.ts'
import type { Preset } from '../../src/core/tokens/preset.ts'
import { compileTemplate } from '../../src/core/tokens/template.ts'
import { checkToken, type TokenOptions } from '../../src/doctor/token.ts'
import { presets } from '../../src/presets/index.ts'
import { makePrivateKey } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'
import { makeToken } from '../support/token-mutations.ts'

const [key, other, ed] = [makePrivateKey('P-384'), makePrivateKey('P-384'), makePrivateKey('Ed25519')]
const publish = (one: typeof key, kid: string, members = {}) => ({ ...createPublicKey(one).export({ format: 'jwk' }), kid, alg: 'ES384', ...members })
const jwks = JSON.stringify({ keys: [publish(key, 'a'), publish(other, 'b')] })
const smart = presets.get('smart-backend-services')!
const AUD = 'https://ehr.example.com/token'
const CLAIMS = { iss: 'me', sub: 'me', aud: AUD, iat: NOW, exp: NOW + 240, jti: 'j' }

interface Changes { header?: object, claims?: object | string, signer?: typeof key, alg?: string, edit?: (token: string) => string }

const makeText = ({ header = {}, claims = {}, signer = key, alg = 'ES384', edit = token => token }: Changes = {}): string => makeToken({
  header: JSON.parse(JSON.stringify({ alg: 'ES384', kid: 'a', typ: 'JWT', ...header })),
  claims: typeof claims === 'string' ? claims : JSON.parse(JSON.stringify({ ...CLAIMS, ...claims })),
  key: signer,
  alg,
  edit
})

const check = (text: string, options: Partial<TokenOptions> = {}) => checkToken(text, { jwks, now: NOW, ...options })
/** Names of what is wrong, warnings in brackets. */
const namesOf = (text: string, options: Partial<TokenOptions> = {}): string[] => {
  const findings = check(text, options)
  for (const { level, source, hint } of findings) if (level !== 'ok' && !hint) throw new Error(`no hint: ${source}`)
  return findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => level === 'fault' ? check : `[${check}]`)
}
const finds = (t: Test, changes: Changes, names: string[], options: Partial<TokenOptions> = { preset: smart }): void => {
  t.strictSame(namesOf(makeText(changes), options), names, JSON.stringify(changes))
}

t.test('a right token', async t => {
  const findings = check(makeText(), { preset: smart, url: 'https://jwks.example.com/jwks.json' })
  t.match(findings, [
    { check: 'token-form', level: 'ok', seen: /compact token of \d+ characters, signed with ES384/ },
    { check: 'signature', level: 'ok', seen: 'the signature verifies with the key "a"' },
    { check: 'times', level: 'ok', seen: /^the token lives until 2[-0-9T:]+Z \(in 4 min\)$/ },
    { check: 'claims', level: 'ok', seen: 'the claims keep the rules of SMART Backend Services (eClinicalWorks and others)' }
  ])
  t.equal(findings.length, 4)
  t.strictSame(namesOf(`${makeText()}\r\n`, { preset: smart }), [], 'a file ends with a line end')
  t.strictSame(namesOf(makeText()), [], 'without a preset')
  t.strictSame(namesOf(makeText({ claims: { exp: undefined } })), [])
})

t.test('what is copied with a token', async t => {
  const token = makeText()
  for (const [text, names] of [
    [`Bearer ${token}`, ['token-prefix']], [`authorization: bearer ${token}`, ['token-prefix']],
    [`grant_type=client_credentials&client_assertion=${token}&scope=a`, ['token-prefix']],
    [`"${token}"`, ['token-quotes']], [` '${token}'`, ['token-quotes']], [` ${token}`, ['token-whitespace']], [`${token}\n\n`, ['token-whitespace']],
    [token.replace(/.{64}/g, '$&\n'), ['token-whitespace']],
    [JSON.stringify({ token, kid: 'a' }), ['[token-answer]']],
    [token.replace('.', '=.'), ['token-encoding']], [token.replace('.', '*.'), ['token-encoding', 'signature']],
    [`${token}.x.y`, ['token-encrypted']], [token.split('.')[0]!, ['token-parts']], [token.slice(0, token.lastIndexOf('.')), ['token-parts']],
    [token.slice(0, -3), ['token-truncated', 'token-truncated']], [token.slice(0, -4), ['token-truncated']], [token.slice(0, token.lastIndexOf('.') + 1), ['token-truncated']],
    [token.replace(/^[^.]+/, Buffer.from('[]').toString('base64url')), ['token-header']], ['hello', ['token-parts']],
    ['[]', ['token-parts']], ['{"jws":null}', ['token-parts']], ['{"payload":1,"protected":"e30","signature":"AA"}', ['token-parts']], ['{"signatures":[]}', ['token-parts']]
  ] as const) t.strictSame(namesOf(text, { preset: smart }), names, text.slice(0, 30))
})

t.test('JSON serializations and detached payloads', async t => {
  const [encoded, payload, signature] = makeText().split('.') as [string, string, string]
  const flattened = { protected: encoded, payload, signature }
  const general = { payload, signatures: [{ protected: encoded, signature }] }
  for (const jws of [flattened, general, { jws: flattened }]) t.strictSame(namesOf(JSON.stringify(jws)), [])
  t.strictSame(namesOf(JSON.stringify({ ...flattened, header: null }), { preset: smart }), ['serialization'])
  const unprotected = makeText({ header: { kid: undefined } }).split('.')
  const oracle: Preset = { ...presets.get('oracle-flattened-jws')!, alg: smart.alg }
  const withKid = { protected: unprotected[0], payload: unprotected[1], signature: unprotected[2], header: { kid: 'a' } }
  t.strictSame(namesOf(JSON.stringify(withKid), { preset: oracle }), [], 'kid in the unprotected header; no claims are looked for')
  t.strictSame(namesOf(JSON.stringify({ ...withKid, header: {} }), { preset: oracle }), ['kid-missing'])

  const detached = `${encoded}..${signature}`
  t.strictSame(namesOf(detached), ['[signature]'])
  t.strictSame(namesOf(JSON.stringify({ protected: encoded, signature }), { payload: Buffer.from(payload, 'base64url') }), [])
  t.strictSame(namesOf(detached, { payload: Buffer.from(payload, 'base64url') }), [])
  t.strictSame(namesOf(detached, { payload: Buffer.from('other') }), ['signature', '[claims]'])
  const header = Buffer.from(JSON.stringify({ alg: 'ES384', kid: 'a', b64: false, crit: ['b64'] })).toString('base64url')
  const raw = sign('sha384', Buffer.from(`${header}.a body`), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')
  const old: Preset = { ...presets.get('uk-open-banking-v3-1-3')!, alg: smart.alg }
  const found = namesOf(`${header}..${raw}`, { payload: Buffer.from('a body'), preset: old })
  t.notOk(found.includes('signature'), 'an unencoded payload (RFC 7797)')
  t.ok(found.includes('header-member') && !found.includes('serialization'))
})

t.test('alg', async t => {
  for (const [alg, name] of [['none', 'alg-none'], ['HS256', 'alg-hmac'], ['es384', 'alg-unknown'], [undefined, 'alg-unknown'], [7, 'alg-unknown']] as const) {
    finds(t, { header: { alg } }, [name])
    finds(t, { header: { alg } }, [name], {})
  }
  finds(t, {}, ['alg-not-taken'], { preset: { ...smart, alg: { ...smart.alg, oneOf: ['RS384'] } } })
})

t.test('header members', async t => {
  finds(t, { header: { typ: undefined } }, ['typ'])
  finds(t, { header: { typ: 'jwt' } }, ['typ'])
  finds(t, { header: { typ: 'jwt' } }, ['[typ]'], { preset: { ...presets.get('epic')! } })
  finds(t, { header: { typ: 'application/client-authentication+jwt' }, claims: { aud: 'https://as.example.com' } }, ['[typ]'], { preset: presets.get('private-key-jwt')! })
  finds(t, { header: { typ: 'at+jwt' } }, ['typ'])
  finds(t, { header: { typ: undefined } }, ['[typ]'], { preset: presets.get('epic')! })
  finds(t, { header: { tenant: 1 } }, ['[header-unknown]'])
  finds(t, { header: { jwk: {} } }, ['[key-in-header]'])
  for (const crit of [[], 'exp', ['exp'], [7]]) finds(t, { header: { crit } }, ['crit'])
  finds(t, { header: { crit: ['tenant'], tenant: 1 } }, ['crit', '[header-unknown]'])
  finds(t, { header: { crit: ['tenant'], tenant: 1 } }, ['[crit]', '[header-unknown]'], {})
  const jku = 'https://jwks.example.com/jwks.json'
  finds(t, { header: { jku } }, [], { preset: smart, url: jku })
  finds(t, { header: { jku } }, [], { preset: smart })
  finds(t, { header: { jku: `${jku}/` } }, ['jku'], { preset: smart, url: jku })
})

t.test('kid, key and signature', async t => {
  finds(t, { header: { kid: undefined } }, ['kid-missing'])
  finds(t, { header: { kid: undefined } }, ['kid-missing'], {})
  finds(t, { header: { kid: undefined } }, [], { jwks: JSON.stringify({ keys: [publish(key, 'a')] }) })
  finds(t, { header: { kid: 'b' } }, ['kid-mismatch'])
  finds(t, { header: { kid: 'c' } }, ['kid-not-found', 'kid-mismatch'])
  finds(t, { signer: other, header: { kid: 'b' } }, [])
  finds(t, { signer: makePrivateKey('P-384') }, ['signature'])
  const set = (...keys: object[]) => ({ preset: smart, jwks: JSON.stringify({ keys }) })
  finds(t, {}, ['kid-not-unique'], set(publish(key, 'a'), publish(other, 'a')))
  finds(t, {}, ['key-type', 'signature'], set({ ...publish(ed, 'a'), alg: 'EdDSA' }))
  finds(t, {}, ['jwk-alg'], set(publish(key, 'a', { alg: 'ES256' })))
  finds(t, {}, ['jwk-use', 'jwk-use'], set(publish(key, 'a', { use: 'enc', key_ops: ['deriveKey'] })))
  finds(t, {}, ['signature'], set({ kty: 'EC', crv: 'P-384', kid: 'a', x: 'AA' }))
  finds(t, {}, ['kid-not-found', 'signature'], set())
  const many = Array.from({ length: 12 }, (_, i) => publish(other, `k${i}`))
  t.match(check(makeText(), set(...many)), [{}, { check: 'kid-not-found', seen: /"k9" and 2 more$/ }])
  t.match(check(makeText({ header: { kid: 'A' } }), set(publish(key, undefined as never))), [{}, { seen: 'the set has no key "A"; it has without kid' }])
  for (const text of ['<html>', '[]', '{"keys":{}}']) finds(t, {}, ['jwks'], { preset: smart, jwks: text })
  const der = sign('sha384', Buffer.from(makeText().split('.').slice(0, 2).join('.')), key).toString('base64url')
  finds(t, { edit: token => token.replace(/[^.]+$/, der) }, ['signature-der'])
  const short = sign('sha384', Buffer.from('x'), { key: makePrivateKey('RSA'), padding: constants.RSA_PKCS1_PADDING }).toString('base64url')
  finds(t, { edit: token => token.replace(/[^.]+$/, short) }, ['token-truncated'])
  const rsa = makePrivateKey('RSA')
  const rsaSet = set({ ...publish(rsa, 'a'), alg: 'RS384' })
  finds(t, { header: { alg: 'RS384' }, alg: 'RS384', signer: rsa }, [], rsaSet)
  finds(t, { header: { alg: 'RS384' }, alg: 'RS384', signer: rsa, edit: token => token.slice(0, -8) }, ['token-truncated'], rsaSet)
  finds(t, { header: { alg: 'RS384' }, alg: 'RS384', signer: rsa }, ['key-type', 'signature'])
  finds(t, {}, ['key-type', 'signature'], rsaSet)
  const pss = set({ ...publish(rsa, 'a'), alg: 'PS384' })
  finds(t, { header: { alg: 'PS384' }, alg: 'PS384', signer: rsa }, [], { ...pss, preset: presets.get('jwt')! })
  const edSigned = (token: string): string => token.replace(/[^.]+$/, sign(null, Buffer.from(token.slice(0, token.lastIndexOf('.'))), ed).toString('base64url'))
  finds(t, { header: { alg: 'EdDSA' }, edit: edSigned }, [], { jwks: JSON.stringify({ keys: [publish(ed, 'a', { alg: 'EdDSA' })] }) })
})

t.test('times', async t => {
  const epic = { preset: { ...presets.get('epic')!, alg: smart.alg } }
  finds(t, { claims: { exp: undefined } }, ['exp-missing'])
  finds(t, { claims: { iat: undefined } }, [], epic)
  finds(t, { claims: { exp: NOW } }, ['expired'])
  finds(t, { claims: { exp: NOW - 10, iat: NOW - 90 } }, [], { preset: { ...smart, time: { ...smart.time, leeway: 15 } } })
  finds(t, { claims: { exp: NOW + 301 } }, ['life-too-long'])
  finds(t, { claims: { iat: NOW - 100 } }, ['[life-too-long]'])
  finds(t, { claims: { iat: NOW - 100 } }, ['life-too-long'], epic)
  finds(t, { claims: { iat: undefined, nbf: NOW - 100 } }, ['life-too-long'], epic)
  finds(t, { claims: { iat: NOW + 5 } }, ['[issued-in-future]'])
  finds(t, { claims: { iat: NOW + 5 } }, ['[issued-in-future]'], {})
  finds(t, { claims: { iat: NOW + 5 } }, ['issued-in-future'], epic)
  finds(t, { claims: { nbf: NOW + 5 } }, ['not-yet-valid'], epic)
  finds(t, { claims: { iat: NOW * 1000, exp: '1', nbf: -1 } }, ['iat-milliseconds', 'nbf-type', 'exp-type'])
  finds(t, { claims: { exp: NOW + 86400, aud: 'https://as.example.com' } }, [], { preset: presets.get('keycloak')! })
  t.match(check(makeText({ claims: { exp: NOW + 7300 } }), { preset: smart }), [{}, {}, { seen: /^the token lives another 2 h; SMART .* takes at most 5m$/ }])
})

t.test('claims and the rules of a preset', async t => {
  finds(t, { claims: 'no JSON' }, ['claims'])
  finds(t, { claims: '[]' }, ['claims'])
  finds(t, { claims: 'text' }, ['[claims]'], {})
  finds(t, { claims: { sub: 'you' } }, ['iss-is-sub'])
  finds(t, { claims: { aud: undefined } }, ['aud-string'])
  finds(t, { claims: { aud: [AUD] } }, ['aud-string'])
  finds(t, { claims: { aud: [AUD] } }, ['[aud-array]'], {})
  finds(t, { claims: { iss: 7 } }, ['claim-type'], {})
  finds(t, { claims: { jti: 7 } }, ['claim-type'])
  for (const jti of ['', undefined]) finds(t, { claims: { jti } }, ['jti-missing'])
  finds(t, { claims: { jti: 'j'.repeat(152) } }, ['jti-length'], { preset: presets.get('epic')! })
  finds(t, { claims: { aud: ` ${AUD}` } }, ['[aud-spaces]'])
  finds(t, { claims: { aud: `${AUD}/` } }, ['[aud-slash]'])
  finds(t, { claims: { aud: 'https://as.example.com' } }, ['[aud-kind]'])
  finds(t, { claims: { aud: 'urn:as' } }, [])
  finds(t, { claims: { aud: AUD } }, ['[aud-kind]'], { preset: presets.get('private-key-jwt')! })
  finds(t, { claims: { aud: 'https://as.example.com/' } }, ['[aud-slash]'], { preset: presets.get('private-key-jwt')! })
  finds(t, { claims: { tenant: 'a' } }, ['[claim-unknown]'], { preset: presets.get('epic')! })
  const [, odd] = [smart, compilePreset('own', { ...smart, rules: [{ id: 'deep', claim: 'ext', text: 'has a', schema: { type: 'object', properties: { a: { const: 1 } } }, source: 'me', verified: true }] })]
  t.match((check(makeText({ claims: { ext: { a: 2 } } }), { preset: odd })).find(({ check }) => check === 'deep'), { seen: 'ext is an object with 1 members; SMART Backend Services (eClinicalWorks and others): ext has a', hint: 'correct ext.a' })
  finds(t, { claims: { aud: 'https://a.example/x' } }, [], { preset: { ...odd, rules: [] } })
  finds(t, { claims: { aud: 'https://a.example' } }, ['[aud-slash]'], { preset: { ...smart, example: { params: { issuer: 'https://as.example/' } } } })
  finds(t, { claims: { aud: AUD, x: 'y'.repeat(8000) } }, ['[token-length]'], {})
})

t.test('what the profile knows', async t => {
  const profile = { name: 'ecw', claims: compileTemplate({ iss: 'me', sub: 'me', aud: AUD, tenant: 'a' }), params: {} }
  finds(t, { claims: { tenant: 'a' } }, [], { preset: smart, profile })
  const found = check(makeText({ claims: { aud: `${AUD}/`, tenant: 'b' } }), { preset: smart, profile })
  t.match(found.filter(({ level }) => level === 'fault'), [
    { check: 'profile-aud', seen: `aud is "${AUD}/"; the profile ecw forces "${AUD}"`, hint: /"\/" at the end/ },
    { check: 'profile-tenant', seen: 'tenant is not what the profile ecw forces' }
  ])
  finds(t, {}, [], { preset: smart, profile: { ...profile, claims: compileTemplate({ iss: '${client.name}' }), aud: [AUD] } })
  finds(t, {}, ['profile-aud'], { preset: smart, profile: { ...profile, claims: compileTemplate({}), aud: ['https://a.example'] } })
  const issuer = { ...profile, claims: compileTemplate({}), params: { issuer: 'https://as.example.com' } }
  finds(t, { claims: { aud: 'https://as.example.org' } }, ['aud-issuer-string'], { preset: presets.get('private-key-jwt')!, profile: issuer })
})

t.test('a deflated payload', async t => {
  const cards: Preset = { ...presets.get('smart-health-cards')!, alg: smart.alg }
  const make = (payload: Buffer): string => {
    const input = `${Buffer.from(JSON.stringify({ alg: 'ES384', kid: 'a', zip: 'DEF' })).toString('base64url')}.${payload.toString('base64url')}`
    return `${input}.${sign('sha384', Buffer.from(input), { key, dsaEncoding: 'ieee-p1363' }).toString('base64url')}`
  }
  const claims = { ...cards.example.claims, nbf: NOW }
  t.strictSame(namesOf(make(deflateRawSync(JSON.stringify(claims))), { preset: cards }), [])
  t.strictSame(namesOf(make(Buffer.from('not deflated')), { preset: cards }), ['claims'])
  t.strictSame(namesOf(make(deflateRawSync(Buffer.alloc(2 ** 21))), { preset: cards }), ['claims'], 'a bomb is not inflated')
})

t.test('the vendor\'s own word', async t => {
  const termOf = (changes: Changes, preset: string): unknown =>
    (check(makeText(changes), { preset: { ...presets.get(preset)!, alg: smart.alg } })).find(({ level }) => level === 'fault')?.vendorTerm
  t.equal(termOf({ header: { kid: 'c' } }, 'eclinicalworks'), 'jwks_kid_mismatch')
  t.equal(termOf({ claims: { exp: 1 } }, 'eclinicalworks'), 'invalid_client')
  t.equal(termOf({ header: { kid: 'c' } }, 'epic'), 'invalid_client')
  t.equal(termOf({ header: { kid: 'c' } }, 'jwt'), undefined)
})

t.test('nothing personal is repeated', async t => {
  const secret = 'patient-4711'
  for (const claims of [{ sub: secret }, { sub: secret, iss: 7 }, { [secret.slice(0, 3)]: secret }, { jti: `${secret}${'x'.repeat(200)}` }, { exp: secret }]) {
    const findings = check(makeText({ claims }), { preset: presets.get('epic')! })
    t.notOk(JSON.stringify(findings).includes(secret), JSON.stringify(claims).slice(0, 40))
  }
})
