// A preset as it is written → a preset to sign with. Rejects templates and JSON Schemas that are not sound, and what no
// JOSE library could sign or read.

import { collectFaults, type Fault, FaultsError } from '../errors.ts'
import { type Check, compileSchema } from './json-schema.ts'
import type { CompiledRule, Preset, PresetData } from './preset.ts'
import { compileTemplate, type Template } from './template.ts'

/**
 * @param compileRule may put off the work for schemas that are known to be sound
 * @throws FaultsError with every fault; `where` is the dotted path below the preset
 */
export function compilePreset (name: string, data: PresetData<number>, compileRule = compileSchema): Preset {
  const faults: Fault[] = []
  const names: string[] = []
  const note = (where: string, problem: string, hint: string): void => { faults.push({ where, problem, hint }) }
  const at = <T>(where: string, compile: () => T): T | undefined => {
    const found: Fault[] = []
    const made = collectFaults(found, compile)
    for (const { problem, hint } of found) note(where, problem, hint)
    return made
  }
  const template = (where: string, value: unknown): Template => {
    const compiled = at(where, () => compileTemplate(value))
    names.push(...(compiled?.names ?? []))
    return compiled?.resolve ?? (() => undefined)
  }
  const rules = data.rules.map((rule, i): CompiledRule => {
    const schema = (field: 'schema' | 'claims'): Check | undefined =>
      rule[field] === undefined ? undefined : at(`rules.${i}.${field}`, () => compileRule(rule[field]!))
    const [check, checkAll] = [schema('schema'), schema('claims')]
    const given = rule.fixed === undefined ? 'value' : 'fixed'
    const fill = rule[given] === undefined ? undefined : template(`rules.${i}.${given}`, rule[given])
    return { ...rule, ...(check && { check }), ...(checkAll && { checkAll }), ...(fill && { fill }) }
  })
  const protectedHeader = template('header.protected', data.header.protected)
  const unprotectedHeader = data.header.unprotected && template('header.unprotected', data.header.unprotected)
  checkHeader(data, note)
  if (data.form.payload !== 'claims' && (data.rules.length > 0 || data.time.set.length > 0)) {
    note('form.payload', 'is no claims set, so nothing can be asked of claims or set in them', 'empty rules and time.set, or write: claims')
  }
  if (faults.length > 0) throw new FaultsError(faults)
  return { ...data, name, rules, protectedHeader, ...(unprotectedHeader && { unprotectedHeader }), names }
}

/** RFC 7515 sections 4.1.11 and 7.2.1, RFC 7797 sections 5.2 and 6. */
function checkHeader ({ header, form }: PresetData<number>, note: (where: string, problem: string, hint: string) => void): void {
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
