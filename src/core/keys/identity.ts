// What a public key is apart from any set: its names under each scheme, its encodings and its JWK members. Computed
// once when a file is parsed (RFC 5280 section 4.1.2.7, RFC 7517, RFC 7638).

import { createPublicKey, hash, type KeyObject } from 'node:crypto'
import type { KeyKind } from './alg.ts'

/** How a set names its keys: the eCW guide's rule, or the RFC 7638 thumbprint. */
export type KidScheme = 'pem-sha256' | 'thumbprint'

/** The members of a public JWK that say which key it is (RFC 7518 sections 6.2 and 6.3, RFC 8037 section 2). */
export interface PublicMembers {
  readonly kty: string
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
}

export interface PublicIdentity {
  readonly kind: KeyKind
  readonly publicKey: KeyObject
  /** SubjectPublicKeyInfo as `openssl pkey -pubout` writes it: named curve, uncompressed point. */
  readonly publicPem: string
  /** SHA-256 over the DER of the same, standard base64. Equal for two files of one key, however they encode it. */
  readonly spkiSha256: string
  readonly members: PublicMembers
  /** The kid that each scheme gives. */
  readonly kids: Readonly<Record<KidScheme, string>>
}

/** A public key and its SubjectPublicKeyInfo in DER. */
interface Encoded { readonly publicKey: KeyObject, readonly der: Buffer }

/**
 * Identifies a key by the checked members of its JWK, so that one key has one encoding whatever its file has.
 * @param encoded the key of the members in that encoding, where it is at hand: to make it takes longer than all the rest
 */
export function identify (members: PublicMembers, { publicKey, der }: Encoded = encode(members)): PublicIdentity {
  const publicPem = toPem(der)
  return {
    kind: members.kty === 'RSA' ? 'RSA' : members.crv as KeyKind,
    publicKey,
    publicPem,
    spkiSha256: hash('sha256', der, 'base64'),
    members,
    kids: {
      // The eCW guide's `generate_kid`: the first 16 hex digits of the hash of the PEM text.
      'pem-sha256': hash('sha256', publicPem).slice(0, 16),
      // RFC 7638 section 3: the required members in lexicographic order.
      thumbprint: hash('sha256', JSON.stringify(members, Object.keys(members).sort()), 'base64url')
    }
  }
}

function encode (members: PublicMembers): Encoded {
  const publicKey = createPublicKey({ key: { ...members }, format: 'jwk' })
  return { publicKey, der: publicKey.export({ type: 'spki', format: 'der' }) }
}

/** As OpenSSL writes it (RFC 7468 section 13); to let it do so takes longer than everything else here. */
function toPem (der: Buffer): string {
  return `-----BEGIN PUBLIC KEY-----\n${der.toString('base64').replace(/.{1,64}/g, '$&\n')}-----END PUBLIC KEY-----\n`
}

/** True for two files of one key. */
export function isSameKey (a: PublicIdentity, b: PublicIdentity): boolean {
  return a.spkiSha256 === b.spkiSha256
}
