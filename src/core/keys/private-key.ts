// Private keys as DER: PKCS#8 (RFC 5208, RFC 5958) and what it wraps, checked member by member. Rejects private halves
// that do not fit their public half.

import { type JsonWebKey, type KeyObject, sign, verify } from 'node:crypto'
import { NIST_CURVES } from './curves.ts'
import { expect, itemsOf, readDer, readInteger, TAG, toNumber } from './der.ts'
import { fault, type FaultsError } from '../errors.ts'
import type { PublicMembers } from './identity.ts'
import { type RsaNumbers, rsaPrivateWeakness } from './rsa-private.ts'
import { encode } from './spki.ts'

const RSA_MEMBERS = ['n', 'e', 'd', 'p', 'q', 'dp', 'dq', 'qi'] as const

/**
 * The JWK of the private key that belongs to the public members.
 * @param der PKCS#8
 * @throws FaultsError naming `file` when it does not fit the public key, or is a weak RSA key
 * @throws NotDer
 */
export function readPrivateJwk (file: string, der: Buffer, members: PublicMembers): JsonWebKey {
  const [, , octets] = itemsOf(readDer(der))
  const inner = readDer(expect(octets, TAG.octetString))
  switch (members.kty) {
    case 'RSA': {
      const numbers = Object.fromEntries(itemsOf(inner).slice(1).map((one, i) => [RSA_MEMBERS[i] ?? 'others', one]))
      if (numbers.others) throw fault(file, 'RSA key of more than two primes', 'make a key of two primes with: jwksd keygen --bits 3072')
      const rsa = Object.fromEntries(RSA_MEMBERS.map(name => [name, readInteger(numbers[name])])) as unknown as RsaNumbers
      const weakness = rsaPrivateWeakness(rsa)
      if (weakness) throw fault(file, weakness, 'restore the file from where it came, or make a sound key with: jwksd keygen --bits 3072')
      return { ...members, ...Object.fromEntries(RSA_MEMBERS.map(name => [name, encode(rsa[name])])) }
    }
    case 'EC': {
      const curve = NIST_CURVES.find(({ name }) => name === members.crv)!
      const d = toNumber(expect(itemsOf(inner)[1], TAG.octetString))
      if (d === 0n || d >= curve.n) throw damaged(file)
      return { ...members, d: encode(d, curve.size) }
    }
    default: return { ...members, d: expect(inner, TAG.octetString).toString('base64url') }
  }
}

function damaged (file: string): FaultsError {
  return fault(file, 'the private key is damaged: what it signs does not verify with its own public half',
    'restore the file from where it came, or make a new key')
}

/**
 * Signs and verifies once: a private half that does not fit its public half must never sign a token.
 * @throws FaultsError naming `file`
 */
export function checkPair (file: string, privateKey: KeyObject, publicKey: KeyObject): void {
  const probe = Buffer.from('jwksd self-test')
  const digest = publicKey.asymmetricKeyType === 'ed25519' ? null : 'sha256'
  if (!verify(digest, probe, publicKey, sign(digest, probe, privateKey))) throw damaged(file)
}
