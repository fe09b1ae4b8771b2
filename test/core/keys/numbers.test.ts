// Powers by OpenSSL against plain arithmetic, on both sides of each limit; primes and composites.

import { generatePrimeSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { isProbablePrime, modPow, smallDivisor, withoutSmallFactors } from '../../../src/core/keys/numbers.ts'

/** Square and multiply, from the lowest bit. */
function plainPow (base: bigint, exponent: bigint, modulus: bigint): bigint {
  let power = 1n
  for (let square = base; exponent > 0n; exponent >>= 1n, square = square * square % modulus) {
    if (exponent & 1n) power = power * square % modulus
  }
  return power
}
const random = (bits: number): bigint => BigInt(`0x${randomBytes(bits / 8).toString('hex')}`)

t.test('a power is the same by OpenSSL and by plain arithmetic', async t => {
  for (const bits of [64, 504, 512, 520, 1024, 3072, 3080]) {
    const modulus = random(bits) | 1n << BigInt(bits - 1) | 1n
    for (const base of [0n, 1n, 2n, random(bits) % modulus]) {
      const exponent = random(bits) % modulus
      t.equal(modPow(base, exponent, modulus), plainPow(base, exponent, modulus), `${bits} bits`)
    }
  }
})

t.test('primes pass, products of two primes do not', async t => {
  const [p, q] = [0, 1].map(() => generatePrimeSync(520, { bigint: true })) as [bigint, bigint]
  t.ok(isProbablePrime(p))
  t.notOk(isProbablePrime(p * q))
  t.notOk(isProbablePrime((1n << 520n) + 1n), 'its odd part is 1')
})

t.test('small factors are found, up to the last prime below 2^20', async t => {
  const p = generatePrimeSync(600, { bigint: true })
  for (const prime of [3, 8191, 1_048_573]) {
    t.equal(smallDivisor(p * BigInt(prime)), prime)
    t.equal(withoutSmallFactors(p * BigInt(prime) ** 2n), p)
  }
  t.equal(smallDivisor(p), undefined)
  t.equal(withoutSmallFactors(p), p)
  t.equal(smallDivisor(p * 1_048_583n), undefined, 'control: the first prime above it')
})
