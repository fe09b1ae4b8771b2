// Prepare: a request and its profile → what will be signed. Rejects, before signing, what the operator does not allow
// (403) and what the vendor would reject (422), naming the rule. The caller never adds to a header.

import { randomUUID } from 'node:crypto'
import { isDeepStrictEqual } from 'node:util'
import { deflateRawSync } from 'node:zlib'
import { invalidity } from '../keys/certificate.ts'
import { RequestError } from '../errors.ts'
import type { Key } from '../keys/key.ts'
import { checkClaims, fillClaims } from './claim-rules.ts'
import { readPayload } from './payload.ts'
import { compileShadowing, type RefuseShadowing } from './shadowed-claims.ts'
import { SERVER_CLAIMS, type ServerClaim } from './preset.ts'
import type { Claims, Profile, SigningRequest } from './profile.ts'
import { needsCertificate, type Scope } from './template.ts'

/** The registered claims that the server set. Times are NumericDates (seconds). */
export type ServerClaims = { -readonly [claim in Exclude<ServerClaim, 'jti'>]?: number } & { jti?: string }

/** Everything that a signature needs beside its key. Headers lack `alg`. */
export interface SigningInput {
  readonly protectedHeader: Claims
  readonly unprotectedHeader?: Claims
  readonly payload: Buffer
  readonly serverClaims: ServerClaims
  /** Of claims, as they will be signed. */
  readonly aud?: unknown
}

/** The caller, the key that will sign, and the time (NumericDate, seconds). */
export interface PrepareOptions { readonly client: string, readonly key: Key, readonly now: number }

/**
 * The headers and the payload for a request.
 * @throws RequestError ERR_FORCED_CLAIM, ERR_FORBIDDEN or ERR_RULE_BROKEN naming field, rule, source and hint;
 * ERR_BAD_REQUEST for a payload that cannot be read; ERR_NO_ACTIVE_KEY when the key's certificate is not valid
 */
export function prepare (profile: Profile, request: SigningRequest, { client, key, now }: PrepareOptions): SigningInput {
  const { preset, typ, params, setUrl, backdate = preset.time.backdate ?? 0 } = profile
  const scope: Scope = { client, key, set: { url: setUrl }, params, claims: {}, now: now - backdate }
  requireCertificate(profile, key, now)
  const { payload, ...made } = preset.form.payload === 'claims'
    ? prepareClaims(profile, request, scope, now)
    : { payload: readPayload(profile, request), serverClaims: {} }
  const protectedHeader: Claims = { ...preset.protectedHeader(scope) as Claims, ...(typ !== undefined && { typ }) }
  return {
    protectedHeader,
    ...(preset.unprotectedHeader && { unprotectedHeader: preset.unprotectedHeader(scope) as Claims }),
    payload: protectedHeader.zip === 'DEF' ? deflateRawSync(payload) : payload,
    ...made
  }
}

function requireCertificate ({ preset, claims }: Profile, { certificate, file }: Key, now: number): void {
  if (!certificate || ![...preset.names, ...claims.names].some(needsCertificate)) return
  const wrong = invalidity(certificate, now)
  if (wrong) throw new RequestError('ERR_NO_ACTIVE_KEY', `the certificate of the key ${file} ${wrong}, and ${preset.title} knows the key by it`)
}

/** @param now of the clock; that of the scope may be dated back */
function prepareClaims (profile: Profile, request: SigningRequest, scope: Scope, now: number): Pick<SigningInput, 'payload' | 'serverClaims' | 'aud'> {
  const { preset } = profile
  if ('payload' in request || 'payload_b64u' in request) {
    throw new RequestError('ERR_RULE_BROKEN', `${preset.title} takes claims, not a payload`, {
      field: 'payload' in request ? 'payload' : 'payload_b64u', rule: 'payload', source: preset.form.source, hint: 'send a JSON object as claims'
    })
  }
  const asked = request.claims ?? {}
  const forced = profile.claims.resolve(scope) as Claims
  refuseForced(profile, asked, forced)
  shadowingOf(profile, forced)(asked)
  refuseUnallowed(profile, asked, forced)
  const serverClaims = makeServerClaims(profile, request.ttl, scope.now, now)
  const claims: Claims = { ...asked, ...forced }
  fillClaims(preset.rules, claims, scope)
  Object.assign(claims, serverClaims)
  checkClaims(preset, claims, scope)
  checkAudience(profile, claims.aud)
  return { payload: Buffer.from(JSON.stringify(claims)), serverClaims, aud: claims.aud }
}

const shadowings = new WeakMap<Profile, RefuseShadowing>()

/** Compiled once for each profile, which always forces the same names. */
function shadowingOf (profile: Profile, forced: Claims): RefuseShadowing {
  const known = shadowings.get(profile)
  if (known) return known
  const refuse = compileShadowing([...Object.keys(forced), ...profile.preset.rules.map(({ claim }) => claim)])
  shadowings.set(profile, refuse)
  return refuse
}

function refuseForced (profile: Profile, asked: Claims, forced: Claims): void {
  for (const name of Object.keys(asked)) {
    const field = `claims.${name}`
    if ((SERVER_CLAIMS as readonly string[]).includes(name)) {
      throw new RequestError('ERR_FORCED_CLAIM', `${field} is set by jwksd itself`, {
        field, rule: 'server-claims', hint: name === 'exp' ? 'leave it out and ask for a life with "ttl"' : 'leave it out'
      })
    }
    if (Object.hasOwn(forced, name) && !isDeepStrictEqual(asked[name], forced[name])) {
      throw new RequestError('ERR_FORCED_CLAIM', `${field} contradicts the value that the profile "${profile.name}" forces`, {
        field, rule: 'forced-claims', hint: 'leave it out: the profile adds it'
      })
    }
  }
}

/** What the profile allows; where it says nothing, the claims that the preset knows. */
function refuseUnallowed ({ name, allow, preset }: Profile, asked: Claims, forced: Claims): void {
  const own = Object.entries(asked).filter(([claim]) => !Object.hasOwn(forced, claim))
  const mismatch = allow?.(Object.fromEntries(own))
  const unknown = allow || !preset.allowed ? undefined : own.find(([claim]) => !preset.allowed!.includes(claim))?.[0]
  if (!mismatch && unknown === undefined) return
  const field = ['claims', mismatch ? mismatch.path : unknown].filter(Boolean).join('.')
  throw new RequestError('ERR_FORBIDDEN', `${field} ${mismatch ? mismatch.message : 'is not a claim that callers may send'} (profile "${name}")`, {
    field, rule: 'allowed-claims', hint: `change it, or ask the operator to allow it in profiles.${name}.allow`
  })
}

function makeServerClaims (
  { name, preset, ttl: { default: usual, max } }: Profile, asked: number | undefined, iat: number, now: number
): ServerClaims {
  const { ttl, source, expOnRequest } = preset.time
  const set: readonly ServerClaim[] = expOnRequest && asked !== undefined ? [...preset.time.set, 'exp'] : preset.time.set
  if (asked !== undefined && !set.includes('exp')) {
    throw new RequestError('ERR_RULE_BROKEN', `${preset.title}: tokens have no exp, so no ttl`, { field: 'ttl', rule: 'ttl-none', source, sent: `${asked}`, hint: 'leave ttl out' })
  }
  const life = asked ?? usual
  if (!(life <= max)) {
    throw new RequestError('ERR_RULE_BROKEN', `ttl is ${life} s; the profile "${name}" allows at most ${max} s`, {
      field: 'ttl',
      rule: 'ttl-max',
      ...(ttl.max !== undefined && life > ttl.max && { source }),
      sent: `${life}`,
      hint: `ask for at most ${max} s, or leave ttl out`
    })
  }
  if (set.includes('exp') && iat + life <= now) {
    const backdate = now - iat
    throw new RequestError('ERR_RULE_BROKEN', `ttl is ${life} s and counts from iat, which lies ${backdate} s in the past: the token has expired already`, {
      field: 'ttl', rule: 'ttl-min', sent: `${life}`, hint: `ask for more than ${backdate} s, or leave ttl out`
    })
  }
  const values: Required<ServerClaims> = { iat, nbf: iat, exp: iat + life, jti: '' }
  const serverClaims: ServerClaims = Object.fromEntries(set.map(claim => [claim, values[claim]]))
  if (set.includes('jti')) serverClaims.jti = randomUUID()
  return serverClaims
}

function checkAudience ({ name, aud: allowed }: Profile, aud: unknown): void {
  if (!allowed) return
  const audiences: readonly unknown[] = Array.isArray(aud) ? aud : [aud]
  if (audiences.length > 0 && audiences.every(one => typeof one === 'string' && allowed.includes(one))) return
  throw new RequestError('ERR_FORBIDDEN', `claims.aud is none of the audiences of the profile "${name}"`, {
    field: 'claims.aud', rule: 'allowed-aud', hint: `use one of: ${allowed.join(', ')}`
  })
}
