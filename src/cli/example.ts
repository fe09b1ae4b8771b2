// A preset's example, signed for display: with a temporary key, and a certificate where one is needed.

import { createPublicKey, type KeyObject } from 'node:crypto'
import { inflateRawSync } from 'node:zlib'
import { type Certificate, readCertificate } from '../core/keys/certificate.ts'
import { type KeyKind, kindFor } from '../core/keys/alg.ts'
import { type Key, toKey } from '../core/keys/key.ts'
import { parseKey } from '../core/keys/parse-key.ts'
import { prepare } from '../core/tokens/prepare.ts'
import type { Preset } from '../core/tokens/preset.ts'
import { compileTemplate, needsCertificate } from '../core/tokens/template.ts'
import { signJws } from '../core/tokens/jws.ts'
import { generatePrivateKey } from '../keystore/generate.ts'
import { selfSign } from './self-signed.ts'

const BITS = 2048

/** One key of each kind is enough for all examples of a process: RSA keys take long to make. */
const made = new Map<KeyKind, KeyObject>()

/** A request and the decoded token that it would get. */
export interface Example {
  readonly request: Record<string, unknown>
  readonly token: Record<string, unknown>
}

/** @param now NumericDate (seconds) */
export async function signExample (preset: Preset, now: number): Promise<Example> {
  const { params = {}, ...request } = preset.example
  const alg = preset.alg.oneOf[0]!
  const key = await makeKey(preset, now)
  const ttl = { default: preset.time.ttl.default, max: preset.time.ttl.default }
  const profile = { name: preset.name, preset, set: preset.name, setUrl: `https://jwks.example.com/${preset.name}/.well-known/jwks.json`, alg, params, claims: compileTemplate({}), ttl }
  const draft = prepare(profile, request, { client: 'example', key, now })
  const signed = await signJws(key, draft, preset.form.serialization)
  const payload = (draft.protectedHeader.zip === 'DEF' ? inflateRawSync(draft.payload) : draft.payload).toString()
  return {
    request: { profile: preset.name, ...request },
    token: {
      header: { alg, ...draft.protectedHeader },
      ...(draft.unprotectedHeader && { unprotected: draft.unprotectedHeader }),
      ...(preset.form.payload === 'claims' ? { claims: JSON.parse(payload) } : { payload }),
      ...signed
    }
  }
}

async function makeKey (preset: Preset, now: number): Promise<Key> {
  const alg = preset.alg.oneOf[0]!
  const kind = kindFor(alg)
  const privateKey = made.get(kind) ?? generatePrivateKey(alg, BITS)
  made.set(kind, privateKey)
  const parsed = parseKey('example.pem', privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
  const certificate = preset.names.some(needsCertificate) ? await certify(privateKey, now) : undefined
  return toKey({ ...parsed, ...(certificate && { certificate }) }, preset.key.kid === 'thumbprint' ? 'thumbprint' : 'pem-sha256', alg)
}

async function certify (privateKey: KeyObject, now: number): Promise<Certificate> {
  const altNames = [{ type: 6, value: 'https://app.example.com' }] as const
  const { cert } = await selfSign({ commonName: 'example', altNames, now, days: 1, privateKey })
  return readCertificate('example.crt', cert, createPublicKey(privateKey))
}
