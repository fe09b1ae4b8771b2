// What a vendor needs to register a profile's key, and what it must answer: facts of the live key set, the preset and the
// profile. Rejects a profile whose vendor takes a certificate, where the key has none.

import { fault } from '../errors.ts'
import type { Certificate } from '../keys/certificate.ts'
import { earliestOf } from '../keys/gate.ts'
import type { Key, PublicJwk } from '../keys/key.ts'
import { isNamed, type KeySet, publishedKeys, stateOf } from '../keys/key-set.ts'
import { formatTime } from '../time.ts'
import type { Advice, PresetData } from '../tokens/preset.ts'
import type { Profile } from '../tokens/profile.ts'
import { isPending } from './pending.ts'
import { type VendorValue, vendorValues } from './vendor-values.ts'

/** A key as the vendor gets it. Times are RFC 3339. */
export interface RegisteredKey {
  readonly kid: string
  readonly alg: string
  readonly kind: string
  /** RSA modulus length. */
  readonly bits?: number
  /** Absent: it signs now. */
  readonly signsFrom?: string
  readonly pem: string
  /** SHA-256 of the public key's DER, standard base64. */
  readonly fingerprint: string
  readonly jwk: PublicJwk
  readonly certificate?: { readonly pem: string, readonly sha1: string, readonly sha256: string, readonly notAfter: string }
}

/** The answer of the JWKS URL. */
export interface JwksResponse { readonly status: 200, readonly headers: Readonly<Record<string, string>>, readonly body: string }

export interface AnsweredValue extends VendorValue {
  /** What the profile has; absent: callers send it. */
  readonly value?: string
  readonly pending: boolean
}

export interface Registration {
  readonly preset: string
  readonly title: string
  readonly profile: string
  readonly set: string
  readonly given: PresetData['key']['given']
  readonly url: string
  readonly host: string
  readonly port: number
  /** Members of the JOSE header. */
  readonly header: readonly string[]
  /** Seconds: how long a key is published before it signs, and after. */
  readonly lead: number
  readonly retire: number
  /** The key that signs, then its successors. */
  readonly keys: readonly RegisteredKey[]
  readonly response: JwksResponse
  readonly values: readonly AnsweredValue[]
  readonly steps: readonly Advice[]
  readonly ask: readonly Advice[]
}

/**
 * @param now NumericDate (seconds)
 * @throws FaultsError when the vendor takes a certificate and the key has none, or no key signs
 */
export function describeRegistration (
  profile: Profile, set: KeySet, { response, now }: { response: JwksResponse, now: number }
): Registration {
  const { preset, setUrl } = profile
  const { hostname: host, port } = new URL(setUrl)
  const issuer = setUrl.slice(0, setUrl.lastIndexOf('/.well-known/'))
  const keys = keysOf(profile, set, now)
  const [first] = keys
  if (!first) throw fault(`profiles.${profile.name}`, `no ${profile.alg} key of the set "${set.name}" signs or will sign`, `see: jwksd status ${set.name}`)
  const { certificate } = first
  const facts: Record<string, string> = {
    url: setUrl, host, issuer, kid: first.kid, alg: first.alg, base64: bodyOf(first.pem), fingerprint: first.fingerprint, thumbprint: certificate?.sha1 ?? ''
  }
  const filled = (list: readonly Advice[] = []): Advice[] =>
    list.map(({ text, source }) => ({ text: text.replaceAll(/\{(\w+)\}/g, (_, name: string) => facts[name]!), source }))
  return {
    preset: preset.name,
    title: preset.title,
    profile: profile.name,
    set: set.name,
    given: preset.key.given,
    url: setUrl,
    host,
    port: Number(port || 443),
    header: ['alg', ...Object.keys(preset.header.protected)],
    lead: set.lead,
    retire: set.retire,
    keys,
    response,
    values: vendorValues(preset, issuer).map(value => answered(value, profile, now)),
    steps: filled(preset.onboarding?.steps),
    ask: filled(preset.onboarding?.ask)
  }
}

function keysOf ({ alg, key: bound, preset, name }: Profile, set: KeySet, now: number): RegisteredKey[] {
  const fitting = publishedKeys(set, now).filter(key => key.alg === alg && stateOf(set, key, now) !== 'deactivated')
  const signing = bound === undefined ? fitting : fitting.filter(key => isNamed(key, bound))
  const bare = preset.key.given === 'certificate' ? signing.find(({ certificate }) => !certificate) : undefined
  if (bare) {
    const crt = bare.file.replace(/\.pem$/, '.crt')
    throw fault(`profiles.${name}`, `${preset.title} takes a certificate, and ${bare.file} has none`,
      `put it beside the key, or make a self-signed one: openssl req -x509 -new -key ${bare.file} -subj /CN=${set.name} -days 365 -out ${crt}`)
  }
  return signing.map(key => registered(key, set, now))
}

function registered (key: Key, set: KeySet, now: number): RegisteredKey {
  const { kid, alg, kind, jwk, certificate } = key
  const bits = key.publicKey.asymmetricKeyDetails?.modulusLength
  return {
    kid,
    alg,
    kind,
    ...(bits !== undefined && { bits }),
    ...(stateOf(set, key, now) === 'pre-activation' && { signsFrom: formatTime(earliestOf(key)) }),
    pem: key.publicPem,
    fingerprint: key.spkiSha256,
    jwk,
    ...(certificate && { certificate: describeCertificate(certificate) })
  }
}

function describeCertificate ({ x5c, x5t, 'x5t#S256': sha256, notAfter }: Certificate): NonNullable<RegisteredKey['certificate']> {
  const hex = (text: string): string => Buffer.from(text, 'base64url').toString('hex').toUpperCase()
  const pem = x5c.map(base64 => `-----BEGIN CERTIFICATE-----\n${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`).join('')
  return { pem, sha1: hex(x5t), sha256: hex(sha256), notAfter: formatTime(notAfter) }
}

/** The base64 of a PEM block in one line. */
function bodyOf (pem: string): string {
  return pem.split('\n').filter(line => !line.startsWith('-')).join('')
}

function answered (value: VendorValue, { claims, params, setUrl }: Profile, now: number): AnsweredValue {
  const scope = { client: '', key: { kid: '', spkiSha256: '' }, set: { url: setUrl }, params, claims: {}, now }
  const places = { claims: claims.resolve(scope) as Record<string, unknown>, params }
  const [section, name] = value.places[0]!.split('.') as ['claims' | 'params', string]
  const found = places[section][name]
  return { ...value, ...(found !== undefined && { value: String(found) }), pending: found === undefined || isPending(String(found)) }
}
