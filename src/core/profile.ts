// A profile: a preset bound to a set of keys and to claims that the operator forces. It says what a token holds.
// Refuses, before signing, what the profile forbids (403) and what the vendor would reject (422), each by its rule.

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { Ajv, type ValidateFunction } from 'ajv'
import type { Alg } from './alg.ts'
import { SignerError } from './errors.ts'
import type { ClaimRule, Preset } from './preset.ts'

export type Claims = Record<string, unknown>

/** Durations in seconds. */
export interface Profile {
  readonly name: string
  readonly preset: Preset
  readonly set: string
  readonly alg: Alg
  /** kid or file name of the one key that signs, where the set has no single line of succession. */
  readonly key?: string
  /** Claims that every token of the profile has with exactly these values. */
  readonly claims: Claims
  readonly ttl: { readonly default: number, readonly max: number }
}

/** What a caller asks for, already checked for shape. `ttl` in seconds. */
export interface SigningRequest {
  readonly profile?: string
  readonly claims?: Claims
  readonly ttl?: number
}

/** The claims set that will be signed. */
export interface TimedClaims extends Claims {
  readonly iat: number
  readonly exp: number
  readonly jti: string
}

/** Claims that the server alone sets (RFC 7519 section 4.1.4 to 4.1.7). */
export const SERVER_CLAIMS = ['iat', 'exp', 'nbf', 'jti']

const ajv = new Ajv({ allErrors: false })
const compiled = new WeakMap<object, ValidateFunction>()

/**
 * The claims set for a request: the caller's claims, the forced ones and the server's own.
 * @param now NumericDate (seconds)
 * @throws SignerError ERR_FORCED_CLAIM or ERR_RULE_BROKEN naming field, rule, source and mend
 */
export function lint (profile: Profile, request: SigningRequest, now: number): TimedClaims {
  const asked = request.claims ?? {}
  refuseForced(profile, asked)
  const ttl = checkTtl(profile, request.ttl)
  const claims = { ...asked, ...profile.claims, iat: now, exp: now + ttl, jti: randomUUID() }
  for (const rule of profile.preset.rules) checkRule(profile, rule, claims)
  return claims
}

function refuseForced (profile: Profile, asked: Claims): void {
  for (const name of Object.keys(asked)) {
    const field = `claims.${name}`
    if (SERVER_CLAIMS.includes(name)) {
      throw new SignerError('ERR_FORCED_CLAIM', `${field} is set by jwksd itself`, {
        field, rule: 'server-claims', mend: name === 'exp' ? 'leave it out and ask for a life with "ttl"' : 'leave it out'
      })
    }
    if (Object.hasOwn(profile.claims, name) && !isDeepStrictEqual(asked[name], profile.claims[name])) {
      throw new SignerError('ERR_FORCED_CLAIM', `${field} contradicts the value that the profile "${profile.name}" forces`, {
        field, rule: 'forced-claims', mend: 'leave it out: the profile adds it'
      })
    }
  }
}

function checkTtl ({ name, ttl: { default: usual, max } }: Profile, ttl = usual): number {
  if (ttl <= max) return ttl
  throw new SignerError('ERR_RULE_BROKEN', `ttl is ${ttl} s; the profile "${name}" allows at most ${max} s`, {
    field: 'ttl', rule: 'ttl-max', mend: `ask for at most ${max} s, or leave ttl out`
  })
}

function checkRule (profile: Profile, rule: ClaimRule, claims: Claims): void {
  const value = claims[rule.claim]
  if (value === undefined ? !rule.required : holds(rule, value, claims)) return
  const { id, source, claim, text } = rule
  throw new SignerError('ERR_RULE_BROKEN', `${profile.preset.title}: ${claim} ${text}`, {
    field: `claims.${claim}`,
    rule: id,
    source,
    mend: value === undefined ? `add claims.${claim}, or let the profile force it` : `change claims.${claim}`
  })
}

function holds ({ schema, same }: ClaimRule, value: unknown, claims: Claims): boolean {
  if (same !== undefined && !isDeepStrictEqual(value, claims[same])) return false
  if (!schema) return true
  const validate = compiled.get(schema) ?? ajv.compile(schema)
  compiled.set(schema, validate)
  return validate(value) as boolean
}
