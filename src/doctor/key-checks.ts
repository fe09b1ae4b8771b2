// Checks of the single keys of a JWK Set. A private member is reported by its name; its value is never repeated.

import { ALGS_OF, isAlg } from '../core/keys/alg.ts'
import { type Check, faulty, ok, type Verdict, warning } from './checks.ts'
import { type Jwk, nameOf, type SetSeen } from './jwk-set.ts'
import { certificateProblem, hasLeadingZero, kindOf, memberProblem, PRIVATE_MEMBERS, rsaBits, rsaWeakness } from './key-facts.ts'

/** Bits of RSA moduli that are searched for factors, in all: it takes about a second. */
const MOST_BITS = 16384
const MOST_KEYS = 100

/** The problems of keys, each with the key's name; `undefined` where there is no key. */
function judgeKeys (
  { keys = [] }: SetSeen, problemOf: (jwk: Jwk) => string | undefined, fail: (seen: string) => Verdict, well: string
): Verdict | undefined {
  if (keys.length === 0) return undefined
  const problems = keys.slice(0, MOST_KEYS).flatMap((jwk, i) => {
    const problem = problemOf(jwk)
    return problem === undefined ? [] : [`${nameOf(jwk, i)}: ${problem}`]
  })
  return problems.length === 0 ? ok(well) : fail(problems.slice(0, 5).join('; '))
}

/** Problems that are faults, else problems that are warnings, else well. */
const first = (...verdicts: Array<Verdict | undefined>): Verdict | undefined =>
  verdicts.find(verdict => verdict !== undefined && verdict.level !== 'ok') ?? verdicts[0]

const isForSignatures = ({ use }: Jwk): boolean => use !== 'enc'

function algProblem (jwk: Jwk): string | undefined {
  const { alg } = jwk
  const kind = kindOf(jwk)
  if (alg === undefined || kind === undefined || !isForSignatures(jwk)) return undefined
  if (typeof alg !== 'string' || !isAlg(alg)) return `alg ${JSON.stringify(alg)} is no signature algorithm for a public key`
  return ALGS_OF[kind].includes(alg) ? undefined : `${alg} does not fit a key of kind ${kind}`
}

function useProblem ({ use, key_ops: ops }: Jwk): string | undefined {
  if (use !== undefined && use !== 'sig' && use !== 'enc') return `use is ${JSON.stringify(use)}`
  if (ops === undefined) return undefined
  if (!Array.isArray(ops)) return 'key_ops is no array'
  if (use === 'enc') return undefined
  return ops.includes('verify') && ops.length === 1 ? undefined : `key_ops is ${JSON.stringify(ops)}`
}

/** A function that gives no more than MOST_BITS of moduli a thorough look. */
function makeStrengthProblem (): (jwk: Jwk) => string | undefined {
  let bits = 0
  return jwk => {
    if (jwk.kty !== 'RSA' || memberProblem(jwk) !== undefined) return undefined
    bits += rsaBits(jwk)
    return rsaWeakness(jwk, bits <= MOST_BITS)
  }
}

export const KEY_CHECKS: ReadonlyArray<Check<SetSeen>> = [
  {
    name: 'private-members',
    looksAt: 'no member of a private or symmetric key',
    why: 'everybody can now sign in this name: the key is compromised',
    source: 'RFC 7517 section 9.2; NIST SP 800-57 Part 1, section 5.5',
    judge: seen => judgeKeys(seen, jwk => {
      const members = PRIVATE_MEMBERS.filter(member => member in jwk)
      return members.length === 0 ? undefined : `publishes private members: ${members.join(', ')}`
    }, text => faulty(`PRIVATE KEY PUBLISHED: ${text}`, 'take it down now, revoke the key at every vendor, and make a new one; publish only public members'), 'none')
  },
  {
    name: 'key-members',
    looksAt: 'all members of the key type, in base64url, a point on its curve',
    why: 'a client cannot read such a key, and may drop the whole set',
    source: 'RFC 7518 section 6; RFC 8037 section 2',
    judge: seen => first(
      judgeKeys(seen, jwk => kindOf(jwk) && memberProblem(jwk), text => faulty(text, 'write the JWK again from the public key'), 'complete'),
      judgeKeys(seen, jwk => hasLeadingZero(jwk) ? 'n begins with a zero octet' : undefined, text => warning(text, 'write n in as few octets as it needs'), '')
    )
  },
  {
    name: 'key-strength',
    looksAt: 'RSA from 2048 to 8192 bits with a sound exponent and modulus; a known curve',
    why: 'clients refuse weak keys, and others can forge signatures',
    source: 'RFC 7518 section 3.3; NIST SP 800-131A; FIPS 186-5',
    judge: seen => first(
      judgeKeys(seen, makeStrengthProblem(), text => faulty(text, 'make a new key with: jwksd keygen --bits 3072'), 'sound'),
      judgeKeys(seen, jwk => (jwk.kty === 'EC' || jwk.kty === 'OKP') && !kindOf(jwk) ? `the curve ${JSON.stringify(jwk.crv)}` : undefined,
        text => warning(text, 'use P-256, P-384 or P-521: clients know few other curves'), '')
    )
  },
  {
    name: 'alg',
    looksAt: 'an alg that fits the key',
    why: 'jose and others match it exactly; without it some clients assume RS256',
    source: 'RFC 7517 section 4.4; RFC 7518 section 3.1',
    judge: seen => first(
      judgeKeys(seen, algProblem, text => faulty(text, 'write the alg with which the key signs'), 'fits'),
      judgeKeys(seen, jwk => jwk.alg === undefined && isForSignatures(jwk) ? 'no alg' : undefined, text => warning(text, 'write the alg with which the key signs'), '')
    )
  },
  {
    name: 'use',
    looksAt: '`use: "sig"` and `key_ops: ["verify"]`, consistent',
    why: 'some servers need one of them, some the other; both must say the same',
    source: 'RFC 7517 sections 4.2 and 4.3',
    judge: seen => first(
      judgeKeys(seen, useProblem, text => faulty(text, 'write "use": "sig" and "key_ops": ["verify"] in keys that verify signatures'), 'consistent'),
      judgeKeys(seen, ({ use, key_ops: ops }) => use === undefined && ops === undefined ? 'neither use nor key_ops' : undefined,
        text => warning(text, 'write "use": "sig" and "key_ops": ["verify"]'), '')
    )
  },
  {
    name: 'x5c',
    looksAt: 'a certificate in a key is that of the key',
    why: 'clients that know a key by its certificate trust the wrong one',
    source: 'RFC 7517 section 4.7',
    judge: seen => (seen.keys ?? []).some(({ x5c }) => x5c !== undefined)
      ? judgeKeys(seen, jwk => jwk.x5c === undefined ? undefined : certificateProblem(jwk), text => faulty(text, 'write the certificate of the key, in standard base64'), 'fits')
      : undefined
  }
]
