// The NIST curves (SP 800-186 section 3.2.1) and their points in every encoding of SEC 1 section 2.3.
// Rejects what is not a point of the curve: the point at infinity among them makes some releases of Node abort.

import { modPow } from './numbers.ts'
import { toNumber } from './der.ts'

/** y² = x³ + ax + b over the prime field of p, with a = −3; base point G of order n. */
export interface Curve {
  readonly name: 'P-256' | 'P-384' | 'P-521'
  /** The object identifier's DER content, hex. */
  readonly oid: string
  /** Octets of a coordinate. */
  readonly size: number
  readonly p: bigint
  readonly b: bigint
  readonly x: bigint
  readonly y: bigint
  readonly n: bigint
}

export const NIST_CURVES: readonly Curve[] = [
  {
    name: 'P-256',
    oid: '2a8648ce3d030107',
    size: 32,
    p: 2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
    b: 0x5ac635d8aa3a93e7b3ebbd55769886bc651d06b0cc53b0f63bce3c3e27d2604bn,
    x: 0x6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296n,
    y: 0x4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5n,
    n: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n
  },
  {
    name: 'P-384',
    oid: '2b81040022',
    size: 48,
    p: 2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
    b: 0xb3312fa7e23ee7e4988e056be3f82d19181d9c6efe8141120314088f5013875ac656398d8a2ed19d2a85c8edd3ec2aefn,
    x: 0xaa87ca22be8b05378eb1c71ef320ad746e1d3b628ba79b9859f741e082542a385502f25dbf55296c3a545e3872760ab7n,
    y: 0x3617de4a96262c6f5d9e98bf9292dc29f8f41dbd289a147ce9da3113b5f0b8c00a60b1ce1d7e819d7a431d7c90ea0e5fn,
    n: 0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n
  },
  {
    name: 'P-521',
    oid: '2b81040023',
    size: 66,
    p: 2n ** 521n - 1n,
    b: BigInt('0x51953eb9618e1c9a1f929a21a0b68540eea2da725b99b315f3b8b489918ef109e1' +
      '56193951ec7e937b1652c0bd3bb1bf073573df883d2c34f1ef451fd46b503f00'),
    x: BigInt('0xc6858e06b70404e9cd9e3ecb662395b4429c648139053fb521f828af606b4d3dba' +
      'a14b5e77efe75928fe1dc127a2ffa8de3348b3c1856a429bf97e7e31c2e5bd66'),
    y: BigInt('0x11839296a789a3bc0045c8a5fb42c7d1bd998f54449579b446817afbd17273e662' +
      'c97ee72995ef42640c550b9013fad0761353c7086a272c24088be94769fd16650'),
    n: BigInt('0x1fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff' +
      'a51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409')
  }
]

export interface Point { readonly x: bigint, readonly y: bigint }

/** The point that the octets are: compressed, uncompressed or hybrid. Undefined when they are none of this curve. */
export function decodePoint (curve: Curve, octets: Buffer): Point | undefined {
  const { p, size } = curve
  const form = octets[0]
  const x = toNumber(octets.subarray(1, 1 + size))
  if (form === 2 || form === 3) {
    const y = octets.length === 1 + size && x < p ? modPow(squareOfY(curve, x), (p + 1n) / 4n, p) : 0n // p ≡ 3 mod 4
    return check(curve, { x, y: (y & 1n) === BigInt(form & 1) ? y : p - y })
  }
  const y = toNumber(octets.subarray(1 + size))
  if (octets.length !== 1 + 2 * size) return undefined
  return form === 4 || form === 6 + Number(y & 1n) ? check(curve, { x, y }) : undefined
}

function squareOfY ({ p, b }: Curve, x: bigint): bigint {
  return (((x * x - 3n) * x + b) % p + p) % p
}

function check (curve: Curve, point: Point): Point | undefined {
  const { x, y } = point
  return x < curve.p && y < curve.p && y * y % curve.p === squareOfY(curve, x) ? point : undefined
}
