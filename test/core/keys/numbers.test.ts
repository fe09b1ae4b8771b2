// Powers by OpenSSL against plain arithmetic, on both sides of each limit; primes and composites.

import { generatePrimeSync, randomBytes } from 'node:crypto'
import t from 'tap'
import { isProbablePrime, modPow } from '../../../src/core/keys/numbers.ts'

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
