// The sets of a loaded state: which keys sign, which step of a rotation is due, and what ends soon.

import type { Config } from '../config/types.ts'
import { collectFaults } from '../core/errors.ts'
import { CONSUMERS } from '../core/keys/consumers.ts'
import type { Key } from '../core/keys/key.ts'
import { type KeySet, lifeOf, publishedKeys, stateOf } from '../core/keys/key-set.ts'
import { formatDuration, formatRelative, formatTime } from '../core/time.ts'
import { rulesOf } from '../keystore/key-sets.ts'
import { planSet } from '../keystore/plan.ts'
import type { Finding } from './finding.ts'

const DAY = 86400
/** A private signature key is used one to three years. */
const LONG_USE = 365 * DAY
/** When the certificate of a key or of a listener is warned of: to get the next one takes days. */
export const ENDS_SOON = 30 * DAY

/** @param now NumericDate (seconds) */
export function checkKeySet (set: KeySet, config: Config, now: number): Finding[] {
  const active = set.keys.filter(key => stateOf(set, key, now) === 'active')
  const names = active.map(key => {
    const { deactivates } = lifeOf(set, key)
    return `${key.kid} (${key.alg}${deactivates < Infinity ? `, until ${formatTime(deactivates)}, ${formatRelative(deactivates - now)}` : ''})`
  })
  const warnings: Finding[] = []
  const warn = (check: string, seen: string, source: string, hint: string): void => {
    warnings.push({ check, level: 'warning', seen: `set ${set.name}: ${seen}`, source, hint })
  }
  const due = dueSteps(set, active, config, now)
  if (due.length > 0) warn('rotation-due', `a step of its rotation is due: ${due.join(', ')}`, 'docs/how-to/rotate.md', `jwksd rotate ${set.name}`)
  for (const { kid, file, activates = Infinity, certificate } of active) {
    if (now - activates > LONG_USE && !rulesOf(config, set.name).rotation) {
      warn('key-age', `${kid} has signed since ${formatTime(activates)}`, 'NIST SP 800-57 Part 1 Rev. 5, table 1: one to three years', `jwksd rotate ${set.name} --begin`)
    }
    if (certificate && certificate.notAfter - now < ENDS_SOON) {
      warn('key-certificate', `the certificate of ${file} ends on ${formatTime(certificate.notAfter)}`, 'RFC 5280 section 4.1.2.5', 'get the next one, and give it to the vendors')
    }
  }
  const slow = CONSUMERS.filter(({ keeps = 0 }) => keeps > set.lead && keeps < Infinity).map(({ name, keeps }) => `${name} (${formatDuration(keeps!)})`)
  if (slow.length > 0) {
    warn('lead', `a new key signs ${formatDuration(set.lead)} after it is published; some consumers may keep the old set longer: ${slow.join(', ')}`,
      'docs/how-to/rotate.md', `if one of them fetches it, write sets.${set.name}.lead: 30h`)
  }
  return [{ check: 'keys', level: 'ok', seen: `set ${set.name}: ${publishedKeys(set, now).length} published; active: ${names.join(', ') || 'none'}` }, ...warnings]
}

/** What an operator must do; a set with a schedule is rotated by the server. A key without a date has no age to go by. */
function dueSteps (set: KeySet, active: readonly Key[], config: Config, now: number): string[] {
  if (rulesOf(config, set.name).rotation) return []
  const steps = collectFaults([], () => planSet(set, config, {}, now)) ?? []
  return steps.filter(step => step.at <= now && (step.do !== 'generate' || active.length === 0 || step.model.activates !== undefined)).map(step => step.do)
}
