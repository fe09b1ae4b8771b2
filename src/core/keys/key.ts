// A key: PEM text in, a checked Key with its kid, alg and public JWK out (RFC 7517, RFC 7638).
// Refuses weak, broken and unsupported keys by file and reason. Private members never reach a JWK: it is
// built member by member from the public half.

import { createHash, createPrivateKey, createPublicKey, sign, verify, type JsonWebKey, type KeyObject } from 'node:crypto'
import { type Alg, ALGS_OF, defaultAlg, kindOf } from './alg.ts'
import type { Certificate } from './certificate.ts'
import { fault } from '../errors.ts'
import { type Notes, readNotes, splitPem } from './pem.ts'
import { rsaWeakness } from './rsa-strength.ts'

/** How a set names its keys: the eCW guide's rule, or the RFC 7638 thumbprint. */
export type KidScheme = 'pem-sha256' | 'thumbprint'

/** A published key. The members are all there is: nothing is ever copied from a private JWK. */
export interface PublicJwk {
  readonly kty: string
  readonly alg: Alg
  readonly n?: string
  readonly e?: string
  readonly crv?: string
  readonly x?: string
  readonly y?: string
  readonly key_ops: readonly ['verify']
  readonly ext: true
  readonly use: 'sig'
  readonly kid: string
}

/** One key file, read and checked, not yet named. */
export interface ParsedKey {
  readonly file: string
  readonly otherFiles?: readonly string[]
  readonly publicKey: KeyObject
  readonly privateKey?: KeyObject
  /** Read from a private file, of which a public listener keeps the public half alone. */
  readonly privateDropped?: true
  readonly notes: Notes
  /** From the `.crt` file beside the key. */
  readonly certificate?: Certificate
  readonly warnings: readonly string[]
}

/** A key of a set. Without `privateKey` it is published and never signs. */
export interface Key {
  readonly file: string
  readonly kid: string
  readonly alg: Alg
  /** Further files of the same key: its public half where that stands beside the private one. */
  readonly otherFiles: readonly string[]
  /** NumericDate (seconds); absent means since ever. */
  readonly activates?: number
  /** NumericDate (seconds); present means compromised: gone at once, never signs. */
  readonly revoked?: number
  readonly publicKey: KeyObject
  readonly privateKey?: KeyObject
  readonly jwk: PublicJwk
  /** SHA-256 over the public half's DER (SubjectPublicKeyInfo), standard base64. */
  readonly spkiSha256: string
  readonly certificate?: Certificate
}

const PRIVATE_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY']
const PUBLIC_LABELS = ['PUBLIC KEY', 'RSA PUBLIC KEY']
const SUPPORTED = 'RSA, EC P-256, P-384 and P-521, and Ed25519 keys are supported'

/**
 * Reads and checks one key file's text.
 * @param passphrase for an encrypted PKCS#8 key
 * @throws FaultsError naming `file`, the reason and the hint
 */
export function parseKey (file: string, text: string, passphrase?: string): ParsedKey {
  const { preamble, blocks } = splitPem(file, text)
  const { notes, warnings } = readNotes(file, preamble)
  // `openssl ecparam -genkey` writes the curve's name as a block of its own above the key.
  const [block, ...others] = blocks.filter(({ label }) => label !== 'EC PARAMETERS')
  if (!block || others.length > 0) {
    const labels = blocks.map(({ label }) => label).join(', ')
    throw fault(file, `one key is needed in a file, but this one holds: ${labels}`, 'put each key in a file of its own')
  }
  if (PUBLIC_LABELS.includes(block.label)) {
    const publicKey = decode(file, () => createPublicKey(block.text))
    checkPublic(file, publicKey)
    return { file, publicKey, notes, warnings }
  }
  const privateKey = decodePrivate(file, block.label, block.text, passphrase)
  const publicKey = createPublicKey(privateKey)
  checkPublic(file, publicKey)
  checkPair(file, privateKey, publicKey)
  return { file, publicKey, privateKey, notes, warnings }
}

function decode (file: string, read: () => KeyObject): KeyObject {
  try {
    return read()
  } catch {
    throw fault(file, 'the PEM block does not decode to a key', 'look at it with: openssl pkey -in FILE -noout -text')
  }
}

function decodePrivate (file: string, label: string, text: string, passphrase?: string): KeyObject {
  if (!PRIVATE_LABELS.includes(label)) {
    throw fault(file, `it holds a ${label}, not a key`, 'key files hold one private or public key; move this file away')
  }
  if (text.includes('Proc-Type:')) {
    throw fault(file, 'the key is encrypted in the old PEM way, whose key derivation is weak',
      'convert it with: openssl pkcs8 -topk8 -in FILE -out NEW')
  }
  if (label !== 'ENCRYPTED PRIVATE KEY') return decode(file, () => createPrivateKey(text))
  if (passphrase === undefined) {
    throw fault(file, 'the key is encrypted and no passphrase is given',
      'set JWKSD_KEY_PASSPHRASE, or JWKSD_KEY_PASSPHRASE_FILE to a file that holds it')
  }
  try {
    return createPrivateKey({ key: text, passphrase })
  } catch {
    throw fault(file, 'the key cannot be decrypted with the passphrase given',
      'check JWKSD_KEY_PASSPHRASE or the file that JWKSD_KEY_PASSPHRASE_FILE names')
  }
}

function checkPublic (file: string, key: KeyObject): void {
  if (!kindOf(key)) {
    throw fault(file, `${[key.asymmetricKeyType, key.asymmetricKeyDetails?.namedCurve].filter(Boolean).join(' ')} keys are not supported`, SUPPORTED)
  }
  if (key.asymmetricKeyType !== 'rsa') return
  const { n, e } = key.export({ format: 'jwk' })
  const weakness = rsaWeakness(toBigInt(n!), toBigInt(e!))
  if (weakness) throw fault(file, weakness, 'make a sound key with: jwksd keygen --bits 3072')
}

/** Signs and verifies once: a private half that does not fit its public half must never sign a token. */
function checkPair (file: string, privateKey: KeyObject, publicKey: KeyObject): void {
  const probe = Buffer.from('jwksd self-test')
  const digest = kindOf(privateKey) === 'Ed25519' ? null : 'sha256'
  try {
    if (verify(digest, probe, publicKey, sign(digest, probe, privateKey))) return
  } catch { /* a private half that cannot sign at all is told in the same words */ }
  throw fault(file, 'the private key is damaged: what it signs does not verify with its own public half',
    'restore the file from where it came, or make a new key')
}

/**
 * Names a parsed key and fixes its alg: the note's, else the set's where it fits, else the default of its kind.
 * @throws FaultsError when the note's alg does not fit the key
 */
export function toKey (parsed: ParsedKey, scheme: KidScheme, setAlg?: Alg): Key {
  const { file, otherFiles = [], publicKey, privateKey, notes, certificate } = parsed
  const kind = kindOf(publicKey)!
  const fitting = ALGS_OF[kind]
  if (notes.alg && !fitting.includes(notes.alg)) {
    throw fault(file, `the note "alg" says ${notes.alg}, which does not fit a key of kind ${kind}`,
      `use one of ${fitting.join(', ')}`)
  }
  const alg = notes.alg ?? defaultAlg(kind, setAlg)
  const kid = notes.kid ?? (scheme === 'thumbprint' ? thumbprint(publicKey) : pemSha256(publicKey))
  return {
    file,
    otherFiles,
    kid,
    alg,
    publicKey,
    jwk: publicJwk(publicKey, alg, kid),
    spkiSha256: createHash('sha256').update(publicKey.export({ type: 'spki', format: 'der' })).digest('base64'),
    ...(privateKey && { privateKey }),
    ...(certificate && { certificate }),
    ...(notes.activates !== undefined && { activates: notes.activates }),
    ...(notes.revoked !== undefined && { revoked: notes.revoked })
  }
}

/** The public half as `openssl pkey -pubout` writes it. */
export function publicPem (publicKey: KeyObject): string {
  return publicKey.export({ type: 'spki', format: 'pem' }) as string
}

/** True when two key objects are one public key. */
export function samePublicKey (a: KeyObject, b: KeyObject): boolean {
  return publicPem(a) === publicPem(b)
}

/** First 16 hex digits of SHA-256 over the public PEM text (the eCW guide's `generate_kid`). */
function pemSha256 (publicKey: KeyObject): string {
  return createHash('sha256').update(publicPem(publicKey)).digest('hex').slice(0, 16)
}

/** RFC 7638 section 3: SHA-256 over the required members in lexicographic order, base64url. */
function thumbprint (publicKey: KeyObject): string {
  const { crv, e, kty, n, x, y } = publicKey.export({ format: 'jwk' })
  return createHash('sha256').update(JSON.stringify({ crv, e, kty, n, x, y })).digest('base64url')
}

function publicJwk (publicKey: KeyObject, alg: Alg, kid: string): PublicJwk {
  const { kty, n, e, crv, x, y }: JsonWebKey = publicKey.export({ format: 'jwk' })
  const members = kty === 'RSA' ? { n: n!, e: e! } : kty === 'EC' ? { crv: crv!, x: x!, y: y! } : { crv: crv!, x: x! }
  return Object.freeze({ kty: kty!, alg, ...members, key_ops: ['verify'] as const, ext: true, use: 'sig', kid })
}

function toBigInt (base64url: string): bigint {
  return BigInt('0x' + Buffer.from(base64url, 'base64url').toString('hex'))
}
