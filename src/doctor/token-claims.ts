// The claims of a token at a moment: times, jti and audience, and the rules of a vendor, which are those that /sign keeps.

import { inflateRawSync } from 'node:zlib'
import type { JWK } from 'jose'
import { parseJson } from '../core/keys/form.ts'
import { identify, type PublicMembers } from '../core/keys/identity.ts'
import { describeSent } from '../core/secrets.ts'
import { type BrokenRule, findBrokenRules } from '../core/tokens/claim-rules.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Claims, Profile } from '../core/tokens/profile.ts'
import type { Scope } from '../core/tokens/template.ts'
import type { Finding } from './finding.ts'
import { checkTimes } from './token-times.ts'

/** What a token is held against. */
export interface Expected {
  readonly preset?: Preset
  /** The profile that the token was signed with, where that is known. */
  readonly profile?: Pick<Profile, 'name' | 'claims' | 'params' | 'aud'>
  /** URL of the JWK Set. */
  readonly url?: string
  /** NumericDate (seconds). */
  readonly now: number
}

/** Largest claims that are inflated (SMART Health Cards). */
const MOST_CLAIMS = 1024 * 1024
/** What may be repeated of a token: other values can be personal. */
const SHOWN = ['iss', 'aud']

/**
 * @param payload as it was signed
 * @param jwk the key that verified
 */
export function checkClaims (payload: Buffer, { zip, expected, jwk }: { zip: boolean, expected: Expected, jwk?: JWK }): Finding[] {
  const { preset, now } = expected
  if (preset && preset.form.payload !== 'claims') return []
  const claims = readClaims(payload, zip)
  if (!claims) {
    const seen = 'the payload is not a JSON object, so it has no claims'
    return [{ check: 'claims', level: preset ? 'fault' : 'warning', seen, source: 'RFC 7519 section 7.2', hint: 'sign the claims as a JSON object' }]
  }
  const scope = scopeOf(claims, expected, jwk)
  const broken = preset ? findBroken(claims, preset, scope) : []
  const findings = [
    ...broken.map(one => describeBroken(one, preset!)),
    ...checkTypes(claims, preset),
    ...broken.some(({ rule }) => rule.claim === 'aud') ? [] : checkAudience(claims.aud, expected),
    ...checkProfile(claims, expected, scope),
    ...checkNames(claims, preset)
  ]
  const kept = preset ? `the claims keep the rules of ${preset.title}` : 'the claims have the types of RFC 7519'
  return [...checkTimes(claims, { ...preset && { preset }, now }), ...findings, ...findings.some(({ level }) => level === 'fault') ? [] : [{ check: 'claims', level: 'ok' as const, seen: kept }]]
}

function readClaims (payload: Buffer, zip: boolean): Claims | undefined {
  try {
    const claims = parseJson((zip ? inflateRawSync(payload, { maxOutputLength: MOST_CLAIMS }) : payload).toString())
    return Array.isArray(claims) ? undefined : claims
  } catch {
    return undefined
  }
}

/** What templates of rules and profiles may name. @param jwk the key that verified */
function scopeOf (claims: Claims, { profile, url = '', now }: Expected, jwk?: JWK): Scope {
  const { kid = '', kty, n, e, crv, x, y } = jwk ?? {}
  const members = { kty, ...n && { n, e }, ...crv && { crv, x, ...y && { y } } } as PublicMembers
  return { client: '', key: { kid, spkiSha256: jwk ? identify(members).spkiSha256 : '' }, set: { url }, params: profile?.params ?? {}, claims, now }
}

/** The rules that /sign keeps. A value that only the profile can know (`params`) is not compared where there is none. */
function findBroken (claims: Claims, { rules }: Preset, scope: Scope): BrokenRule[] {
  const comparable = rules.map(({ fixed, ...rule }) => fixed === undefined || rule.fill!(scope) === undefined ? rule : { ...rule, fixed })
  return findBrokenRules(comparable, claims, scope)
}

function describeBroken ({ rule: { id, claim, text, source }, value, path }: BrokenRule, { title }: Preset): Finding {
  const hint = value === undefined ? `add ${claim}` : `correct ${path === '' ? claim : `${claim}.${path}`}`
  return { check: id, level: 'fault', seen: `${describeClaim(claim, value)}; ${title}: ${claim} ${text}`, source, hint }
}

function describeClaim (claim: string, value: unknown): string {
  if (value === undefined) return `${claim} is missing`
  if (typeof value === 'object' && value !== null) return `${claim} is ${describeSent(claim, value)}`
  return SHOWN.includes(claim) ? `${claim} is ${describeSent(claim, value)}` : `${claim} breaks a rule`
}

/** RFC 7519 section 4.1; the lengths of jti are rules of presets. */
function checkTypes (claims: Claims, preset?: Preset): Finding[] {
  const findings: Finding[] = []
  const add = (check: string, seen: string, hint: string): void => { findings.push({ check, level: 'fault', seen, source: 'RFC 7519 section 4.1', hint }) }
  const ruled = preset?.rules.map(({ claim }) => claim) ?? []
  for (const name of ['iss', 'sub', 'jti'].filter(name => !ruled.includes(name))) {
    if (claims[name] !== undefined && typeof claims[name] !== 'string') add('claim-type', `${name} is not a string`, `write ${name} as a string`)
  }
  const { set = [], optional = [], source = '' } = preset?.time ?? {}
  const { jti } = claims
  if (jti === '' || (jti === undefined && set.includes('jti') && !optional.includes('jti'))) {
    findings.push({ check: 'jti-missing', level: 'fault', seen: `jti is ${jti === '' ? 'empty' : 'missing'}`, why: 'the vendor keeps it to refuse a token that comes twice', source, hint: 'add a jti that no other token has, such as a UUID' })
  }
  return findings
}

/** What no rule says of `aud` but servers stumble over. */
function checkAudience (aud: unknown, { preset }: Expected): Finding[] {
  const warn = (check: string, seen: string, hint: string, source: string): Finding[] => [{ check, level: 'warning', seen, source, hint }]
  if (Array.isArray(aud)) return warn('aud-array', `aud is an array of ${aud.length}`, 'write a single audience as a string', 'Keycloak 26.2 and others refuse several audiences, some any array')
  if (typeof aud !== 'string') return []
  if (aud.trim() !== aud) return warn('aud-spaces', 'aud has spaces around it', 'take them off: audiences are compared letter by letter', 'RFC 7519 section 4.1.3')
  // Where the vendor names its audience, its own example tells the kind of URL.
  const rule = preset?.rules.find(({ claim, required }) => claim === 'aud' && required)
  const { claims, params } = preset?.example ?? {}
  const shown = claims?.aud ?? params?.issuer
  if (!rule || typeof shown !== 'string' || !shown.startsWith('https:') || !aud.startsWith('https:')) return []
  if (isTokenUrl(aud) !== isTokenUrl(shown)) {
    const kind = isTokenUrl(aud) ? 'a token endpoint' : 'an issuer or a base URL'
    return warn('aud-kind', `aud is ${describeSent('aud', aud)}, which looks like ${kind}; ${preset!.title} shows ${shown}`, `aud ${rule.text}`, rule.source)
  }
  if (aud.endsWith('/') === shown.endsWith('/')) return []
  const ends = `${aud.endsWith('/') ? 'with' : 'without'} a "/" at its end`
  return warn('aud-slash', `aud is ${describeSent('aud', aud)}, ${ends}; ${preset!.title} shows ${shown}`, 'write it letter by letter as the vendor does', rule.source)
}

const isTokenUrl = (url: string): boolean => /\/token\/?$/.test(url)

/** What the profile forces and allows: the operator's own record of what the vendor expects. */
function checkProfile (claims: Claims, { profile }: Expected, scope: Scope): Finding[] {
  if (!profile) return []
  const { name: of, claims: { names, resolve }, aud } = profile
  const fault = (claim: string, seen: string, hint: string): Finding => ({ check: `profile-${claim}`, level: 'fault', seen, source: `profiles.${of}`, hint })
  // A claim that differs from client to client cannot be known here.
  const forced = Object.entries(names.length > 0 ? {} : resolve(scope) as Claims)
  const findings = forced.filter(([claim, wanted]) => JSON.stringify(claims[claim]) !== JSON.stringify(wanted)).map(([claim, wanted]) => {
    const value = claims[claim]
    const slash = typeof value === 'string' && typeof wanted === 'string' && value.replace(/\/$/, '') === wanted.replace(/\/$/, '')
    const seen = SHOWN.includes(claim)
      ? `${describeClaim(claim, value)}; the profile ${of} forces ${describeSent(claim, wanted)}`
      : `${claim} is not what the profile ${of} forces`
    return fault(claim, seen, slash ? 'only the "/" at the end differs: write it as the profile does' : 'sign with this profile, or look at the token as one of another preset')
  })
  const stranger = aud && [claims.aud].flat().find(one => !aud.includes(one as string))
  return stranger === undefined ? findings : [...findings, fault('aud', `aud is ${describeSent('aud', stranger)}, none of the audiences of the profile ${of}`, `use one of: ${aud!.join(', ')}`)]
}

/** Claims that the vendor's documents do not name; only a few vendors refuse them. */
function checkNames (claims: Claims, preset?: Preset): Finding[] {
  if (!preset?.allowed) return []
  const known = [...preset.allowed, 'iat', 'nbf', 'exp', 'jti', ...preset.rules.map(({ claim }) => claim)]
  const unknown = Object.keys(claims).filter(name => !known.includes(name))
  if (unknown.length === 0) return []
  return [{
    check: 'claim-unknown', level: 'warning', seen: `${preset.title} does not name the claims ${unknown.map(name => describeSent('name', name)).join(', ')}`, source: preset.form.source, hint: 'leave out what the vendor does not ask for'
  }]
}
