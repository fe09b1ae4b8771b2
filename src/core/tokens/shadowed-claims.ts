// Claims that differ only by case from one that matters. Go's encoding/json matches names without regard to case, and the
// last one wins: such a verifier would read the caller's ISS in place of the iss that the profile forces.

import { RequestError } from '../errors.ts'
import type { Claims } from './profile.ts'

/** RFC 7519 section 4.1. */
const REGISTERED = ['iss', 'sub', 'aud', 'exp', 'nbf', 'iat', 'jti']

/** @throws RequestError ERR_FORCED_CLAIM naming a claim of the caller that differs from another name only by case */
export type RefuseShadowing = (asked: Claims) => void

/**
 * The check against registered names and these, under simple case folding. What a profile forces as an object is compared whole,
 * so that only the names at the top can shadow another.
 * @param names further claims that the policy decides
 */
export function compileShadowing (names: readonly string[]): RefuseShadowing {
  const known = new Set([...REGISTERED, ...names])
  // With the flags i and u an expression matches by Unicode's simple case folding (ECMA-262, Canonicalize): ſ is s, and K is k.
  const fold = new RegExp(`^(?:${[...known].map(escape).join('|')})$`, 'iu')
  return asked => {
    const shadow = Object.keys(asked).find(name => !known.has(name) && fold.test(name))
    if (shadow === undefined) return
    const shadowed = [...known].find(name => new RegExp(`^${escape(name)}$`, 'iu').test(shadow))
    throw new RequestError('ERR_FORCED_CLAIM', `claims.${shadow} differs from ${shadowed} only by case, and some verifiers would read it in its place`, {
      field: `claims.${shadow}`, rule: 'shadowed-claims', hint: 'leave it out; a claim of your own needs another name'
    })
  }
}

function escape (name: string): string {
  return name.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&')
}
