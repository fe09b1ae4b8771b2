// Every form of key file that the contract names, made by the openssl command as users make them.

import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { calculateJwkThumbprint, exportJWK } from 'jose'
import t from 'tap'
import { toKey } from '../../../src/core/keys/key.ts'
import { isSameKey } from '../../../src/core/keys/identity.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { faultsOf } from '../../support/faults.ts'
import { makePrivateKey, privatePem, publicPem, type TestKind } from '../../support/keys.ts'
import { makeGuideKey, openssl } from '../../support/openssl.ts'

const PASS = 'correct horse'
const rsa = makePrivateKey('RSA')
const pem = privatePem(rsa)

t.test('the public half as text is what OpenSSL writes', t => {
  for (const kind of ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const) {
    const key = makePrivateKey(kind)
    t.equal(parseKey('k.pem', privatePem(key)).publicPem, publicPem(key), kind)
  }
  t.end()
})

t.test('eCW guide: its two commands give the kid, n and e that the guide shows', async t => {
  const dir = t.testdir()
  const guide = makeGuideKey(dir)
  const key = toKey(parseKey('rsa384-private.pem', guide.privatePem), 'pem-sha256')
  const kid = createHash('sha256').update(guide.publicPem).digest('hex').slice(0, 16)
  const modulus = openssl(dir, 'rsa', '-in', 'rsa384-private.pem', '-noout', '-modulus').trim().replace('Modulus=', '')
  const exponent = /publicExponent: (\d+)/.exec(openssl(dir, 'rsa', '-in', 'rsa384-private.pem', '-noout', '-text'))![1]!
  t.strictSame(key.jwk, {
    kty: 'RSA',
    alg: 'RS384',
    n: Buffer.from(modulus, 'hex').toString('base64url'),
    e: Buffer.from(Number(exponent).toString(16).padStart(6, '0'), 'hex').toString('base64url'),
    key_ops: ['verify'],
    ext: true,
    use: 'sig',
    kid
  })
  t.notMatch(key.jwk.n, /^AA/, 'no leading zero byte')
  const fromPublic = toKey(parseKey('rsa384-public.pem', guide.publicPem), 'pem-sha256')
  t.strictSame(fromPublic.jwk, key.jwk, 'the public file gives the same JWK')
  t.equal(fromPublic.privateKey, undefined)
  t.equal(createHash('sha256').update(readFileSync(path.join(dir, 'rsa384-public.pem'))).digest('hex').slice(0, 16), key.kid)
})

t.test('forms of private keys', async t => {
  const dir = t.testdir({ 'rsa.pem': pem })
  const forms: Record<string, { args: string[], alg: string, label: string }> = {
    'PKCS#8 RSA': { args: ['pkcs8', '-topk8', '-nocrypt', '-in', 'rsa.pem'], alg: 'RS384', label: 'PRIVATE KEY' },
    'PKCS#1 RSA': { args: ['rsa', '-in', 'rsa.pem', '-traditional'], alg: 'RS384', label: 'RSA PRIVATE KEY' },
    'genrsa -traditional': { args: ['genrsa', '-traditional', '2048'], alg: 'RS384', label: 'RSA PRIVATE KEY' },
    'SEC1 P-256 with EC PARAMETERS': { args: ['ecparam', '-name', 'prime256v1', '-genkey'], alg: 'ES256', label: 'EC PARAMETERS' },
    'SEC1 P-384': { args: ['ecparam', '-name', 'secp384r1', '-genkey', '-noout'], alg: 'ES384', label: 'EC PRIVATE KEY' },
    'PKCS#8 P-521': { args: ['genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-521'], alg: 'ES512', label: 'PRIVATE KEY' },
    'PKCS#8 Ed25519': { args: ['genpkey', '-algorithm', 'ed25519'], alg: 'EdDSA', label: 'PRIVATE KEY' }
  }
  for (const [name, { args, alg, label }] of Object.entries(forms)) {
    const text = openssl(dir, ...args)
    t.ok(text.startsWith(`-----BEGIN ${label}-----`), `${name}: openssl writes ${label}`)
    const key = toKey(parseKey('k.pem', text), 'pem-sha256')
    t.equal(key.alg, alg, name)
    t.equal(key.privateKey?.type, 'private', name)
  }
})

t.test('forms of public keys: SPKI and PKCS#1 are the same key', async t => {
  const dir = t.testdir({ 'rsa.pem': pem })
  const spki = parseKey('a.pem', openssl(dir, 'rsa', '-in', 'rsa.pem', '-pubout'))
  const pkcs1 = parseKey('b.pem', openssl(dir, 'rsa', '-in', 'rsa.pem', '-RSAPublicKey_out'))
  t.ok(isSameKey(spki, pkcs1))
  t.equal(toKey(pkcs1, 'pem-sha256').kid, toKey(parseKey('c.pem', pem), 'pem-sha256').kid)
})

t.test('encrypted PKCS#8: right, wrong and missing passphrase', async t => {
  const dir = t.testdir({ 'rsa.pem': pem })
  const text = openssl(dir, 'pkcs8', '-topk8', '-in', 'rsa.pem', '-passout', `pass:${PASS}`)
  t.ok(isSameKey(parseKey('k.pem', text, PASS), parseKey('k.pem', pem)))
  const [wrong] = await faultsOf(() => parseKey('k.pem', text, 'battery staple'))
  t.match(wrong, { where: 'k.pem', problem: /cannot be decrypted/, hint: /JWKSD_KEY_PASSPHRASE/ })
  const [missing] = await faultsOf(() => parseKey('k.pem', text))
  t.match(missing, { where: 'k.pem', problem: /encrypted and no passphrase/, hint: /JWKSD_KEY_PASSPHRASE/ })
  t.notMatch(JSON.stringify([wrong, missing]), /battery staple/, 'no passphrase in a fault')
})

t.test('line ends, byte order mark and text around the block change nothing', async t => {
  const plain = parseKey('k.pem', pem)
  const variants = {
    CRLF: pem.replaceAll('\n', '\r\n'),
    CR: pem.replaceAll('\n', '\r'),
    BOM: '\uFEFF' + pem,
    'text above': 'Bag Attributes\n    friendlyName: my key\n\n' + pem,
    'text below': pem + '\nkeep this file safe\n',
    'no last line end': pem.trimEnd(),
    'blanks after BEGIN': pem.replace('KEY-----\n', 'KEY----- \t\n'),
    all: ('\uFEFF# kid: k1\nnote to self\n\n' + pem + 'bye').replaceAll('\n', '\r\n')
  }
  for (const [name, text] of Object.entries(variants)) t.ok(isSameKey(parseKey('k.pem', text), plain), name)
  t.equal(parseKey('k.pem', variants.all).notes.kid, 'k1')
})

t.test('RFC 7638: the thumbprint is the one that jose computes', async t => {
  for (const kind of ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] satisfies TestKind[]) {
    const key = toKey(parseKey('k.pem', privatePem(kind)), 'thumbprint')
    t.equal(key.kid, await calculateJwkThumbprint(await exportJWK(key.publicKey)), kind)
    t.equal(key.jwk.kid, key.kid)
  }
})

t.test('alg: note, then set, then kind', async t => {
  const algOf = (text: string, setAlg?: 'RS512' | 'ES256') => toKey(parseKey('k.pem', text), 'pem-sha256', setAlg).alg
  t.equal(algOf(pem), 'RS384')
  t.equal(algOf(pem, 'RS512'), 'RS512')
  t.equal(algOf(pem, 'ES256'), 'RS384', 'a set\'s alg that does not fit the key is not for it')
  t.equal(algOf('# alg: PS256\n' + pem, 'RS512'), 'PS256')
  const [fault] = await faultsOf(() => algOf('# alg: ES256\n' + pem))
  t.match(fault, { where: 'k.pem', problem: /ES256, which does not fit a key of kind RSA/, hint: /RS384/ })
})

t.test('a pinned kid and an activation are the note\'s', async t => {
  const key = toKey(parseKey('k.pem', `# kid: vendor/1\n# activates: 2026-12-01T00:00:00Z\n${publicPem(rsa)}`), 'pem-sha256')
  t.match(key, { kid: 'vendor/1', activates: Date.UTC(2026, 11, 1) / 1000, jwk: { kid: 'vendor/1' } })
})
