// A key: what a file holds (ParsedKey), and what a set makes of it (Key) by giving it a kid, an alg and a JWK.
// A JWK is built member by member from the public half: private members can never reach it.

import type { KeyObject } from 'node:crypto'
import { type Alg, ALGS_OF, defaultAlg } from './alg.ts'
import type { Certificate } from './certificate.ts'
import { fault } from '../errors.ts'
import type { KidScheme, PublicIdentity, PublicMembers } from './identity.ts'
import type { Held, Notes } from './notes.ts'

/** A published key. The members are all there is: nothing is ever copied from a private JWK. */
export interface PublicJwk extends PublicMembers {
  readonly alg: Alg
  readonly key_ops: readonly ['verify']
  readonly ext: true
  readonly use: 'sig'
  readonly kid: string
  /** RFC 7517 section 4.7. */
  readonly x5c?: string[]
}

/** One key file, read and checked, not yet named. */
export interface ParsedKey extends PublicIdentity {
  readonly file: string
  readonly otherFiles?: readonly string[]
  readonly privateKey?: KeyObject
  /** Read from a private file, of which a public listener keeps only the public half. */
  readonly privateDropped?: true
  /** The only algorithms that the file allows; absent where the kind decides. */
  readonly algs?: readonly Alg[]
  readonly notes: Notes
  /** From the `.crt` file beside the key. */
  readonly certificate?: Certificate
  readonly warnings: readonly string[]
}

/** A key of a set. Without `privateKey` it is published and never signs. */
export interface Key extends PublicIdentity {
  readonly file: string
  readonly kid: string
  readonly alg: Alg
  /** Further files of the same key: its public half where that lies beside the private one. */
  readonly otherFiles: readonly string[]
  /** NumericDate (seconds); absent means active from the start, Infinity that the key is held. */
  readonly activates?: number
  /** The key waits for its date. */
  readonly held?: Held
  /** NumericDate (seconds); present means compromised: gone at once, never signs. */
  readonly revoked?: number
  readonly privateKey?: KeyObject
  readonly jwk: PublicJwk
  readonly certificate?: Certificate
}

/**
 * Names a parsed key and fixes its alg: the note's, else the set's where it fits, else the default of its kind.
 * @param x5c whether the JWK has the key's certificate chain
 * @throws FaultsError when the note's alg does not fit the key
 */
export function toKey ({ notes, warnings: _, ...parsed }: ParsedKey, scheme: KidScheme, setAlg?: Alg, x5c = false): Key {
  const { file, kind, members, certificate } = parsed
  const fitting = parsed.algs ?? ALGS_OF[kind]
  if (notes.alg && !fitting.includes(notes.alg)) {
    throw fault(file, `the note "alg" says ${notes.alg}, which does not fit a key of kind ${kind}`, `use one of ${fitting.join(', ')}`)
  }
  const usual = defaultAlg(kind, setAlg)
  const alg = notes.alg ?? (fitting.includes(usual) ? usual : fitting[0]!)
  const kid = notes.kid ?? parsed.kids[scheme]
  const { activates, held, revoked } = notes
  return {
    otherFiles: [],
    ...parsed,
    kid,
    alg,
    jwk: Object.freeze({ ...publicJwk(members, alg, kid), ...(x5c && certificate && { x5c: [...certificate.x5c] }) }),
    ...(activates !== undefined && { activates }),
    ...(held && { held }),
    ...(revoked !== undefined && { revoked })
  }
}

function publicJwk ({ kty, ...members }: PublicMembers, alg: Alg, kid: string): PublicJwk {
  return { kty, alg, ...members, key_ops: ['verify'] as const, ext: true, use: 'sig', kid }
}
