// What can be seen of one public JWK without using it: its kind, its numbers, what is wrong with them. Pure.

import { createPublicKey, X509Certificate } from 'node:crypto'
import { ALGS_OF, type KeyKind } from '../core/keys/alg.ts'
import { decodePoint, NIST_CURVES } from '../core/keys/curves.ts'
import { toNumber } from '../core/keys/der.ts'
import { bitLength } from '../core/keys/numbers.ts'
import { rsaModulusWeakness, rsaSizeWeakness } from '../core/keys/rsa-strength.ts'
import type { Jwk } from './jwk-set.ts'

/** Members that only a private or symmetric key has (RFC 7518 sections 6.2.2, 6.3.2 and 6.4, RFC 9964). */
export const PRIVATE_MEMBERS = ['d', 'p', 'q', 'dp', 'dq', 'qi', 'oth', 'k', 'priv', 'seed'] as const

const BASE64URL = /^[\w-]+$/
const SIZE_OF_ED25519 = 32

/** The kind of a key as its alg sees it, or undefined for one that jwksd does not know. */
export function kindOf ({ kty, crv }: Jwk): KeyKind | undefined {
  const name = kty === 'RSA' ? 'RSA' : String(crv)
  const fits = kty === 'RSA' || (kty === 'EC' && name.startsWith('P-')) || (kty === 'OKP' && name === 'Ed25519')
  return fits && name in ALGS_OF ? name as KeyKind : undefined
}

const bytesOf = (jwk: Jwk, member: string): Buffer => Buffer.from(String(jwk[member]), 'base64url')
/** An RSA number. */
export const numberOf = (jwk: Jwk, member: 'n' | 'e'): bigint => toNumber(bytesOf(jwk, member))

/** What keeps a reader from decoding the members of a key of a known kind, or undefined. */
export function memberProblem (jwk: Jwk): string | undefined {
  const members = { RSA: ['n', 'e'], EC: ['x', 'y'], OKP: ['x'] }[jwk.kty as 'RSA' | 'EC' | 'OKP']
  const wrong = members.find(member => typeof jwk[member] !== 'string' || !BASE64URL.test(jwk[member]))
  if (wrong !== undefined) return `${wrong} ${jwk[wrong] === undefined ? 'is missing' : 'is not base64url without padding'}`
  const kind = kindOf(jwk)
  if (kind === 'RSA') return undefined
  if (kind === 'Ed25519') return bytesOf(jwk, 'x').length === SIZE_OF_ED25519 ? undefined : 'x has not 32 octets'
  const curve = NIST_CURVES.find(({ name }) => name === kind)!
  const [x, y] = [bytesOf(jwk, 'x'), bytesOf(jwk, 'y')]
  if (x.length !== curve.size || y.length !== curve.size) return `x and y need ${curve.size} octets each`
  return decodePoint(curve, Buffer.concat([Buffer.from([4]), x, y])) ? undefined : `x and y are no point of ${kind}`
}

/** True for an RSA key whose modulus has octets that it does not need (RFC 7518 section 6.3.1.1). */
export function hasLeadingZero (jwk: Jwk): boolean {
  return jwk.kty === 'RSA' && bytesOf(jwk, 'n')[0] === 0
}

/**
 * Why an RSA key must not be trusted, or undefined.
 * @param thorough looks also for factors, which takes a tenth of a second for a large modulus
 */
export function rsaWeakness (jwk: Jwk, thorough: boolean): string | undefined {
  const n = numberOf(jwk, 'n')
  return rsaSizeWeakness(n, numberOf(jwk, 'e')) ?? (thorough ? rsaModulusWeakness(n) : undefined)
}

export const rsaBits = (jwk: Jwk): number => bitLength(numberOf(jwk, 'n'))

/** Why the certificate in `x5c` is not that of the key, or undefined. */
export function certificateProblem (jwk: Jwk): string | undefined {
  const { x5c, kty, n, e, crv, x, y } = jwk
  try {
    const certificate = new X509Certificate(Buffer.from(String((x5c as string[])[0]), 'base64'))
    const members = Object.fromEntries(Object.entries({ kty, n, e, crv, x, y }).filter(([, value]) => value !== undefined))
    return certificate.publicKey.equals(createPublicKey({ key: members, format: 'jwk' })) ? undefined : 'x5c is the certificate of another key'
  } catch {
    return 'x5c does not begin with a certificate'
  }
}
