// Is an RSA public key fit to be trusted? Looks only at the modulus and the exponent.
// Refuses sizes, exponents and moduli that are known to be weak, each with its own reason.

const MIN_BITS = 2048
const MAX_BITS = 8192
const MIN_EXPONENT = 65537n // FIPS 186-5, A.1.1: 2^16 < e
const MAX_EXPONENT = 1n << 64n // OpenSSL verifies no larger exponent with moduli above 3072 bits
const FERMAT_ROUNDS = 100 // as in Let's Encrypt's key policy: finds primes whose first half agrees

const SMALL_PRIMES = primesBelow(752n) // CA/Browser Forum Baseline Requirements 6.1.6
// ROCA (CVE-2017-15361): such moduli are powers of 65537 modulo each of these primes (Nemec et al., CCS 2017).
const ROCA_PRIMES = [11n, 13n, 17n, 19n, 37n, 53n, 61n, 71n, 73n, 79n, 97n, 103n, 107n, 109n, 127n, 151n, 157n]
const ROCA_RESIDUES = ROCA_PRIMES.map(prime => powersOf(65537n % prime, prime))

/**
 * Why an RSA key must not be used, or undefined when it is sound.
 * @param n modulus
 * @param e public exponent
 */
export function rsaWeakness (n: bigint, e: bigint): string | undefined {
  const bits = n.toString(2).length
  if (bits < MIN_BITS) return `RSA key has ${bits} bits; at least ${MIN_BITS} are needed`
  if (bits > MAX_BITS) return `RSA key has ${bits} bits; at most ${MAX_BITS} are allowed`
  if (e < MIN_EXPONENT || e >= MAX_EXPONENT || e % 2n === 0n) {
    return `RSA exponent is ${e}; an odd number from 65537 up to 2^64 is needed`
  }
  const divisor = SMALL_PRIMES.find(prime => n % prime === 0n)
  if (divisor) return `RSA modulus is divisible by ${divisor}, so it is not a product of two large primes`
  if (ROCA_PRIMES.every((prime, i) => ROCA_RESIDUES[i]!.has(n % prime))) {
    return 'RSA modulus has the ROCA pattern (CVE-2017-15361): the private key can be computed from it'
  }
  if (hasClosePrimes(n)) return 'RSA primes are too close together: Fermat\'s method factors the modulus at once'
  return undefined
}

function primesBelow (limit: bigint): bigint[] {
  const primes: bigint[] = []
  for (let n = 2n; n < limit; n++) if (primes.every(prime => n % prime !== 0n)) primes.push(n)
  return primes
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

/** The largest integer whose square is at most n (Newton). */
function squareRoot (n: bigint): bigint {
  if (n < 2n) return n
  let x = 1n << BigInt((n.toString(16).length * 4 + 1) >> 1)
  for (;;) {
    const next = (x + n / x) >> 1n
    if (next >= x) return x
    x = next
  }
}
