// Private keys in forms of other programs, turned into PKCS#8: JWK and JWK Set, the JSON of Google service accounts and
// of Box applications, and PEM text that was damaged on its way. Rejects what holds no single private signing key.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { isAlg } from './alg.ts'
import { fault, type FaultsError } from '../errors.ts'
import { decodeText, parseJson } from './form.ts'
import { kidWeakness, type Notes, readNotes } from './notes.ts'
import { shellWord, splitPem, TOO_OLD, withPlainLineEnds } from './pem.ts'

/** A private key and what its file says of it. */
export interface ForeignKey {
  readonly privateKey: KeyObject
  readonly notes: Notes
  /** What else the file held, and was left out. */
  readonly leftOut?: string
}

/** Asks for the passphrase of the file, when it needs one. */
export type AskPassphrase = () => Promise<string>

const PEM = /-----BEGIN ([^\n]+?)-----([\s\S]*?)-----END \1-----/g

/**
 * Restores damaged PEM text: its line ends, without quotes and indentation, 64 characters per line.
 * @param bytes in UTF-8 or UTF-16
 */
export function repairPem (bytes: Buffer): string {
  const text = withPlainLineEnds(decodeText(bytes).replaceAll(/\\r\\n|\\n|\\r/g, '\n'))
  const lines = text.split('\n').map(line => line.trim().replaceAll(/^["']|["']$/g, '')).join('\n')
  return lines.replaceAll(PEM, (_block, label: string, body: string) => {
    const headers = body.split('\n').filter(line => line.includes(':') || line === '').join('\n')
    const base64 = body.split('\n').filter(line => !line.includes(':')).join('').replaceAll(/\s/g, '')
    const top = headers.includes(':') ? `${headers.trim()}\n\n` : ''
    return `\n-----BEGIN ${label}-----\n${top}${base64.replaceAll(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`
  })
}

/**
 * The private key of PEM text, and the notes above it.
 * @throws FaultsError naming `file` when there is none, or more than one
 */
export async function readPem (file: string, bytes: Buffer, ask: AskPassphrase): Promise<ForeignKey> {
  const { preamble, blocks } = splitPem(file, repairPem(bytes))
  const [key, ...others] = blocks.filter(({ label }) => label.endsWith('PRIVATE KEY'))
  if (!key || others.length > 0) throw notOne(file, others.length + (key ? 1 : 0))
  const encrypted = key.label === 'ENCRYPTED PRIVATE KEY' || key.text.includes('Proc-Type:')
  const privateKey = await decode(file, key.text, encrypted ? ask : undefined)
  const certificates = blocks.filter(({ label }) => label === 'CERTIFICATE').length
  return {
    privateKey,
    notes: readNotes(file, preamble).notes,
    ...(certificates > 0 && { leftOut: `its certificate: openssl x509 -in ${shellWord(file)} -out NAME.crt` })
  }
}

/** DER in any of the shapes that OpenSSL knows: PKCS#8, encrypted or not, PKCS#1, SEC1. */
export async function readDerKey (file: string, bytes: Buffer, ask: AskPassphrase): Promise<ForeignKey> {
  for (const type of ['pkcs8', 'pkcs1', 'sec1'] as const) {
    const read = (passphrase?: string): KeyObject => createPrivateKey({ key: bytes, format: 'der', type, ...(passphrase !== undefined && { passphrase }) })
    try {
      return { privateKey: read(), notes: {} }
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ERR_MISSING_PASSPHRASE') continue
    }
    const passphrase = await ask()
    return { privateKey: decrypt(file, () => read(passphrase)), notes: {} }
  }
  throw notOne(file, 0)
}

/**
 * The private key of a JWK or of a JWK Set that holds one.
 * @see RFC 7517 sections 4 and 5
 */
export function readJwks (file: string, bytes: Buffer): ForeignKey {
  const json = parseJson(decodeText(bytes))!
  const jwks = (Array.isArray(json.keys) ? json.keys : [json]) as Array<Record<string, unknown>>
  const [jwk, ...others] = jwks.filter(one => typeof one?.d === 'string')
  if (!jwk || others.length > 0) throw notOne(file, others.length + (jwk ? 1 : 0))
  const { kid, alg, use, ext: _, key_ops: __, ...members } = jwk
  if (use === 'enc' || (alg !== undefined && !isAlg(String(alg)))) {
    throw fault(file, `the JWK is made for another use (${use === 'enc' ? 'use: enc' : `alg: ${String(alg)}`})`, 'a key that signs must do nothing else: make one with jwksd keygen')
  }
  const notes = notesOf(file, kid, alg)
  try {
    return { privateKey: createPrivateKey({ key: { ...members }, format: 'jwk' }), notes }
  } catch {
    throw fault(file, `the JWK lacks members of a private ${String(jwk.kty)} key, or they are wrong`, 'an RSA key needs n, e, d, p, q, dp, dq and qi; an EC key crv, x, y and d; an OKP key crv, x and d')
  }
}

/** Google names the key by `private_key_id` and verifies RS256. */
export async function readServiceAccount (file: string, bytes: Buffer, ask: AskPassphrase): Promise<ForeignKey> {
  const { private_key: pem, private_key_id: kid } = parseJson(decodeText(bytes))!
  const { privateKey } = await readPem(file, Buffer.from(String(pem)), ask)
  return { privateKey, notes: notesOf(file, kid, 'RS256') }
}

/** Box keeps the passphrase of the key beside it. */
export async function readBox (file: string, bytes: Buffer): Promise<ForeignKey> {
  const settings = parseJson(decodeText(bytes))!.boxAppSettings as { appAuth?: Record<string, unknown> }
  const { publicKeyID: kid, privateKey: pem, passphrase } = settings.appAuth ?? {}
  const { privateKey } = await readPem(file, Buffer.from(String(pem)), async () => String(passphrase))
  return { privateKey, notes: notesOf(file, kid, undefined) }
}

/** @throws FaultsError when a kid cannot be kept */
function notesOf (file: string, kid: unknown, alg: unknown): Notes {
  const wrong = kid === undefined ? undefined : kidWeakness(String(kid))
  if (wrong) throw fault(file, `its kid ${wrong}`, 'change it in a copy of the file, and tell the vendor')
  return { ...(kid !== undefined && { kid: String(kid) }), ...(alg !== undefined && { alg: alg as NonNullable<Notes['alg']> }) }
}

async function decode (file: string, pem: string, ask: AskPassphrase | undefined): Promise<KeyObject> {
  if (ask) {
    const passphrase = await ask()
    return decrypt(file, () => createPrivateKey({ key: pem, passphrase }), `try another passphrase; where it is right, ${TOO_OLD}`)
  }
  try {
    return createPrivateKey(pem)
  } catch {
    throw fault(file, 'its PEM block does not decode to a key', 'get the file again from where it was made')
  }
}

/** @throws FaultsError naming `file` when `read` throws: the passphrase is wrong, or the file is damaged */
export function decrypt<T> (file: string, read: () => T, hint = 'try another passphrase, or get the file again from where it was made'): T {
  try {
    return read()
  } catch {
    throw fault(file, 'cannot be decrypted with the passphrase given', hint)
  }
}

/** A file without a private key, or with several of which nothing says which one is meant. */
export function notOne (file: string, count: number): FaultsError {
  return count === 0
    ? fault(file, 'holds no private key', 'name the file with the private key')
    : fault(file, `holds ${count} private keys`, 'put the one that signs in a file of its own')
}
