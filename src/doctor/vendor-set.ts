// What a vendor's preset demands of a JWK Set: how the key is handed over, its algorithm, and the rule for its kid.

import type { JWK } from 'jose'
import { kindFor } from '../core/keys/alg.ts'
import { identify, type KidScheme, type PublicMembers } from '../core/keys/identity.ts'
import { describeSent } from '../core/secrets.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Finding } from './finding.ts'
import { readKeys } from './token.ts'

const HANDED = { jwk: 'as a JWK', pem: 'as PEM', certificate: 'as a certificate', vendor: 'from itself: it makes the key pair' } as const
const EXPORT = { jwk: 'send it: jwksd export KID --jwk', pem: 'send it: jwksd export KID --pem', certificate: 'send the certificate of the key', vendor: 'import the private key that it gives you: jwksd import' } as const

/** @param jwks text of the JWK Set */
export function checkVendorSet (jwks: string, preset: Preset): Finding[] {
  const { title, key: { given, kid, source }, alg: { oneOf, source: algSource } } = preset
  const keys = readKeys(jwks) ?? []
  const fitting = keys.filter(key => key.alg === undefined ? oneOf.some(alg => kindFor(alg) === (key.kty === 'RSA' ? 'RSA' : key.crv)) : (oneOf as readonly string[]).includes(key.alg))
  const ok = (check: string, seen: string, from: string): Finding => ({ check, level: 'ok', seen, source: from })
  const handover: Finding = given === 'jwks-url'
    ? ok('vendor-handover', `${title} fetches the JWK Set`, source)
    : { check: 'vendor-handover', level: 'warning', seen: `${title} does not fetch a JWK Set: it has the key ${HANDED[given]}`, source, hint: EXPORT[given] }
  const algs = fitting.length > 0
    ? ok('vendor-alg', `${fitting.length} of ${keys.length} keys can be used for ${title}`, algSource)
    : {
        check: 'vendor-alg',
        level: 'fault' as const,
        seen: `no key of the set is for ${oneOf.join(', ')}; it has ${keys.map(({ alg, kty }) => describeSent('alg', alg ?? kty)).join(', ') || 'no key'}`,
        why: `${title} takes no other`,
        source: algSource,
        hint: `publish a key for ${oneOf[0]}: jwksd keygen SET --alg ${oneOf[0]}`
      }
  return [handover, algs, ...kid === undefined || kid === 'assigned' ? [] : fitting.flatMap(key => checkKid(key, kid, preset))]
}

/** A kid by a rule is computed from the public key. */
function checkKid (jwk: JWK, scheme: KidScheme, { title, key: { source } }: Preset): Finding[] {
  const { kty, n, e, crv, x, y } = jwk
  const expected = identifyOrNot({ kty, ...n && { n, e }, ...crv && { crv, x, ...y && { y } } } as PublicMembers)?.[scheme]
  if (expected === undefined || expected === jwk.kid) return []
  return [{
    check: 'vendor-kid',
    // The guide of eCW makes the kid by this rule, but what is compared is the kid of the token.
    level: scheme === 'thumbprint' ? 'fault' : 'warning',
    seen: `the kid ${describeSent('kid', jwk.kid)} is not that of ${title}'s rule, ${expected}`,
    source,
    hint: `name keys by ${scheme}: sets.SET.kid: ${scheme}`
  }]
}

/** Undefined for members that are no key. */
function identifyOrNot (members: PublicMembers): Readonly<Record<KidScheme, string>> | undefined {
  try {
    return identify(members).kids
  } catch {
    return undefined
  }
}
