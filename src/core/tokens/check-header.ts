// The header and the form of a preset must fit each other. Rejects what no JOSE library could sign or read.

import type { PresetData } from './preset.ts'

/** Notes each fault. RFC 7515 sections 4.1.11 and 7.2.1, RFC 7797 sections 5.2 and 6. */
export function checkHeader ({ header, form }: PresetData<number>, note: (where: string, problem: string, hint: string) => void): void {
  const { protected: members, unprotected = {} } = header
  const { crit = [], b64 } = members
  if (Object.hasOwn(members, 'alg') || Object.hasOwn(unprotected, 'alg')) note('header', 'names alg, which jwksd sets itself', 'remove it')
  const twice = Object.keys(unprotected).find(name => Object.hasOwn(members, name))
  if (twice !== undefined) note('header.unprotected', `has ${twice}, which is protected too`, 'keep one of them')
  if (Object.keys(unprotected).length > 0 && !['flattened', 'general'].includes(form.serialization)) {
    note('header.unprotected', `has no place in the ${form.serialization} serialization`, 'use flattened or general')
  }
  const critical = Array.isArray(crit) ? crit : [crit]
  const lacking = critical.find(name => !Object.hasOwn(members, String(name)))
  if (lacking !== undefined) note('header.protected', `crit names ${JSON.stringify(lacking)}, which is no protected member`, 'add the member, or take it out of crit')
  if (b64 === undefined) return
  if (!critical.includes('b64')) note('header.protected', 'has b64 without naming it in crit', 'add it to crit (RFC 7797 section 6)')
  if (form.serialization === 'compact' || (form.serialization !== 'detached' && form.payload.includes('bytes'))) {
    note('form', 'cannot carry an unencoded payload of this kind', 'use detached, or a JSON serialization without the payload type bytes')
  }
}
