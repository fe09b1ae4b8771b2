// Public keys as DER: SubjectPublicKeyInfo (RFC 5280 section 4.1.2.7) and PKCS#1 (RFC 8017 appendix A.1.1). Read here
// and not by OpenSSL: some releases of Node abort at what it makes of a point at infinity. Rejects unsupported kinds,
// curves that only resemble a named one, and points that are not on their curve.

import { type Alg } from './alg.ts'
import { type Curve, decodePoint, NIST_CURVES } from './curves.ts'
import { type Element, expect, insideOf, itemsOf, NotDer, readBits, readDer, readInteger, readOid, TAG, toNumber, toOctets } from './der.ts'
import { fault, type FaultsError } from '../errors.ts'
import type { PublicMembers } from './identity.ts'

/** What the encoding of a public key says. */
export interface PublicInfo {
  readonly members: PublicMembers
  /** The only algorithms that it allows; absent where its kind decides. */
  readonly algs?: readonly Alg[]
  /** It is what `openssl pkey -pubout` writes: no limits of its own, a named curve, an uncompressed point. */
  readonly isUsual?: boolean
}

const RSA = '2a864886f70d010101'
const RSA_PSS = '2a864886f70d01010a'
const EC = '2a8648ce3d0201'
const ED25519 = '2b6570'
/** First octet of a point (SEC 1 section 2.3.3). */
const UNCOMPRESSED = 4
const PRIME_FIELD = '2a8648ce3d0101'
const PSS_ALG_OF_HASH: Record<string, Alg> = {
  '608648016503040201': 'PS256', '608648016503040202': 'PS384', '608648016503040203': 'PS512'
}
/** Kinds that people bring, by the object identifier. */
const UNSUPPORTED: Record<string, string> = {
  '2a8648ce380401': 'dsa', '2b656e': 'x25519', '2b656f': 'x448', '2b6571': 'ed448', '2b8104000a': 'ec secp256k1'
}

/**
 * Reads a SubjectPublicKeyInfo.
 * @throws FaultsError naming `file` when the key is of another kind, or its point is not on the curve
 * @throws NotDer
 */
export function readSpki (file: string, der: Buffer): PublicInfo {
  const [algorithm, key] = itemsOf(readDer(der))
  const [oid, parameters] = itemsOf(algorithm)
  const octets = readBits(key)
  switch (readOid(oid)) {
    case RSA: return { members: readRsaPublicKey(octets), isUsual: true }
    case RSA_PSS: return { members: readRsaPublicKey(octets), algs: readPssAlgs(file, parameters) }
    case EC: return { members: readEcKey(file, parameters, octets), isUsual: parameters?.tag === TAG.oid && octets[0] === UNCOMPRESSED }
    case ED25519: return { members: readEdwardsKey(octets), isUsual: true }
    default: throw unsupported(file, readOid(oid))
  }
}

/** Reads an RSAPublicKey. @throws NotDer */
export function readRsaPublicKey (der: Buffer): PublicMembers {
  const [n, e] = itemsOf(readDer(der))
  return { kty: 'RSA', n: encode(readInteger(n)), e: encode(readInteger(e)) }
}

/** A number as JWKs have it: base64url of big-endian octets, as few as it needs or exactly `size`. */
export function encode (number: bigint, size?: number): string {
  return toOctets(number, size).toString('base64url')
}

function unsupported (file: string, oid: string): FaultsError {
  return fault(file, `${UNSUPPORTED[oid] ?? `of this kind (object identifier ${formatOid(oid)}),`} keys are not supported`,
    'RSA, EC P-256, P-384 and P-521, and Ed25519 keys are supported')
}

/** Dotted, as people look it up (X.690 section 8.19). */
function formatOid (hex: string): string {
  const numbers: number[] = []
  let number = 0
  for (const octet of Buffer.from(hex, 'hex')) {
    number = number * 128 + (octet & 0x7f)
    if (octet < 0x80) {
      numbers.push(number)
      number = 0
    }
  }
  const [first = 0, ...others] = numbers
  const top = Math.min(2, Math.floor(first / 40))
  return [top, first - 40 * top, ...others].join('.')
}

function readEdwardsKey (octets: Buffer): PublicMembers {
  if (octets.length !== 32) throw new NotDer('an Ed25519 key has 32 octets')
  return { kty: 'OKP', crv: 'Ed25519', x: octets.toString('base64url') }
}

/** An RSASSA-PSS key may be limited to one hash function, for the message and for MGF1 (RFC 4055 section 3.1). */
function readPssAlgs (file: string, parameters: Element | undefined): readonly Alg[] {
  if (!parameters) return ['PS256', 'PS384', 'PS512']
  const limits = itemsOf(parameters)
  const [hash] = itemsOf(insideOf(limits.find(({ tag }) => tag === TAG.explicit0), TAG.explicit0))
  const [, mgfHash] = itemsOf(insideOf(limits.find(({ tag }) => tag === TAG.explicit1), TAG.explicit1))
  const alg = PSS_ALG_OF_HASH[readOid(hash)]
  if (alg && readOid(itemsOf(mgfHash)[0]) === readOid(hash)) return [alg]
  throw fault(file, 'an RSASSA-PSS key limited to hash functions that no JWS algorithm uses together',
    'SHA-256, SHA-384 or SHA-512 for both, or no limits, fit PS256, PS384 and PS512')
}

function readEcKey (file: string, parameters: Element | undefined, octets: Buffer): PublicMembers {
  const curve = parameters?.tag === TAG.oid ? namedCurve(file, readOid(parameters)) : explicitCurve(file, itemsOf(parameters))
  const point = decodePoint(curve, octets)
  if (point) return { kty: 'EC', crv: curve.name, x: encode(point.x, curve.size), y: encode(point.y, curve.size) }
  throw fault(file, `its public key is no point of the curve ${curve.name}`, 'restore the file from where it came, or make a new key')
}

function namedCurve (file: string, oid: string): Curve {
  const curve = NIST_CURVES.find(curve => curve.oid === oid)
  if (!curve) throw unsupported(file, oid)
  return curve
}

/**
 * The named curve that explicit parameters spell out (RFC 3279 section 2.3.5). Each of them counts: with another base
 * point the author of the file would know a private key for any public one (CVE-2020-0601).
 */
function explicitCurve (file: string, [, field, equation, base, order]: Element[]): Curve {
  const [fieldType, prime] = itemsOf(field)
  const [a, b] = itemsOf(equation)
  const p = readOid(fieldType) === PRIME_FIELD ? readInteger(prime) : 0n
  const curve = NIST_CURVES.find(curve => curve.p === p)
  const generator = curve && decodePoint(curve, expect(base, TAG.octetString))
  const same = curve && toNumber(expect(a, TAG.octetString)) === p - 3n && toNumber(expect(b, TAG.octetString)) === curve.b &&
    generator?.x === curve.x && generator.y === curve.y && readInteger(order) === curve.n
  if (same) return curve
  throw fault(file, 'its explicit curve parameters are those of no supported curve', 'use a key on P-256, P-384 or P-521')
}
