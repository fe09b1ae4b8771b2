// Checks of a JWK Set as a whole: JSON that every reader reads in one way, and a set that clients take.

import { type Check, faulty, ok, warning } from './checks.ts'
import { type Jwk, nameOf, type SetSeen } from './jwk-set.ts'

/** Key types that every consumer knows, and the one that no set may have: it is found by its private member. */
const OTHER_FINDINGS = ['RSA', 'EC', 'oct']

/** Values that appear more than once. */
const repeated = (values: readonly unknown[]): unknown[] => [...new Set(values.filter((value, i) => values.indexOf(value) !== i))]

const few = (names: readonly unknown[]): string => names.slice(0, 5).join(', ') + (names.length > 5 ? ` and ${names.length - 5} more` : '')

export const SET_CHECKS: ReadonlyArray<Check<SetSeen>> = [
  {
    name: 'json',
    looksAt: 'JSON in UTF-8 without a byte order mark',
    why: 'what is not JSON is no key',
    source: 'RFC 8259 section 8.1; RFC 7517 section 5',
    judge: ({ problem }) => problem === undefined ? ok('valid') : faulty(problem, 'serve the JWK Set, and nothing else, as JSON in UTF-8')
  },
  {
    name: 'duplicate-members',
    looksAt: 'no member twice in an object',
    why: 'some readers take the first, some the last, some refuse both',
    source: 'RFC 7517 section 4; RFC 8259 section 4',
    judge: ({ duplicates, problem }) => {
      if (problem !== undefined) return undefined
      return duplicates.length === 0 ? ok('none') : faulty(few(duplicates), 'write each member once')
    }
  },
  {
    name: 'jwk-set',
    looksAt: 'an object with an array `keys` of objects with `kty`',
    why: 'clients read nothing else, not even a single JWK',
    source: 'RFC 7517 section 5.1',
    judge: ({ problem, json, keys }) => {
      if (problem !== undefined) return undefined
      if (!keys) return faulty((json as Jwk | null)?.kty === undefined ? 'no array `keys`' : 'a single JWK', 'wrap it: {"keys": [ … ]}')
      const others = (json as { keys: unknown[] }).keys.length - keys.length
      const untyped = keys.filter(({ kty }) => typeof kty !== 'string').length
      return others + untyped === 0 ? ok('{"keys": [ … ]}') : faulty(`${others + untyped} of its keys are no JWK`, 'give each key its kty')
    }
  },
  {
    name: 'empty-set',
    looksAt: 'at least one key',
    why: 'no token can be verified, and several clients refuse the set',
    source: 'RFC 7517 section 5.1',
    judge: ({ keys }) => keys && (keys.length > 0 ? ok(`${keys.length}`) : faulty('no key', 'publish the public key'))
  },
  {
    name: 'key-count',
    looksAt: 'at most 10 keys',
    why: 'an AWS load balancer rejects every token when there are more',
    source: 'AWS Elastic Load Balancing, JWT validation limits',
    judge: ({ keys }) => keys && (keys.length > 10 ? warning(`${keys.length}`, 'remove old keys, or give each vendor a set of its own') : ok(`${keys.length}`))
  },
  {
    name: 'kid',
    looksAt: 'a kid in every key',
    why: 'clients find the key by the kid of the token',
    source: 'RFC 7517 section 4.5; SMART App Launch 2.2',
    judge: ({ keys = [] }) => {
      const wrong = keys.flatMap((jwk, i) => typeof jwk.kid === 'string' && jwk.kid !== '' ? [] : [`${i + 1}`])
      if (wrong.length === 0) return keys.length > 0 ? ok(few(keys.map(({ kid }) => kid))) : undefined
      // A single key is tried by many clients without a kid.
      return (keys.length === 1 ? warning : faulty)(`no kid in key ${few(wrong)}`, 'give each key a kid that is a text')
    }
  },
  {
    name: 'duplicate-kid',
    looksAt: 'no kid twice',
    why: 'jose fails on two keys that match; others take the first',
    source: 'RFC 7517 section 4.5',
    judge: ({ keys = [] }) => {
      const twice = repeated(keys.flatMap(({ kid }) => kid ?? []))
      if (keys.length === 0) return undefined
      return twice.length === 0 ? ok('none') : faulty(few(twice), 'give each key a kid of its own')
    }
  },
  {
    name: 'key-types',
    looksAt: 'only RSA and EC keys, or a set of its own for others',
    why: 'one unknown kty fails the whole set in go-jose, authlib, jwcrypto, joserfc and ruby-jwt',
    source: 'RFC 7517 section 5 allows to ignore such keys; these libraries do not',
    judge: ({ keys = [] }) => {
      const others = keys.filter(({ kty }) => typeof kty === 'string' && !OTHER_FINDINGS.includes(kty))
      if (keys.length === 0) return undefined
      if (others.length === 0) return ok([...new Set(keys.map(({ kty }) => kty))].join(', '))
      const seen = others.map(jwk => `${nameOf(jwk, keys.indexOf(jwk))}: ${String(jwk.kty)}`)
      return (others.every(({ kty }) => kty === 'OKP') ? warning : faulty)(few(seen), 'publish such keys in a set of their own, for consumers that know them')
    }
  }
]
