// A jwksd with a set and two profiles for each preset: one as its vendor's document has it, and `<preset>-open`, which
// forces nothing and allows every claim, so that only the vendor's own rules refuse.

import { createHash, createPublicKey, type KeyObject, X509Certificate } from 'node:crypto'
import { mkdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { type Deployment, deploy } from './deployment.ts'
import { makePrivateKey, type TestKind } from './keys.ts'
import { makeCertificate } from './openssl.ts'
import type { KeyFacts, PresetCase } from './preset-case.ts'

/** The URI in the test certificates. */
export const CERTIFIED_URI = 'https://app.example.com/fhir-client'

export interface PresetDeployment extends Deployment {
  readonly facts: (preset: string) => KeyFacts
  readonly publicKey: (preset: string) => KeyObject
}

interface Material { readonly pem: string, readonly crt?: string }

/** One key for each kind, with and without a certificate: many sets may hold the same one. */
function makeMaterial (directory: string, cases: Readonly<Record<string, PresetCase>>): (one: PresetCase) => Material {
  const made = new Map<string, Material>()
  const make = (kind: TestKind, certified: boolean): Material => {
    if (!certified) return { pem: makePrivateKey(kind).export({ type: 'pkcs8', format: 'pem' }) as string }
    const { cert, key } = makeCertificate(directory, kind, { ...(kind === 'RSA' && { rsaBits: 2048 }), san: `DNS:app.example.com,URI:${CERTIFIED_URI}` })
    return { pem: readFileSync(key, 'utf8'), crt: readFileSync(cert, 'utf8') }
  }
  for (const { kind, certified = false } of Object.values(cases)) {
    const name = `${kind} ${certified}`
    if (!made.has(name)) made.set(name, make(kind, certified))
  }
  return ({ kind, certified = false }) => made.get(`${kind} ${certified}`)!
}

/** @param config further fields of the configuration */
export async function deployPresets (
  t: { testdir: () => string }, cases: Readonly<Record<string, PresetCase>>, config: Record<string, unknown> = {}
): Promise<PresetDeployment> {
  const scratch = path.join(t.testdir(), 'made')
  mkdirSync(scratch)
  const materialOf = makeMaterial(scratch, cases)
  const entries = Object.entries(cases)
  const keys = Object.fromEntries(entries.flatMap(([name, one]) => {
    const { pem, crt } = materialOf(one)
    const notes = `# alg: ${one.alg}\n${one.kid === undefined ? '' : `# kid: ${one.kid}\n`}`
    return [[`${name}/key.pem`, notes + pem], ...(crt ? [[`${name}/key.crt`, crt]] : [])]
  })) as Record<string, string>
  const profiles = entries.flatMap(([name, { params, forced }]) => {
    const preset = name.replace(/^own-/, '')
    const common = { preset, set: name, ...(params && { params }) }
    const open = cases[name]!.payload === undefined ? { allow: { additionalProperties: true } } : {}
    return [[name, { ...common, ...(forced && { claims: forced }) }], [`${name}-open`, { ...common, ...open }]]
  })
  const deployment = await deploy(t, {
    keys,
    config: {
      sets: Object.fromEntries(entries.map(([name, { set = {} }]) => [name, { lead: '30h', ...set }])),
      profiles: Object.fromEntries(profiles),
      ...config
    },
    client: { profiles: profiles.map(([name]) => name) }
  })
  return {
    ...deployment,
    publicKey: name => createPublicKey(materialOf(cases[name]!).pem),
    facts: name => factsOf(materialOf(cases[name]!), cases[name]!.kid)
  }
}

/** RFC 7638 section 3: only the required members, in lexicographic order, without spaces. */
function thumbprintOf (key: KeyObject): string {
  const { crv, e, kty, n, x, y } = key.export({ format: 'jwk' })
  const text = kty === 'RSA' ? `{"e":"${e}","kty":"RSA","n":"${n}"}` : `{"crv":"${crv}","kty":"${kty}","x":"${x}"${y ? `,"y":"${y}"` : ''}}`
  return createHash('sha256').update(text).digest('base64url')
}

function factsOf ({ pem, crt }: Material, kid?: string): KeyFacts {
  const key = createPublicKey(pem)
  const text = key.export({ type: 'spki', format: 'pem' })
  const digest = (name: string, data: Buffer): Buffer => createHash(name).update(data).digest()
  const raw = crt === undefined ? undefined : new X509Certificate(crt).raw
  return {
    kid: kid ?? createHash('sha256').update(text).digest('hex').slice(0, 16),
    spkiSha256: digest('sha256', key.export({ type: 'spki', format: 'der' })).toString('base64'),
    thumbprint: thumbprintOf(key),
    x5c: raw ? [raw.toString('base64')] : [],
    x5t: raw ? digest('sha1', raw).toString('base64url') : '',
    x5tS256: raw ? digest('sha256', raw).toString('base64url') : ''
  }
}
