// Everything about a signature algorithm in one place (RFC 7518 section 3.1, RFC 8037).
// Rejects by absence: `none`, HS* and anything not listed here does not exist for jwksd.

import type { KeyObject } from 'node:crypto'

export const ALGS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'] as const
export type Alg = typeof ALGS[number]

/** A key's kind as far as algorithms care: RSA, or the JWK curve name. */
export type KeyKind = 'RSA' | 'P-256' | 'P-384' | 'P-521' | 'Ed25519'

const RSA_ALGS: readonly Alg[] = ['RS384', 'RS256', 'RS512', 'PS256', 'PS384', 'PS512']

/** The algorithms that fit a kind of key; the first is the default. */
export const ALGS_OF: Record<KeyKind, readonly Alg[]> = {
  RSA: RSA_ALGS,
  'P-256': ['ES256'],
  'P-384': ['ES384'],
  'P-521': ['ES512'],
  Ed25519: ['EdDSA']
}

/** JWK curve names and OpenSSL's names of the same curves. */
export const CURVES = { 'P-256': 'prime256v1', 'P-384': 'secp384r1', 'P-521': 'secp521r1' } as const

/** The kind of a key, or undefined when jwksd does not sign with such keys. */
export function kindOf (key: KeyObject): KeyKind | undefined {
  if (key.asymmetricKeyType === 'rsa') return 'RSA'
  if (key.asymmetricKeyType === 'ed25519') return 'Ed25519'
  return (Object.keys(CURVES) as Array<keyof typeof CURVES>).find(name => CURVES[name] === key.asymmetricKeyDetails?.namedCurve)
}

/** The kind of key that `alg` needs. */
export function kindFor (alg: Alg): KeyKind {
  const kinds = Object.keys(ALGS_OF) as KeyKind[]
  return kinds.find(kind => ALGS_OF[kind].includes(alg))!
}

/** True for a name in ALGS. */
export function isAlg (name: string): name is Alg {
  return (ALGS as readonly string[]).includes(name)
}

/** The alg of a key that does not name one: its set's where that fits the kind, else the kind's own default. */
export function defaultAlg (kind: KeyKind, setAlg?: Alg): Alg {
  const fitting = ALGS_OF[kind]
  return setAlg && fitting.includes(setAlg) ? setAlg : fitting[0]!
}
