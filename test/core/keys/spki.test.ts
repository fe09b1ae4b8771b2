// One key under many encodings is one key; encodings that only resemble one are refused.

import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import t from 'tap'
import { NIST_CURVES } from '../../../src/core/keys/curves.ts'
import { toOctets } from '../../../src/core/keys/der.ts'
import { toKey } from '../../../src/core/keys/key.ts'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { faultsOf } from '../../support/faults.ts'
import { makePrivateKey, publicPem } from '../../support/keys.ts'
import { openssl } from '../../support/openssl.ts'
import { runNode } from '../../support/program.ts'
import { fileURLToPath } from 'node:url'

const FUZZ = fileURLToPath(new URL('../../support/fuzz-keys.ts', import.meta.url))
const COUNT = process.env.JWKSD_LONG ? 10_000 : 500

const pemOf = (label: string, der: Buffer): string => `-----BEGIN ${label}-----\n${der.toString('base64')}\n-----END ${label}-----\n`
const spkiOf = (key: KeyObject): Buffer => createPublicKey(key).export({ type: 'spki', format: 'der' })
const hex = (text: string): Buffer => Buffer.from(text, 'hex')
/** A public key with some octets replaced by others of the same length. */
function replaced (key: KeyObject, from: Buffer, to: Buffer): string {
  const der = spkiOf(key)
  const at = der.indexOf(from)
  if (at < 0) throw new Error('there is nothing to replace')
  to.copy(der, at)
  return pemOf('PUBLIC KEY', der)
}

t.test('explicit parameters, compressed and hybrid points: the kid, the PEM and the JWK of the named curve', async t => {
  for (const [curve, name] of [['prime256v1', 'P-256'], ['secp384r1', 'P-384'], ['secp521r1', 'P-521']] as const) {
    const dir = t.testdir()
    openssl(dir, 'ecparam', '-name', curve, '-genkey', '-noout', '-out', 'named.pem')
    const named = parseKey('named.pem', openssl(dir, 'pkcs8', '-topk8', '-nocrypt', '-in', 'named.pem'))
    const forms: Record<string, string> = {}
    for (const form of ['compressed', 'uncompressed', 'hybrid']) {
      for (const encoding of ['named_curve', 'explicit']) {
        const args = ['ec', '-in', 'named.pem', '-conv_form', form, '-param_enc', encoding]
        forms[`private ${form} ${encoding}`] = openssl(dir, ...args)
        forms[`public ${form} ${encoding}`] = openssl(dir, ...args, '-pubout')
      }
    }
    for (const [form, text] of Object.entries(forms)) {
      const key = parseKey('k.pem', text)
      t.equal(key.kind, name)
      t.strictSame([key.publicPem, key.kids, key.members], [named.publicPem, named.kids, named.members], `${name} ${form}`)
      if (form.startsWith('private')) t.match(key.privateKey?.asymmetricKeyDetails, { namedCurve: curve })
    }
    t.equal(named.publicPem, openssl(dir, 'pkey', '-in', 'named.pem', '-pubout'), 'as openssl pkey -pubout writes it')
  }
})

t.test('explicit parameters that are not those of the curve are refused: another base point, b or order', async t => {
  const [curve] = NIST_CURVES as [typeof NIST_CURVES[0]]
  const { privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256', paramEncoding: 'explicit' })
  const parameters = { 'the base point': curve.x, b: curve.b, 'the order': curve.n, a: curve.p - 3n }
  for (const [name, number] of Object.entries(parameters)) {
    const text = replaced(privateKey, toOctets(number, 32), toOctets(number - 1n, 32))
    t.match(await faultsOf(() => parseKey('k.pem', text)), [{ where: 'k.pem', problem: /explicit curve parameters are those of no supported curve/ }], name)
  }
  const binary = generateKeyPairSync('ec', { namedCurve: 'sect283k1', paramEncoding: 'explicit' }).privateKey
  t.match(await faultsOf(() => parseKey('k.pem', publicPem(binary))), [{ problem: /no supported curve/ }], 'a binary field')
  t.equal(parseKey('k.pem', publicPem(privateKey)).kind, 'P-256', 'negative control')
})

t.test('points that are none: infinity, off the curve, of the wrong length or form, too large', async t => {
  const key = makePrivateKey('P-256')
  const [curve] = NIST_CURVES as [typeof NIST_CURVES[0]]
  const point = spkiOf(key).subarray(-65)
  const [x, y] = [point.subarray(1, 33), point.subarray(33)]
  const odd = Buffer.from(y)
  odd[31] = odd[31]! ^ 1
  const head = (length: number): Buffer => Buffer.from(`30${(21 + length + 3).toString(16)}301306072a8648ce3d020106082a8648ce3d03010703${(length + 1).toString(16).padStart(2, '0')}00`, 'hex')
  const bad: Record<string, Buffer> = {
    infinity: Buffer.from([0]),
    'infinity at full length': Buffer.alloc(65),
    'off the curve': Buffer.concat([Buffer.from([4]), x, odd]),
    'a form of 5': Buffer.concat([Buffer.from([5]), x, y]),
    'hybrid with the wrong parity': Buffer.concat([Buffer.from([6 + (~y[31]! & 1)]), x, y]),
    'cut short': Buffer.concat([Buffer.from([4]), x]),
    'compressed and too long': Buffer.concat([Buffer.from([2]), x, Buffer.from([0])]),
    'a coordinate above p': Buffer.concat([Buffer.from([2]), toOctets(curve.p + 1n, 32)]),
    'compressed, of no point': Buffer.concat([Buffer.from([2]), toOctets(5n, 32).fill(0xee, 0, 8)])
  }
  let off = 0n
  while (off < 40n && (await faultsOf(() => parseKey('k.pem', pemOf('PUBLIC KEY', Buffer.concat([head(33), Buffer.from([2]), toOctets(off, 32)]))))).length === 0) off++
  bad['compressed, of no point'] = Buffer.concat([Buffer.from([2]), toOctets(off, 32)])
  for (const [name, octets] of Object.entries(bad)) {
    const faults = await faultsOf(() => parseKey('k.pem', pemOf('PUBLIC KEY', Buffer.concat([head(octets.length), octets]))))
    t.match(faults, [{ where: 'k.pem', problem: /its public key is no point of the curve P-256/, hint: /./ }], name)
  }
  for (const form of [4, 6 + (y[31]! & 1)]) {
    const good = Buffer.concat([head(65), Buffer.from([form]), x, y])
    t.equal(parseKey('k.pem', pemOf('PUBLIC KEY', good)).members.x, x.toString('base64url'), 'negative control')
  }
})

t.test('an Ed25519 key of another length', async t => {
  const der = spkiOf(makePrivateKey('Ed25519'))
  const short = Buffer.concat([hex('3029300506032b6570032000'), der.subarray(-31)])
  t.match(await faultsOf(() => parseKey('k.pem', pemOf('PUBLIC KEY', short))), [{ problem: /does not decode/ }])
})

t.test('RSASSA-PSS keys are taken for PS*, within the limits that they have', async t => {
  const make = (...options: string[]): string => openssl(t.testdir(), 'genpkey', '-algorithm', 'RSA-PSS', ...['rsa_keygen_bits:2048', ...options].flatMap(option => ['-pkeyopt', option]))
  const free = parseKey('k.pem', make())
  t.strictSame(free.algs, ['PS256', 'PS384', 'PS512'])
  t.equal(free.privateKey!.asymmetricKeyType, 'rsa')
  t.equal(toKey(free, 'thumbprint').alg, 'PS256', 'not the RS384 of other RSA keys')
  t.equal(toKey(free, 'thumbprint', 'RS256').alg, 'PS256')
  t.equal(toKey(free, 'thumbprint', 'PS512').alg, 'PS512')
  const limited = parseKey('k.pem', make('rsa_pss_keygen_md:sha384', 'rsa_pss_keygen_mgf1_md:sha384', 'rsa_pss_keygen_saltlen:48'))
  t.equal(toKey(limited, 'thumbprint', 'PS256').alg, 'PS384')
  t.match(await faultsOf(() => toKey({ ...limited, notes: { alg: 'PS256' } }, 'thumbprint')), [{ problem: /PS256, which does not fit/, hint: 'use one of PS384' }])
  t.strictSame(parseKey('k.pem', publicPem(createPrivateKey(make()))).algs, ['PS256', 'PS384', 'PS512'], 'a public one')
  const mixed = make('rsa_pss_keygen_md:sha256', 'rsa_pss_keygen_mgf1_md:sha512', 'rsa_pss_keygen_saltlen:32')
  t.match(await faultsOf(() => parseKey('k.pem', mixed)), [{ problem: /no JWS algorithm uses together/ }])
})

t.test(`${COUNT} damaged files of every kind: the process lives, and each is a key or a named fault`, { timeout: 600_000 }, async t => {
  const { code, stdout, stderr } = await runNode(FUZZ, [String(COUNT), String(Date.now() % 1e6)], { cwd: t.testdir() })
  t.equal(code, 0, stderr.slice(-2000))
  const { keys, faults } = JSON.parse(stdout) as { keys: number, faults: number }
  t.equal(keys + faults, COUNT)
  t.ok(faults > COUNT / 2, `${faults} faults, ${keys} keys`)
})
