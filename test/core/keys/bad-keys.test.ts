// Keys that are weak, broken or of a kind that jwksd does not sign with: each refused by name, reason and hint.

import fc from 'fast-check'
import { generatePrimeSync } from 'node:crypto'
import t, { type Test } from 'tap'
import { parseKey } from '../../../src/core/keys/parse-key.ts'
import { rsaPrivateWeakness } from '../../../src/core/keys/rsa-private.ts'
import { rsaModulusWeakness, rsaSizeWeakness } from '../../../src/core/keys/rsa-strength.ts'
import {
  closePrimesModulus, damagedEcPem, damagedRsaPem, oddNumber, primeAfter, rocaModulus, rsaPrivatePem, rsaPublicPem,
  smallExponent, smoothPrime
} from '../../support/bad-keys.ts'
import { faultsOf } from '../../support/faults.ts'
import { privatePem, publicPem, makePrivateKey } from '../../support/keys.ts'
import { makeCertificate, openssl } from '../../support/openssl.ts'
import { readFileSync } from 'node:fs'

const FILE = 'keys/ecw/bad.pem'
const ec = privatePem('P-256')

/** The one fault for a text, checked to be fit for the person who must hint it. */
async function refusal (t: Test, name: string, text: string, problem: RegExp): Promise<void> {
  const faults = await faultsOf(() => parseKey(FILE, text, 'a passphrase'))
  t.equal(faults.length, 1, `${name}: one fault`)
  t.match(faults[0], { where: FILE, problem, hint: /./ }, `${name}: ${faults[0]?.problem}`)
  const secret = text.split('\n').filter(line => /^[A-Za-z0-9+/=]{20,}$/.test(line))
  t.notOk(secret.some(line => JSON.stringify(faults).includes(line)), `${name}: nothing of the block is reported`)
}

t.test('weak RSA keys, as openssl makes them', async t => {
  const dir = t.testdir()
  const make = (...options: string[]) => openssl(dir, 'genpkey', '-algorithm', 'RSA', ...options.flatMap(option => ['-pkeyopt', option]))
  await refusal(t, '1024 bits', make('rsa_keygen_bits:1024'), /has 1024 bits; at least 2048/)
  await refusal(t, 'e = 3', make('rsa_keygen_bits:2048', 'rsa_keygen_pubexp:3'), /exponent is 3/)
})

t.test('weak RSA moduli', async t => {
  const prime = generatePrimeSync(2100, { bigint: true })
  await refusal(t, 'close primes', rsaPublicPem(closePrimesModulus()), /too close together/)
  await refusal(t, 'a square', rsaPublicPem(generatePrimeSync(1056, { bigint: true }) ** 2n), /too close together/)
  await refusal(t, 'ROCA', rsaPublicPem(rocaModulus()), /ROCA pattern \(CVE-2017-15361\)/)
  await refusal(t, 'a small factor', rsaPublicPem(prime * 751n), /divisible by 751/)
  await refusal(t, 'a factor just below 2^20', rsaPublicPem(prime * 1_048_573n), /divisible by 1048573/)
  await refusal(t, 'a prime', rsaPublicPem(prime), /modulus is a prime/)
  await refusal(t, 'more than 8192 bits', rsaPublicPem(oddNumber(8200)), /has 8200 bits; at most 8192/)
  await refusal(t, 'an even exponent', rsaPublicPem(prime, 65538n), /exponent is 65538/)
  await refusal(t, 'an exponent of 65 bits', rsaPublicPem(prime, (1n << 64n) + 1n), /exponent is 18446744073709551617/)
})

t.test('negative control: sound moduli pass every one of these checks', async t => {
  for (let i = 0; i < 5; i++) {
    const { n } = makePrivateKey('RSA').export({ format: 'jwk' })
    const modulus = BigInt('0x' + Buffer.from(n!, 'base64url').toString('hex'))
    t.equal(rsaSizeWeakness(modulus, 65537n), undefined)
    t.equal(rsaModulusWeakness(modulus), undefined)
  }
  const [p, q] = [generatePrimeSync(1100, { bigint: true }), generatePrimeSync(1100, { bigint: true })]
  t.match(parseKey(FILE, rsaPrivatePem(p, q)), { kind: 'RSA' }, 'a private key of two primes made here')
})

t.test('weak RSA factors', async t => {
  const prime = (bits: number): bigint => generatePrimeSync(bits, { bigint: true })
  const [p, q] = [prime(1100), prime(1100)]
  await refusal(t, 'primes 2^600 apart', rsaPrivatePem(p, primeAfter(p + 2n ** 600n)), /too close together/)
  await refusal(t, 'the smaller one first', rsaPrivatePem(primeAfter(p + 2n ** 600n), p), /too close together/)
  await refusal(t, 'a composite p', rsaPrivatePem(prime(550) * prime(550), q), /factor p is not a prime/)
  await refusal(t, 'a composite q', rsaPrivatePem(p, prime(540) * prime(560)), /factor q is not a prime/)
  await refusal(t, 'a factor of 64 bits', rsaPrivatePem(prime(64), prime(2100)), /factors have 64 and 2100 bits; both need about 108[12]/)
  await refusal(t, 'a smooth p - 1', rsaPrivatePem(smoothPrime(), prime(1050)), /factor p is weak: p - 1 has only small factors/)
  await refusal(t, 'a smooth q - 1', rsaPrivatePem(prime(1050), smoothPrime()), /factor q is weak/)
  for (const member of ['d', 'dp', 'dq', 'qi']) {
    await refusal(t, `a wrong ${member}`, rsaPrivatePem(p, q, { [member]: 12345n }), new RegExp(`its member ${member} does not fit`))
  }
})

t.test('RSA with a small private exponent, which Wiener\'s method finds', async t => {
  const [p, q] = [generatePrimeSync(1100, { bigint: true }), generatePrimeSync(1100, { bigint: true })]
  t.match(rsaPrivateWeakness(smallExponent(p, q)), /private exponent is small/)
})

t.test('RSA of three primes', async t => {
  const pem = openssl(t.testdir(), 'genpkey', '-algorithm', 'RSA', '-pkeyopt', 'rsa_keygen_bits:2048', '-pkeyopt', 'rsa_keygen_primes:3')
  await refusal(t, 'three primes', pem, /more than two primes/)
})

t.test('kinds that do not sign here', async t => {
  const dir = t.testdir()
  const make = (...args: string[]) => openssl(dir, ...args)
  await refusal(t, 'DSA', make('dsaparam', '-genkey', '-noout', '1024'), /dsa keys are not supported/)
  await refusal(t, 'secp256k1', make('ecparam', '-name', 'secp256k1', '-genkey', '-noout'), /ec secp256k1 keys are not supported/)
  await refusal(t, 'X25519', make('genpkey', '-algorithm', 'x25519'), /x25519 keys are not supported/)
  await refusal(t, 'brainpool', make('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:brainpoolP256r1'),
    /of this kind \(object identifier 1\.3\.36\.3\.3\.2\.8\.1\.1\.7\), keys are not supported/)
  await refusal(t, 'Ed448', make('genpkey', '-algorithm', 'ed448'), /ed448 keys are not supported/)
})

t.test('damaged private halves', async t => {
  await refusal(t, 'an EC scalar of another key', damagedEcPem(), /private key is damaged/)
  await refusal(t, 'an EC scalar of 0', damagedEcPem(Buffer.alloc(32)), /private key is damaged/)
  await refusal(t, 'an EC scalar above the order of the curve', damagedEcPem(Buffer.alloc(32, 0xff)), /private key is damaged/)
  await refusal(t, 'RSA d, dp, dq of another key', damagedRsaPem(['d', 'dp', 'dq']), /private key is damaged/)
  await refusal(t, 'an RSA key that cannot sign at all', damagedRsaPem(['q'], 2n), /private key is damaged/)
})

t.test('files that hold something else, or too much', async t => {
  const dir = t.testdir({ 'rsa.pem': privatePem('RSA') })
  const certificate = readFileSync(makeCertificate(dir, 'tls').cert, 'utf8')
  const key = makePrivateKey('P-256')
  await refusal(t, 'a certificate', certificate, /holds a CERTIFICATE, not a key/)
  await refusal(t, 'a key and a certificate', ec + certificate, /holds a key and a certificate/)
  t.match(await faultsOf(() => parseKey('keys/a b.pem', certificate + ec)),
    [{ hint: "put the certificate in 'keys/a b.crt' (openssl x509 -in 'keys/a b.pem' -out 'keys/a b.crt') and leave only the key here" }])
  await refusal(t, 'two keys and a certificate', ec + certificate + ec, /one key is needed .* PRIVATE KEY, CERTIFICATE, PRIVATE KEY/)
  await refusal(t, 'a label with hyphens', '-----BEGIN X-Y ML-DSA-65 KEY-----\nAAAA\n-----END X-Y ML-DSA-65 KEY-----\n', /it holds a X-Y ML-DSA-65 KEY, not a key/)
  await refusal(t, 'a public block that is not base64', publicPem(key).replace(/\n(\w)/, '\n*'), /does not decode/)
  await refusal(t, 'two keys', ec + privatePem('Ed25519'), /one key is needed .* PRIVATE KEY, PRIVATE KEY/)
  await refusal(t, 'both halves in one file', privatePem(key) + publicPem(key), /one key is needed .* PRIVATE KEY, PUBLIC KEY/)
  await refusal(t, 'only EC parameters', openssl(dir, 'ecparam', '-name', 'prime256v1'), /one key is needed .* EC PARAMETERS/)
  await refusal(t, 'old PEM encryption', openssl(dir, 'rsa', '-in', 'rsa.pem', '-traditional', '-aes128', '-passout', 'pass:a passphrase'),
    /encrypted in the old PEM way/)
  await refusal(t, 'a private block without a key', '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', /does not decode/)
  await refusal(t, 'a public block without a key', '-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n', /does not decode/)
  t.match(await faultsOf(() => parseKey(FILE, key.export({ type: 'pkcs8', format: 'der' }))),
    [{ where: FILE, problem: 'it is DER, the binary form, not a key in PEM', hint: `jwksd import ${FILE}` }])
  t.match(await faultsOf(() => parseKey(FILE, JSON.stringify(key.export({ format: 'jwk' })))), [{ problem: /it is a JWK, not a key in PEM/ }])
  await refusal(t, 'an empty file', '', /no PEM block/)
  await refusal(t, 'a DER file', makePrivateKey('P-256').export({ type: 'pkcs8', format: 'der' }).toString('latin1'), /no PEM block/)
})

t.test('a key file cut at any byte is refused', async t => {
  for (let length = 0; length < ec.length - 1; length++) {
    const faults = await faultsOf(() => parseKey(FILE, ec.slice(0, length)))
    if (faults.length !== 1) t.fail(`cut after ${length} bytes of ${ec.length}`)
  }
  t.strictSame(await faultsOf(() => parseKey(FILE, ec.trimEnd())), [], 'negative control: the whole block is accepted')
})

t.test('a passphrase that would be hashed for hours is never tried', async t => {
  const text = openssl(t.testdir({ 'k.pem': ec }), 'pkcs8', '-topk8', '-in', 'k.pem', '-passout', 'pass:a passphrase', '-iter', '99999')
  const der = Buffer.from(text.split('\n').slice(1, -2).join(''), 'base64')
  const at = der.indexOf(Buffer.from('0203' + (99999).toString(16).padStart(6, '0'), 'hex'))
  t.match(parseKey(FILE, text, 'a passphrase'), { kind: 'P-256' }, 'negative control')
  der.writeUIntBE(0x7fffff, at + 2, 3)
  await refusal(t, 'eight million iterations', `-----BEGIN ENCRYPTED PRIVATE KEY-----\n${der.toString('base64')}\n-----END ENCRYPTED PRIVATE KEY-----\n`,
    /more than 5000000 iterations/)
})

t.test('no text whatever gives anything but a key or a FaultsError', async t => {
  const block = fc.tuple(fc.constantFrom('PRIVATE KEY', 'EC PRIVATE KEY', 'PUBLIC KEY', 'RSA PUBLIC KEY', 'CERTIFICATE', 'ENCRYPTED PRIVATE KEY', 'X'),
    fc.oneof(fc.base64String(), fc.string())).map(([label, body]) => `-----BEGIN ${label}-----\n${body}\n-----END ${label}-----\n`)
  const text = fc.array(fc.oneof(block, fc.string(), fc.constantFrom('# kid: x\n', '# alg: RS256\n', '\uFEFF', '\r\n', ec)), { maxLength: 4 })
  await t.resolves(fc.assert(fc.asyncProperty(text, async parts => { await faultsOf(() => parseKey(FILE, parts.join(''))) }), { numRuns: 500 }))
})

t.test('a file cut at any byte is refused; without its last line end it is the same key', async t => {
  let cuts = 0
  for (const kind of ['RSA', 'P-256', 'P-384', 'P-521', 'Ed25519'] as const) {
    for (const pem of [privatePem(kind), publicPem(makePrivateKey(kind))]) {
      const text = `# kid: pinned\n${pem}`
      const taken: number[] = []
      for (let length = 0; length < text.length; length++) {
        if ((await faultsOf(() => parseKey(FILE, text.slice(0, length)))).length === 0) taken.push(length)
      }
      t.strictSame(taken, [text.length - 1], `${kind}: ${text.length} cuts`)
      cuts += text.length
    }
  }
  t.comment(`${cuts} cuts`)
})
