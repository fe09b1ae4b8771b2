// Whether an RSA private key is sound. Checks the factors and the members derived from them (RFC 8017 section 3.2).
// Each check finds a fault of broken generators or damaged files; SECURITY.md lists them.

import { bitLength, isProbablePrime, withoutSmallFactors } from './numbers.ts'

export interface RsaNumbers {
  readonly n: bigint
  readonly e: bigint
  readonly d: bigint
  readonly p: bigint
  readonly q: bigint
  readonly dp: bigint
  readonly dq: bigint
  readonly qi: bigint
}

/** How many bits a factor may be shorter or longer than half of the modulus. */
const UNBALANCED = 16
/** What is left of p − 1 without factors below 2^20 must be larger, or Pollard's p − 1 method finds p. */
const SMOOTH_BITS = 100

/**
 * Why an RSA private key must not be used, or undefined when it is sound. The size of `n` and `e` is checked before.
 * @see FIPS 186-5, appendices A.1.1 and A.1.3
 */
export function rsaPrivateWeakness (key: RsaNumbers): string | undefined {
  const { n, p, q } = key
  if (p * q !== n) return 'the private key is damaged: its p and q are not the factors of its modulus'
  const half = bitLength(n) / 2
  const sizes = [bitLength(p), bitLength(q)]
  if (sizes.some(size => Math.abs(size - half) > UNBALANCED)) return `RSA factors have ${sizes.join(' and ')} bits; both need about ${Math.ceil(half)}`
  if (bitLength(p > q ? p - q : q - p) <= half - 100) return 'RSA primes are too close together: Fermat\'s method can factor the modulus'
  for (const [name, factor] of [['p', p], ['q', q]] as const) {
    if (factor % 2n === 0n || !isProbablePrime(factor)) return `RSA factor ${name} is not a prime`
    if (bitLength(withoutSmallFactors(factor - 1n)) < SMOOTH_BITS) return `RSA factor ${name} is weak: ${name} - 1 has only small factors, so Pollard's method finds it`
  }
  return exponentWeakness(key, half)
}

/** The private exponent and what is derived from it for the Chinese remainder theorem. */
function exponentWeakness ({ e, d, p, q, dp, dq, qi }: RsaNumbers, half: number): string | undefined {
  const wrong = Object.entries({
    d: e * d % (p - 1n) === 1n && e * d % (q - 1n) === 1n,
    dp: dp === d % (p - 1n),
    dq: dq === d % (q - 1n),
    qi: qi < p && qi * q % p === 1n
  }).find(([, fits]) => !fits)
  if (wrong) return `the private key is damaged: its member ${wrong[0]} does not fit the others`
  return bitLength(d) <= half ? 'RSA private exponent is small: Wiener\'s method computes it from the public key' : undefined
}
