// A loaded state as its operator should see it: its sets, whether each profile keeps its vendor's rules, certificates and API
// keys. Reads nothing and changes nothing.

import { X509Certificate } from 'node:crypto'
import { RequestError } from '../core/errors.ts'
import { publishedKeys, signingKey } from '../core/keys/key-set.ts'
import { formatRelative, formatTime } from '../core/time.ts'
import { findBrokenRules } from '../core/tokens/claim-rules.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Claims, Profile } from '../core/tokens/profile.ts'
import type { Scope } from '../core/tokens/template.ts'
import type { Loaded } from '../state/load.ts'
import type { Finding } from './finding.ts'
import { checkKeySet, ENDS_SOON } from './loaded-sets.ts'
import { checkVendorSet } from './vendor-set.ts'

/** @param now NumericDate (seconds) */
export function checkLoaded (loaded: Loaded, now: number): Finding[] {
  const { config, snapshot: { sets, policy }, publicTls, internalTls } = loaded
  const certificates = new Set([publicTls, internalTls].flatMap(tls => tls?.cert ? [tls.cert] : []))
  return [
    ...[...sets.values()].flatMap(set => checkKeySet(set, config, now)),
    ...[...policy.profiles.values()].flatMap(profile => checkProfile(profile, loaded, now)),
    ...[...certificates].map(cert => checkCertificate(cert, now)),
    describeClients(loaded, now)
  ]
}

/**
 * What a vendor demands of the sets here: of those that profiles of its preset sign with; where there are none, of the set that
 * fits best.
 */
export function checkVendorHere (loaded: Loaded, preset: Preset, now: number): Finding[] {
  const { published, policy: { profiles } } = loaded.snapshot
  const own = new Set([...profiles.values()].filter(one => one.preset.name === preset.name).map(({ set }) => set))
  const looked = [...own.size > 0 ? own : published.keys()].map(set =>
    checkVendorSet(publishedJwks(loaded, set, now), preset).map(one => ({ ...one, seen: `set ${set}: ${one.seen}` })))
  return own.size > 0 ? looked.flat() : looked.sort((a, b) => countFaults(a) - countFaults(b))[0]!
}

export const countFaults = (findings: readonly Finding[]): number => findings.filter(({ level }) => level === 'fault').length

/** The JWK Set that is published for a set. */
export function publishedJwks ({ snapshot: { published } }: Loaded, set: string, now: number): string {
  return JSON.stringify({ keys: published.get(set)!.flatMap(one => publishedKeys(one, now)).map(({ jwk }) => jwk) })
}

/** Which key signs, and what the vendor would say of the set and of the claims that the profile forces. */
function checkProfile (profile: Profile, loaded: Loaded, now: number): Finding[] {
  const { name, preset, set, setUrl, params } = profile
  const tell = (one: Finding): Finding => ({ ...one, seen: `profile ${name}: ${one.seen}` })
  try {
    const key = signingKey(loaded.snapshot.sets.get(set)!, profile, now)
    return [
      { check: 'profile', level: 'ok' as const, seen: `${key.kid} signs with ${key.alg} for ${preset.title}` },
      // What comes of a set that the vendor does not fetch is said where the key is handed over.
      ...checkVendorSet(publishedJwks(loaded, set, now), preset).filter(({ check }) => check !== 'vendor-handover'),
      ...checkForced(profile, { client: '', key, set: { url: setUrl }, params, claims: {}, now })
    ].map(tell)
  } catch (error) {
    if (!(error instanceof RequestError)) throw error
    const { hint = `jwksd status ${set}` } = error.details
    return [tell({ check: 'profile', level: 'fault', seen: error.message, why: 'each request for it gets 503', source: 'docs/how-to/rotate.md', hint })]
  }
}

/** The rules of the preset, as far as the claims that they need are forced. Those that differ by client are left out. */
function checkForced ({ name, preset: { title, rules }, claims: { names, resolve } }: Profile, scope: Scope): Finding[] {
  if (names.includes('client.name')) return []
  const forced = resolve(scope) as Claims
  const has = (claim?: string): boolean => claim !== undefined && Object.hasOwn(forced, claim)
  const own = rules.filter(({ claim }) => has(claim)).map(({ checkAll: _, same, ...rule }) => has(same) ? { ...rule, same: same! } : rule)
  return findBrokenRules(own, forced, scope).map(({ rule: { id, claim, text, source } }) => ({
    check: id, level: 'fault', seen: `claims.${claim} breaks a rule of ${title}: ${claim} ${text}`, source, hint: `correct profiles.${name}.claims.${claim}`
  }))
}

function checkCertificate (cert: string, now: number): Finding {
  const { subjectAltName = 'no name', validTo } = new X509Certificate(cert)
  const ends = Date.parse(validTo) / 1000
  const seen = `the certificate for ${subjectAltName.replaceAll(/DNS:|IP Address:/g, '')} ends on ${formatTime(ends)} (${formatRelative(ends - now)})`
  if (ends - now >= ENDS_SOON) return { check: 'certificate', level: 'ok', seen }
  const hint = 'renew it, and look at what should have done so'
  return { check: 'certificate', level: 'warning', seen, why: 'vendors refuse an expired one', source: 'RFC 5280 section 4.1.2.5', hint }
}

function describeClients ({ snapshot: { policy: { clients } } }: Loaded, now: number): Finding {
  const ends = [...clients.values()].flatMap(({ apiKeys }) => apiKeys.map(({ expires = Infinity }) => expires))
  const next = Math.min(...ends.filter(expires => expires > now))
  return { check: 'clients', level: 'ok', seen: `${clients.size} may sign${next < Infinity ? `; the next API key expires on ${formatTime(next)}` : ''}` }
}
