// Checks the claims that are about to be signed against the vendor's rules. Rejects what the vendor would reject, naming
// the broken rule.

import { isDeepStrictEqual } from 'node:util'
import { RequestError } from '../errors.ts'
import { describeSent } from '../secrets.ts'
import type { CompiledRule, Preset } from './preset.ts'
import type { Claims } from './profile.ts'
import type { Scope } from './template.ts'

/** Adds to `claims` what the rules give where neither caller nor profile does. */
export function fillClaims (rules: readonly CompiledRule[], claims: Claims, scope: Scope): void {
  for (const { claim, fill } of rules) {
    const value = fill && !Object.hasOwn(claims, claim) ? fill({ ...scope, claims }) : undefined
    if (value !== undefined) claims[claim] = value
  }
}

/** A rule that claims break. */
export interface BrokenRule {
  readonly rule: CompiledRule
  /** Of the rule's claim; undefined where it is missing. */
  readonly value: unknown
  /** What is wrong inside the value: a dotted path, empty for the value itself. */
  readonly path: string
}

/** Every rule that the claims break, in the order of the rules. */
export function findBrokenRules (rules: readonly CompiledRule[], claims: Claims, scope: Scope): BrokenRule[] {
  return rules.flatMap(rule => {
    const { claim, required, same, fixed, fill, check, checkAll } = rule
    const value = Object.hasOwn(claims, claim) ? claims[claim] : undefined
    const mismatch = value === undefined ? undefined : check?.(value)
    const wanted = fixed !== undefined ? fill!({ ...scope, claims }) : same !== undefined ? claims[same] : value
    const kept = value === undefined ? !required : !mismatch && isDeepStrictEqual(value, wanted)
    return kept && !checkAll?.(claims) ? [] : [{ rule, value, path: mismatch?.path ?? '' }]
  })
}

/** @throws RequestError ERR_RULE_BROKEN naming the first broken rule, its source and a hint */
export function checkClaims ({ title, rules }: Preset, claims: Claims, scope: Scope): void {
  const [broken] = findBrokenRules(rules, claims, scope)
  if (!broken) return
  const { rule: { id, source, claim, text, fixed }, value, path } = broken
  const field = ['claims', claim, path].filter(Boolean).join('.')
  throw new RequestError('ERR_RULE_BROKEN', `${title}: ${claim} ${text}`, {
    field,
    rule: id,
    source,
    ...(value !== undefined && { sent: describeSent(claim, value) }),
    hint: value === undefined
      ? `add claims.${claim}, or let the profile force it`
      : fixed === undefined ? `change ${field}` : `leave ${field} out: jwksd adds it`
  })
}
