// Keys that must be refused, computed here: weak RSA moduli and private halves that do not fit. None is real.

import { checkPrimeSync, createPrivateKey, createPublicKey, generatePrimeSync, type JsonWebKey, randomBytes } from 'node:crypto'
import type { RsaNumbers } from '../../src/core/keys/rsa-private.ts'
import { makePrivateKey } from './keys.ts'

const E = 65537n

function base64url (value: bigint): string {
  const hex = value.toString(16)
  return Buffer.from(hex.padStart(hex.length + hex.length % 2, '0'), 'hex').toString('base64url')
}

/** An RSA public key of any modulus and exponent, as SPKI PEM. */
export function rsaPublicPem (n: bigint, e = E): string {
  return createPublicKey({ key: { kty: 'RSA', n: base64url(n), e: base64url(e) }, format: 'jwk' })
    .export({ type: 'spki', format: 'pem' }) as string
}

/** An odd number of exactly so many bits. */
export function oddNumber (bits: number): bigint {
  const random = BigInt('0x' + randomBytes(Math.ceil(bits / 8)).toString('hex'))
  return (random % (1n << BigInt(bits - 1))) | (1n << BigInt(bits - 1)) | 1n
}

function nextPrime (from: bigint, step = 2n): bigint {
  let candidate = from
  while (!checkPrimeSync(candidate)) candidate += step
  return candidate
}

/** A modulus of two primes that follow each other. */
export function closePrimesModulus (bits = 2112): bigint {
  const p = generatePrimeSync(bits / 2, { bigint: true })
  return p * nextPrime(p + 2n)
}

const ROCA_M = [2n, 3n, 5n, 7n, 11n, 13n, 17n, 19n, 23n, 29n, 31n, 37n, 41n, 43n, 47n, 53n, 59n, 61n, 67n, 71n, 73n, 79n, 83n,
  89n, 97n, 101n, 103n, 107n, 109n, 113n, 127n, 131n, 137n, 139n, 149n, 151n, 157n, 163n, 167n].reduce((a, b) => a * b)

/** A prime as the flawed chips made them: k·M + (65537^a mod M), M the product of the first primes (CVE-2017-15361). */
function rocaPrime (a: number): bigint {
  let residue = 1n
  for (let i = 0; i < a; i++) residue = residue * E % ROCA_M
  const k = oddNumber(1056 - ROCA_M.toString(2).length)
  return nextPrime(k * ROCA_M + residue, ROCA_M)
}

/** A modulus with the ROCA pattern, of real ROCA primes. */
export function rocaModulus (): bigint {
  return rocaPrime(5) * rocaPrime(7)
}

/** An RSA private PEM of which some members are those of another key, or what `replace` says. */
export function damagedRsaPem (members: readonly string[], value?: bigint): string {
  const sound = makePrivateKey('RSA').export({ format: 'jwk' })
  const other = makePrivateKey('RSA').export({ format: 'jwk' })
  const replaced = members.map(name => [name, value === undefined ? other[name as keyof JsonWebKey] : base64url(value)])
  return createPrivateKey({ key: { ...sound, ...Object.fromEntries(replaced) }, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }) as string
}

/** The numbers of an RSA private key of these factors, as if a generator had made them. */
function rsaNumbers (p: bigint, q: bigint, e = E, d = inverse(e, (p - 1n) * (q - 1n))): RsaNumbers {
  return { n: p * q, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi: inverse(q, p) }
}

/** Extended Euclid. */
function inverse (a: bigint, modulus: bigint): bigint {
  let [r, next, x, nextX] = [modulus, a % modulus, 0n, 1n]
  while (next > 0n) [r, next, x, nextX] = [next, r % next, nextX, x - r / next * nextX]
  return (x + modulus) % modulus
}

/** A key whose private exponent is E, so that the public one is as long as the modulus. */
export function smallExponent (p: bigint, q: bigint): RsaNumbers {
  return rsaNumbers(p, q, inverse(E, (p - 1n) * (q - 1n)), E)
}

/** An RSA private key of any two factors, as PKCS#8 PEM; `others` replace members. */
export function rsaPrivatePem (p: bigint, q: bigint, others: Record<string, bigint> = {}): string {
  const numbers = Object.entries({ ...rsaNumbers(p, q), ...others }).map(([name, value]) => [name, base64url(value)])
  return createPrivateKey({ key: { kty: 'RSA', ...Object.fromEntries(numbers) }, format: 'jwk' }).export({ type: 'pkcs8', format: 'pem' }) as string
}

/** The first prime after a number. */
export function primeAfter (from: bigint): bigint {
  return nextPrime(from | 1n)
}

/** A prime of some 1,050 bits of which p − 1 has no factor above 2^16. */
export function smoothPrime (): bigint {
  let product = 2n
  while (product.toString(2).length < 1035) product *= BigInt(generatePrimeSync(16, { bigint: true }))
  for (let factor = 1n; ; factor++) if (checkPrimeSync(product * factor + 1n)) return product * factor + 1n
}

/** An EC private PEM whose scalar is another key's, or the given one. */
export function damagedEcPem (scalarInstead?: Buffer): string {
  const scalar = (jwk: JsonWebKey): Buffer => Buffer.from(jwk.d!, 'base64url')
  const sound = makePrivateKey('P-256')
  const der = sound.export({ type: 'pkcs8', format: 'der' })
  const other = scalarInstead ?? scalar(makePrivateKey('P-256').export({ format: 'jwk' }))
  other.copy(der, der.indexOf(scalar(sound.export({ format: 'jwk' }))))
  return `-----BEGIN PRIVATE KEY-----\n${der.toString('base64').replace(/.{64}/g, '$&\n')}\n-----END PRIVATE KEY-----\n`
}
