// Everything about a signature algorithm in one place (RFC 7518 section 3.1, RFC 8037, RFC 9864).
// Rejects by absence: `none`, HS* and anything not listed here does not exist for jwksd.

export const ALGS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA', 'Ed25519'] as const
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
  Ed25519: ['EdDSA', 'Ed25519'] // one algorithm: RFC 9864 gave it a name of its own, which fewer consumers know
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
