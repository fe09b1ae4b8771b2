// Which kinds of keys may be published at one URL: one unknown `kty` makes several consumers drop the whole set.
// Rejects Ed25519 beside RSA or EC unless the set says that all its consumers know both.

import type { Fault } from '../errors.ts'
import type { Key } from './key.ts'

/** The key types of RFC 7518 and RFC 8037, and the consumers that fail when a set mixes them with others. */
const FAIL_AT: Record<string, string> = {
  OKP: 'node-jose and other consumers that do not know the key type OKP drop the whole set',
  EC: 'python-jose fails when the key that it tries first is of another type'
}

const typesOf = (keys: readonly Key[]): string[] =>
  [...new Set(keys.filter(({ revoked }) => revoked === undefined).map(({ jwk }) => jwk.kty))]

/**
 * The fault of a URL that publishes Ed25519 keys beside others. Revoked keys are not published and do not count.
 * @param name of the set that the URL publishes
 * @param keys every key that it publishes, also by `include`
 */
export function findMixedKinds (name: string, keys: readonly Key[], mixed = false): Fault[] {
  const types = typesOf(keys)
  if (mixed || types.length < 2 || !types.includes('OKP')) return []
  const stranger = keys.find(({ kind, revoked }) => kind === 'Ed25519' && revoked === undefined)!
  return [{
    where: stranger.file,
    problem: `an Ed25519 key beside ${types.filter(type => type !== 'OKP').join(' and ')} keys in what the set "${name}" publishes: ${FAIL_AT.OKP}`,
    hint: `give it a set of its own, such as a directory ${name}-ed25519; or write sets.${name}.mixed: true when every consumer of this URL knows both`
  }]
}

/** A warning that names the consumers that fail at a URL with keys of several types. */
export function mixedKindsWarning (name: string, keys: readonly Key[]): string | undefined {
  const types = typesOf(keys)
  if (types.length < 2) return undefined
  const reason = FAIL_AT[types.includes('OKP') ? 'OKP' : 'EC']
  return `the set "${name}" publishes ${types.sort().join(' and ')} keys: ${reason}; one key type per set is safe`
}
