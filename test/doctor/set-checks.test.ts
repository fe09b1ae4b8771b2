// Bodies with one fault each: found by its name, and nothing else. Values of private members are never repeated.

import { createPublicKey } from 'node:crypto'
import t from 'tap'
import { checkSet } from '../../src/doctor/check-url.ts'
import type { Level } from '../../src/doctor/finding.ts'
import { makeCertificate, makeJwk } from '../support/jwks-server.ts'

const rsa = makeJwk('RSA', 'a')
const ec = makeJwk('P-256', 'b')
const good = { keys: [rsa, ec] }
const n = Buffer.from(String(rsa.n), 'base64url')
const encode = (...parts: Buffer[]): string => Buffer.concat(parts).toString('base64url')
const other = (await makeCertificate({})).cert.replaceAll(/-----.*-----|\s/g, '')
const set = (...keys: object[]): object => ({ keys })
const many = (count: number): object[] => Array.from({ length: count }, (_, i) => ({ ...ec, kid: `k${i}` }))
const without = (jwk: object, ...names: string[]): object =>
  Object.fromEntries(Object.entries(jwk).filter(([name]) => !names.includes(name)))

/** Findings that are not ok, as `check level`. */
function find (body: Buffer | string | object): string[] {
  const bytes = Buffer.isBuffer(body) ? body : Buffer.from(typeof body === 'string' ? body : JSON.stringify(body))
  return checkSet(bytes).filter(({ level }) => level !== 'ok').map(({ check, level }) => `${check} ${level}`)
}

interface Case {
  name: string
  /** Name of the check, and the level that it gives. */
  finds: [check: string, level: Level]
  body: Buffer | string | object
}

const CASES: Case[] = [
  { name: 'no JSON', finds: ['json', 'fault'], body: '{"keys": [,]}' },
  { name: 'an empty body', finds: ['json', 'fault'], body: '' },
  { name: 'a byte order mark', finds: ['json', 'fault'], body: '\ufeff' + JSON.stringify(good) },
  { name: 'no UTF-8', finds: ['json', 'fault'], body: Buffer.from('{"keys": [], "note": "\xe4"}', 'latin1') },
  { name: 'JSON nested without end', finds: ['json', 'fault'], body: '['.repeat(20_000) + ']'.repeat(20_000) },
  { name: 'a member twice', finds: ['duplicate-members', 'fault'], body: JSON.stringify(good).replace('"kid"', '"use":"sig","kid"') },
  { name: 'a single JWK', finds: ['jwk-set', 'fault'], body: rsa },
  { name: 'JSON that is no set', finds: ['jwk-set', 'fault'], body: 'null' },
  { name: 'something else among the keys', finds: ['jwk-set', 'fault'], body: { keys: [rsa, 'ec'] } },
  { name: 'a key without a type', finds: ['jwk-set', 'fault'], body: set(rsa, without(ec, 'kty')) },
  { name: 'an empty set', finds: ['empty-set', 'fault'], body: set() },
  { name: 'eleven keys', finds: ['key-count', 'warning'], body: set(...many(11)) },
  { name: 'two keys without kid', finds: ['kid', 'fault'], body: set(without(rsa, 'kid'), without(ec, 'kid')) },
  { name: 'one key without kid', finds: ['kid', 'warning'], body: set(without(rsa, 'kid')) },
  { name: 'a kid twice', finds: ['duplicate-kid', 'fault'], body: set(rsa, { ...ec, kid: 'a' }) },
  { name: 'a post-quantum key', finds: ['key-types', 'fault'], body: set(rsa, { ...without(ec, 'crv', 'x', 'y'), kty: 'AKP', alg: 'ML-DSA-44', pub: 'AAAA' }) },
  { name: 'an Ed25519 key beside RSA', finds: ['key-types', 'warning'], body: set(rsa, makeJwk('Ed25519', 'c')) },
  { name: 'a private key', finds: ['private-members', 'fault'], body: set({ ...rsa, d: 'SECRETSECRET' }) },
  { name: 'a symmetric key', finds: ['private-members', 'fault'], body: set(rsa, { ...without(ec, 'crv', 'x', 'y'), kty: 'oct', k: 'SECRET', alg: 'HS256' }) },
  { name: 'a modulus in standard base64', finds: ['key-members', 'fault'], body: set({ ...rsa, n: n.toString('base64') + '==' }) },
  { name: 'no exponent', finds: ['key-members', 'fault'], body: set(without(rsa, 'e')) },
  { name: 'a point of no curve', finds: ['key-members', 'fault'], body: set({ ...ec, y: ec.x }) },
  { name: 'a short coordinate', finds: ['key-members', 'fault'], body: set({ ...ec, y: 'AAAA' }) },
  { name: 'a modulus with a leading zero', finds: ['key-members', 'warning'], body: set({ ...rsa, n: encode(Buffer.alloc(1), n) }) },
  { name: 'an RSA key of 1024 bits', finds: ['key-strength', 'fault'], body: set({ ...rsa, n: encode(n.subarray(0, 128)) }) },
  { name: 'the exponent 3', finds: ['key-strength', 'fault'], body: set({ ...rsa, e: 'Aw' }) },
  { name: 'a modulus with a small factor', finds: ['key-strength', 'fault'], body: set({ ...rsa, n: encode(Buffer.alloc(256, 255)) }) },
  { name: 'a curve that few know', finds: ['key-strength', 'warning'], body: set(rsa, { ...ec, crv: 'secp256k1' }) },
  { name: 'an alg of another key type', finds: ['alg', 'fault'], body: set({ ...rsa, alg: 'ES256' }) },
  { name: 'alg none', finds: ['alg', 'fault'], body: set({ ...rsa, alg: 'none' }) },
  { name: 'no alg', finds: ['alg', 'warning'], body: set(without(rsa, 'alg')) },
  { name: 'key_ops of a private key', finds: ['use', 'fault'], body: set({ ...rsa, key_ops: ['sign'] }) },
  { name: 'key_ops that is a text', finds: ['use', 'fault'], body: set({ ...rsa, key_ops: 'verify' }) },
  { name: 'an unknown use', finds: ['use', 'fault'], body: set({ ...rsa, use: 'signature' }) },
  { name: 'neither use nor key_ops', finds: ['use', 'warning'], body: set(without(rsa, 'use', 'key_ops')) },
  { name: 'the certificate of another key', finds: ['x5c', 'fault'], body: set({ ...rsa, x5c: [other] }) },
  { name: 'an x5c that is no certificate', finds: ['x5c', 'fault'], body: set({ ...rsa, x5c: ['AAAA'] }) }
]

for (const { name, finds, body } of CASES) {
  t.test(`${name}: ${finds[0]}`, async t => {
    t.strictSame(find(body), [finds.join(' ')])
  })
}

t.test('healthy sets of every kind', async t => {
  t.strictSame(find(good), [])
  for (const kind of ['RSA', 'P-256', 'P-384', 'P-521'] as const) t.strictSame(find(set(makeJwk(kind))), [], kind)
  t.strictSame(find(set(rsa, { ...without(ec, 'key_ops'), use: 'enc', alg: 'ECDH-ES' })), [], 'an encryption key beside it')
  t.strictSame(find(set({ ...ec, use: 'enc', key_ops: ['deriveKey'], alg: undefined })), [], 'or with its own operations')
  const { cert, key } = await makeCertificate({})
  const own = { ...without(ec, 'crv', 'x', 'y'), ...createPublicKey(key).export({ format: 'jwk' }), x5c: [cert.replaceAll(/-----.*-----|\s/g, '')] }
  t.strictSame(find(set(ec, { ...own, kid: 'c' })), [], 'the certificate of the key')
})

t.test('keys are named by their kid or their place', async t => {
  const findings = checkSet(Buffer.from(JSON.stringify(set(rsa, { ...without(ec, 'kid'), alg: 'none' }))))
  t.match(findings.find(({ check }) => check === 'alg'), { seen: /^key 2: alg "none"/ })
  t.strictSame(find(set({ ...makeJwk('Ed25519'), x: 'AAAA' })), ['key-types warning', 'key-members fault'])
})

t.test('many duplicates are counted, not all written', async t => {
  t.strictSame(find(set(...many(7), ...many(7))), ['key-count warning', 'duplicate-kid fault'])
  const findings = checkSet(Buffer.from(JSON.stringify(set(...many(7), ...many(7)))))
  t.match(findings.find(({ check }) => check === 'duplicate-kid'), { seen: 'k0, k1, k2, k3, k4 and 2 more' })
})

t.test('nothing of a private key is repeated, and no kid writes more than a line', async t => {
  const text = JSON.stringify(checkSet(Buffer.from(JSON.stringify(set({ ...rsa, d: 'SECRET-VALUE', p: 'SECRET-VALUE', kid: `\u001b[2Ja\nb${'x'.repeat(500)}` })))))
  t.match(text, /PRIVATE KEY PUBLISHED: .*d, p/)
  t.notMatch(text, /SECRET-VALUE|\\u001b|\\n|x{301}/)
})

t.test('a set of huge keys is judged within bounds', async t => {
  const huge = encode(Buffer.alloc(1024, 255))
  t.strictSame(find(set(...Array.from({ length: 10 }, (_, i) => ({ ...rsa, kid: `k${i}`, n: huge })))), ['key-strength fault'])
})
