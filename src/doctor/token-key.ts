// The key of a token: found by kid in the JWK Set as a vendor finds it, and its signature. Where that key does not verify,
// every other key of the set is tried: a signature by another one is a kid that is wrong, and is reported as such.

import { constants, createPublicKey, type JsonWebKey, verify } from 'node:crypto'
import type { JWK } from 'jose'
import { type Alg, kindFor } from '../core/keys/alg.ts'
import { didYouMean } from '../core/near-match.ts'
import { describeSent } from '../core/secrets.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Finding } from './finding.ts'
import type { OpenedToken } from './token-form.ts'

/** Octets of an ECDSA signature (RFC 7518 section 3.4). */
const ECDSA_LENGTH: Partial<Record<Alg, number>> = { ES256: 64, ES384: 96, ES512: 132 }
/** What a set's kids are listed with at most. */
const MOST_KIDS = 10

interface KeyFindings {
  readonly findings: readonly Finding[]
  /** The key that verifies. */
  readonly jwk?: JWK
}

interface Signing { readonly alg: Alg, readonly preset?: Preset }

/** @param keys of the JWK Set */
export function checkKey (token: OpenedToken, keys: readonly JWK[], { alg, preset }: Signing): KeyFindings {
  const kid = token.protectedHeader.kid ?? token.unprotectedHeader.kid
  const { chosen, findings } = chooseKey(kid, keys, { alg, ...preset && { preset } })
  if (token.jws.payload === undefined) {
    return { findings: [...findings, { check: 'signature', level: 'warning', seen: 'the signature was not verified: the payload is detached', hint: 'give the payload with --payload FILE' }] }
  }
  const others = keys.filter(key => key !== chosen && fits(key, alg))
  for (const jwk of chosen ? [chosen, ...others] : others) {
    if (verifies(token, jwk, alg)) return { jwk, findings: [...findings, ...judge(jwk, { chosen, kid })] }
  }
  return { findings: [...findings, explainSignature(token, alg, chosen)] }
}

/** The signature is right for `jwk`; whether a vendor uses that key is another question. */
function judge (jwk: JWK, { chosen, kid }: { chosen: JWK | undefined, kid: unknown }): Finding[] {
  if (jwk === chosen || jwk.kid === kid || kid === undefined) return [{ check: 'signature', level: 'ok', seen: `the signature verifies with the key ${describeKid(jwk.kid)}` }]
  return [{
    check: 'kid-mismatch',
    level: 'fault',
    seen: `the header names the key ${describeKid(kid)}, but the key ${describeKid(jwk.kid)} of the set verifies the signature`,
    why: 'a vendor tries only the key that the header names',
    source: 'RFC 7515 section 4.1.4',
    hint: `write kid ${describeKid(jwk.kid)} into the header, or sign with the other key`
  }]
}

interface Choice { readonly chosen?: JWK, readonly findings: Finding[] }

/** The single key of the kid and of a fitting type (SMART App Launch 2.2, signature verification, step 3). */
function chooseKey (kid: unknown, keys: readonly JWK[], { alg, preset }: Signing): Choice {
  const fitting = keys.filter(key => fits(key, alg))
  const fault = (check: string, seen: string, hint: string, source = 'RFC 7517 section 4.5'): Choice => ({ findings: [{ check, level: 'fault', seen, source, hint }] })
  if (kid === undefined) return chooseWithoutKid(fitting, preset)
  const named = keys.filter(key => key.kid === kid)
  if (named.length === 0) {
    const kids = keys.map(key => describeKid(key.kid))
    const shown = kids.length > MOST_KIDS ? `${kids.slice(0, MOST_KIDS).join(', ')} and ${kids.length - MOST_KIDS} more` : kids.join(', ')
    return fault('kid-not-found', `the set has no key ${describeKid(kid)}; it has ${shown || 'no key'}`,
      didYouMean(String(kid), keys.map(key => String(key.kid)), 'publish the key before it signs, or correct the kid'))
  }
  const both = named.filter(key => fits(key, alg))
  if (both.length > 1) return fault('kid-not-unique', `the set has ${both.length} keys of the kid ${describeKid(kid)}`, 'give each key a kid of its own: many consumers refuse the whole set')
  const [chosen] = both
  if (!chosen) {
    return fault('key-type', `the key ${describeKid(kid)} is ${describeType(named[0]!)}, and ${alg} needs ${kindFor(alg)}`, 'sign with an alg that fits the key', 'RFC 7518 section 3.1')
  }
  return { chosen, findings: checkMembers(chosen, alg) }
}

/** A vendor that asks for no kid tries the keys that fit; one that asks for it finds none. */
function chooseWithoutKid (fitting: readonly JWK[], preset?: Preset): Choice {
  const { protected: members = {}, unprotected = {}, source = '' } = preset?.header ?? {}
  const seen = 'the header has no kid'
  const hint = 'write the kid of the key into the header'
  if (Object.hasOwn(members, 'kid') || Object.hasOwn(unprotected, 'kid')) return { findings: [{ check: 'kid-missing', level: 'fault', seen, source, hint }] }
  if (preset || fitting.length < 2) return { findings: [] }
  return {
    findings: [{ check: 'kid-missing', level: 'fault', seen: `${seen}, and ${fitting.length} keys of the set fit`, why: 'jose and others refuse to guess', source: 'jose, createRemoteJWKSet', hint }]
  }
}

/** `alg`, `use` and `key_ops` of the JWK, which consumers compare with what the token asks for. */
function checkMembers (jwk: JWK, alg: Alg): Finding[] {
  const { alg: published = alg, use = 'sig', key_ops: operations = ['verify'] } = jwk
  const findings: Finding[] = []
  const add = (check: string, seen: string, hint: string, source: string): void => { findings.push({ check, level: 'fault', seen: `the key ${describeKid(jwk.kid)} ${seen}`, source, hint }) }
  if (published !== alg) add('jwk-alg', `is published for ${describeSent('alg', published)}, and the token is signed with ${alg}`, 'sign with the alg of the key, or publish it for the other', 'RFC 7517 section 4.4; jose and node-oidc-provider compare them')
  if (use !== 'sig') add('jwk-use', `is published with use: ${describeSent('use', use)}`, 'publish it with use: "sig"', 'RFC 7517 section 4.2')
  if (!operations.includes('verify')) add('jwk-use', 'is published with key_ops that lack verify', 'publish it with key_ops: ["verify"]', 'RFC 7517 section 4.3')
  return findings
}

/** Public text, but from outside. */
function describeKid (kid: unknown): string {
  return kid === undefined ? 'without kid' : describeSent('kid', kid)
}

function describeType ({ kty, crv }: JWK): string {
  return describeSent('kty', crv ?? kty)
}

function fits ({ kty, crv }: JWK, alg: Alg): boolean {
  return (kty === 'RSA' ? 'RSA' : crv) === kindFor(alg)
}

/** With node:crypto: a JOSE library would also judge the header, and not say which of the two failed. */
function verifies ({ jws }: OpenedToken, { kty, n, e, crv, x, y }: JWK, alg: Alg): boolean {
  const input = Buffer.from(`${jws.protected}.${jws.payload}`)
  const padding = alg.startsWith('PS') && { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }
  try {
    const key = createPublicKey({ key: { kty, n, e, crv, x, y } as JsonWebKey, format: 'jwk' })
    const digest = kty === 'OKP' ? null : `sha${alg.slice(2)}`
    return verify(digest, input, { key, dsaEncoding: 'ieee-p1363', ...padding }, Buffer.from(jws.signature, 'base64url'))
  } catch {
    return false // what the set has is no key
  }
}

function explainSignature ({ jws }: OpenedToken, alg: Alg, chosen?: JWK): Finding {
  const bytes = Buffer.from(jws.signature, 'base64url')
  const needed = ECDSA_LENGTH[alg] ?? (chosen?.n === undefined ? undefined : Buffer.from(chosen.n, 'base64url').length)
  const bad = (seen: string, hint: string, check = 'signature'): Finding => ({ check, level: 'fault', seen, source: 'RFC 7518 section 3', hint })
  if (bytes.length === 0) return bad('the token has no signature', 'copy the whole token', 'token-truncated')
  if (alg in ECDSA_LENGTH && bytes[0] === 0x30 && bytes.length !== needed) {
    return bad(`the signature has ${bytes.length} octets and is in DER, as OpenSSL writes it`, 'write it as the two numbers R and S of equal length (RFC 7518 section 3.4)', 'signature-der')
  }
  if (needed !== undefined && bytes.length !== needed) return bad(`the signature has ${bytes.length} octets; with this key ${alg} makes ${needed}`, 'copy the whole token', 'token-truncated')
  return bad('no key of the set verifies the signature', 'publish the key that signs, or sign the exact bytes that are sent')
}
