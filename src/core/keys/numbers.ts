// Arithmetic on large integers for the checks of keys. Never on a path that signs: nothing here takes constant time.

import { constants, createPublicKey, publicEncrypt } from 'node:crypto'

/** Beyond it OpenSSL takes only short exponents (OPENSSL_RSA_SMALL_MODULUS_BITS). */
const NATIVE_BITS = 3072

/**
 * base^exponent mod modulus.
 * @param modulus odd, above `base` and `exponent`
 */
export function modPow (base: bigint, exponent: bigint, modulus: bigint): bigint {
  const bits = bitLength(modulus)
  if (bits >= 512 && bits <= NATIVE_BITS) return modPowNative(base, exponent, modulus)
  let power = 1n
  for (const bit of exponent.toString(2)) {
    power = power * power % modulus
    if (bit === '1') power = power * base % modulus
  }
  return power
}

/** By OpenSSL, ten times as fast: without padding, RSA encryption is this very operation (RFC 8017 section 5.1.1). */
function modPowNative (base: bigint, exponent: bigint, modulus: bigint): bigint {
  const size = Math.ceil(bitLength(modulus) / 8)
  const bytes = (number: bigint): Buffer => Buffer.from(number.toString(16).padStart(size * 2, '0'), 'hex')
  const jwk = { kty: 'RSA', n: bytes(modulus).toString('base64url'), e: bytes(exponent).toString('base64url') }
  const power = publicEncrypt({ key: createPublicKey({ key: jwk, format: 'jwk' }), padding: constants.RSA_NO_PADDING }, bytes(base))
  return BigInt(`0x${power.toString('hex')}`)
}

/** Greatest common divisor of two positive numbers. */
export function gcd (a: bigint, b: bigint): bigint {
  while (b > 0n) [a, b] = [b, a % b]
  return a
}

export function bitLength (number: bigint): number {
  return number.toString(2).length
}

/** The largest integer whose square is at most n (Newton). */
export function squareRoot (n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt((n.toString(16).length * 4 + 1) >> 1)
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}

/**
 * Miller and Rabin's test to the bases 2 and 3: false is certain, true is wrong for a number of 512 bits or more that
 * was not built to pass it with a probability below 2^-100. OpenSSL's own test does not allow so few rounds.
 * @param n odd, above 3
 */
export function isProbablePrime (n: bigint): boolean {
  const twos = (n - 1n).toString(2).match(/0*$/)![0].length
  return [2n, 3n].every(base => {
    let power = modPow(base, (n - 1n) >> BigInt(twos), n)
    if (power === 1n) return true
    for (let i = 1; i < twos && power !== n - 1n; i++) power = power * power % n
    return power === n - 1n
  })
}

const SMALL = 2 ** 20
/** Primes in one product: few products are fast to reduce, small ones fast to make. */
const CHUNK = 1024
interface SmallPrimes { readonly primes: Int32Array, readonly chunks: readonly bigint[] }
let small: SmallPrimes | undefined

/** The primes below 2^20, and their products in chunks; made when the first RSA key is read. */
function smallPrimes (): SmallPrimes {
  small ??= makeSmallPrimes()
  return small
}

/** By the sieve of Eratosthenes over the odd numbers: index `i` represents `2i + 1`. */
function makeSmallPrimes (): SmallPrimes {
  const composite = new Uint8Array(SMALL >> 1)
  for (let n = 3; n * n < SMALL; n += 2) {
    if (composite[n >> 1]) continue
    for (let i = n * n >> 1; i < composite.length; i += n) composite[i] = 1
  }
  const primes = new Int32Array(composite.length)
  let count = 0
  primes[count++] = 2
  for (let i = 1; i < composite.length; i++) {
    if (composite[i] === 0) primes[count++] = 2 * i + 1
  }
  const chunks: bigint[] = []
  for (let at = 0; at < count; at += CHUNK) {
    const pairs: bigint[] = [] // the product of two is exact as a number, too
    for (let i = at; i < Math.min(at + CHUNK, count); i += 2) pairs.push(BigInt(primes[i]! * (primes[i + 1] || 1)))
    chunks.push(multiply(pairs))
  }
  return { primes: primes.subarray(0, count), chunks }
}

/** The product of many small numbers, in pairs, so that the factors of each multiplication are of one size. */
function multiply (factors: readonly bigint[]): bigint {
  if (factors.length === 1) return factors[0]!
  return multiply(factors.flatMap((one, i) => i % 2 === 0 ? [one * (factors[i + 1] ?? 1n)] : []))
}

/** The product of all small primes, modulo `n`. */
function smallPrimorial (n: bigint): bigint {
  return smallPrimes().chunks.reduce((product, chunk) => product * (chunk % n) % n, 1n)
}

/** The smallest prime below 2^20 that divides `n`, or undefined. */
export function smallDivisor (n: bigint): number | undefined {
  return gcd(n, smallPrimorial(n)) === 1n ? undefined : smallPrimes().primes.find(prime => n % BigInt(prime) === 0n)
}

/** What is left of `n` without its prime factors below 2^20. */
export function withoutSmallFactors (n: bigint): bigint {
  for (let common = gcd(n, smallPrimorial(n)); common > 1n; common = gcd(n, common)) n /= common
  return n
}
