// Whether an RSA public key can be trusted. Checks only the modulus and the exponent.
// Rejects sizes, exponents and moduli that are known to be weak, each with its own reason.

import { bitLength, isProbablePrime, smallDivisor, squareRoot } from './numbers.ts'

const MIN_BITS = 2048
const MAX_BITS = 8192
const MIN_EXPONENT = 65537n // FIPS 186-5, A.1.1: 2^16 < e
const MAX_EXPONENT = 1n << 64n // OpenSSL verifies no larger exponent with moduli above 3072 bits
const FERMAT_ROUNDS = 100 // as in Let's Encrypt's key policy: finds primes whose first half agrees

// ROCA (CVE-2017-15361): such moduli are powers of 65537 modulo each of these primes (Nemec et al., CCS 2017).
const ROCA_PRIMES = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n]
const ROCA_RESIDUES = ROCA_PRIMES.map(prime => powersOf(65537n % prime, prime))

/**
 * Why a modulus and an exponent must not be used, or undefined: their sizes, and the pattern of a known generator.
 * @param n modulus
 * @param e public exponent
 */
export function rsaSizeWeakness (n: bigint, e: bigint): string | undefined {
  const bits = bitLength(n)
  if (bits < MIN_BITS) return `RSA key has ${bits} bits; at least ${MIN_BITS} are needed`
  if (bits > MAX_BITS) return `RSA key has ${bits} bits; at most ${MAX_BITS} are allowed`
  if (e < MIN_EXPONENT || e >= MAX_EXPONENT || e % 2n === 0n) {
    return `RSA exponent is ${e}; an odd number from 65537 up to 2^64 is needed`
  }
  if (ROCA_PRIMES.every((prime, i) => ROCA_RESIDUES[i]!.has(n % prime))) {
    return 'RSA modulus has the ROCA pattern (CVE-2017-15361): the private key can be computed from it'
  }
  return undefined
}

/**
 * Why a modulus of unknown factors must not be used, or undefined: what can be seen without them.
 * @param n modulus
 */
export function rsaModulusWeakness (n: bigint): string | undefined {
  const divisor = smallDivisor(n)
  if (divisor) return `RSA modulus is divisible by ${divisor}, so it is not a product of two large primes`
  if (hasClosePrimes(n)) return 'RSA primes are too close together: Fermat\'s method factors the modulus at once'
  if (isProbablePrime(n)) return 'RSA modulus is a prime: its private key can be computed from it'
  return undefined
}

function powersOf (base: bigint, modulus: bigint): Set<bigint> {
  const powers = new Set<bigint>()
  for (let power = 1n; !powers.has(power); power = power * base % modulus) powers.add(power)
  return powers
}

function hasClosePrimes (n: bigint): boolean {
  let a = squareRoot(n - 1n) + 1n // the smallest a with a² ≥ n
  for (let round = 0; round < FERMAT_ROUNDS; round++, a++) {
    const b2 = a * a - n
    const b = squareRoot(b2)
    if (b * b === b2) return true
  }
  return false
}
