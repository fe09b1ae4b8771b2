// The JOSE header of a token, held against RFC 7515, RFC 8725 and what a vendor documents of its own header.

import { type Alg, isAlg } from '../core/keys/alg.ts'
import { describeSent } from '../core/secrets.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Claims } from '../core/tokens/profile.ts'
import type { Finding } from './finding.ts'
import type { OpenedToken } from './token-form.ts'

/** RFC 7515 section 4.1, RFC 7797, RFC 7516: what a server may know without a document of its own. */
const REGISTERED = ['alg', 'jku', 'jwk', 'kid', 'x5u', 'x5c', 'x5t', 'x5t#S256', 'typ', 'cty', 'crit', 'b64', 'zip']
/** Without them the vendor finds no key or reads another payload. */
const DECIDING = ['x5t', 'x5t#S256', 'x5c', 'zip', 'crit', 'b64', 'jku']

/** The token's alg where a signature can be verified with it, and what is wrong with it. */
export function checkAlg ({ alg }: Claims, preset?: Preset): { alg?: Alg, findings: Finding[] } {
  const fault = (check: string, seen: string, hint: string, source: string): Finding[] => [{ check, level: 'fault', seen, source, hint }]
  const taken = preset ? preset.alg.oneOf.join(', ') : 'RS256, RS384 or ES256'
  const use = `sign with ${taken}`
  if (alg === 'none') return { findings: fault('alg-none', 'alg is none: the token is not signed', use, 'RFC 8725 section 3.2') }
  if (typeof alg === 'string' && alg.startsWith('HS')) {
    return { findings: fault('alg-hmac', `alg is ${describeSent('alg', alg)}: a shared secret, for which no public key can exist`, use, 'RFC 8725 section 3.1') }
  }
  if (typeof alg !== 'string' || !isAlg(alg)) {
    return { findings: fault('alg-unknown', `alg is ${alg === undefined ? 'missing' : describeSent('alg', alg)}`, use, 'RFC 7518 section 3.1') }
  }
  if (preset && !preset.alg.oneOf.includes(alg)) return { alg, findings: fault('alg-not-taken', `alg is ${alg}; ${preset.title} takes ${taken}`, use, preset.alg.source) }
  return { alg, findings: [] }
}

/** What else the header says; `kid` is left to token-key.ts. @param url of the JWK Set */
export function checkHeader (token: OpenedToken, { preset, url }: { preset?: Preset, url?: string }): Finding[] {
  const { protectedHeader, unprotectedHeader, form } = token
  const header: Claims = { ...unprotectedHeader, ...protectedHeader }
  return [
    ...preset ? checkDocumented(header, form, preset) : [],
    ...checkCritical(protectedHeader, preset),
    ...checkLocation(header, url),
    ...checkStrangers(header, preset)
  ]
}

/** What the vendor's documents show: the serialization, the type, and members of a fixed value. */
function checkDocumented (header: Claims, form: string, { title, header: documented, form: taken }: Preset): Finding[] {
  const { serialization, source: formSource } = taken
  const { protected: members, types = [], required = [], source } = documented
  const findings: Finding[] = []
  const add = (check: string, level: 'fault' | 'warning', seen: string, hint: string): void => { findings.push({ check, level, seen, source, hint }) }
  if (form !== serialization) {
    findings.push({ check: 'serialization', level: 'fault', seen: `the token is ${form}; ${title} takes ${serialization}`, source: formSource, hint: `serialize it as ${serialization}` })
  }
  for (const [name, wanted] of Object.entries(members).filter(([name]) => name !== 'kid')) {
    const value = header[name]
    const fixed = !JSON.stringify(wanted).includes('${')
    const allowed = name === 'typ' ? [...new Set([wanted, ...types])] : [wanted]
    const shown = allowed.map(one => JSON.stringify(one)).join(' or ')
    if (value === undefined) {
      add(name === 'typ' ? 'typ' : 'header-member', required.includes(name) || DECIDING.includes(name) ? 'fault' : 'warning',
        `the header has no ${name}; ${title} shows ${fixed ? shown : 'one'}`, `add ${name} to the header`)
    } else if (fixed && !allowed.some(one => isEqual(one, value))) {
      const almost = name === 'typ' && allowed.some(one => mediaType(one) === mediaType(value))
      add(name === 'typ' ? 'typ' : 'header-member', almost && !required.includes(name) ? 'warning' : 'fault', `${name} is ${describeSent(name, value)}; ${title} shows ${shown}`, `write ${shown}`)
    }
  }
  return findings
}

const isEqual = (a: unknown, b: unknown): boolean => JSON.stringify(a) === JSON.stringify(b)

/** RFC 7515 section 4.1.9: the letters' case and a leading "application/" do not matter; many servers compare letter by letter. */
const mediaType = (typ: unknown): string => String(typ).toLowerCase().replace(/^application\//, '')

/** RFC 7515 section 4.1.11. */
function checkCritical ({ crit, ...header }: Claims, preset?: Preset): Finding[] {
  if (crit === undefined) return []
  const known = preset?.header.protected.crit as readonly string[] | undefined ?? []
  const names = Array.isArray(crit) ? crit as unknown[] : []
  const fault = (seen: string, level: 'fault' | 'warning' = 'fault'): Finding[] =>
    [{ check: 'crit', level, seen, source: 'RFC 7515 section 4.1.11', hint: 'leave crit out, unless the vendor asks for it' }]
  if (names.length === 0) return fault('crit is no list of names')
  const absent = names.find(name => typeof name !== 'string' || !Object.hasOwn(header, name))
  if (absent !== undefined) return fault(`crit names ${describeSent('crit', absent)}, which the header does not have`)
  const unknown = names.filter(name => !known.includes(name as string))
  if (unknown.length === 0) return []
  return fault(`crit demands that the receiver understands ${unknown.map(name => describeSent('crit', name)).join(', ')}`, preset ? 'fault' : 'warning')
}

/** Where the header says the key is: only at the URL that the vendor knows. */
function checkLocation ({ jku }: Claims, url?: string): Finding[] {
  if (jku === undefined || url === undefined || jku === url) return []
  return [{
    check: 'jku',
    level: 'fault',
    seen: `jku is ${describeSent('jku', jku)}, the JWK Set is at ${url}`,
    why: 'a server takes only the URL that was registered, character for character',
    source: 'HL7 SMART App Launch 2.2, client-confidential-asymmetric, signature verification',
    hint: 'leave jku out, or write the registered URL'
  }]
}

function checkStrangers (header: Claims, preset?: Preset): Finding[] {
  const { protected: inside = {}, unprotected = {} } = preset?.header ?? {}
  const documented = [...Object.keys(inside), ...Object.keys(unprotected)]
  const unknown = Object.keys(header).filter(name => !REGISTERED.includes(name) && !documented.includes(name))
  const keys = ['jwk', 'x5u'].filter(name => Object.hasOwn(header, name))
  return [
    ...unknown.length === 0
      ? []
      : [{ check: 'header-unknown', level: 'warning' as const, seen: `the header has members that no standard names: ${unknown.map(name => describeSent('name', name)).join(', ')}`, source: 'RFC 7515 section 4', hint: 'leave them out' }],
    ...keys.map(name => ({
      check: 'key-in-header', level: 'warning' as const, seen: `the header has ${name}: a key from the token itself`, source: 'RFC 8725 section 3.10', hint: 'leave it out: servers take keys only from where they were registered'
    }))
  ]
}
