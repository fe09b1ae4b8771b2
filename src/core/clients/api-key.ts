// API keys: `jwksd_<id>_<secret><checksum>`. The configuration keeps the id and a SHA-256 hash, never the token.
// Compares in constant time.

import { hash, randomBytes, randomInt, timingSafeEqual } from 'node:crypto'
import { crc32 } from 'node:zlib'

/** What the configuration keeps of an API key. `expires` is a NumericDate (seconds). */
export interface ApiKeyHash {
  readonly id: string
  /** SHA-256 over the whole token. */
  readonly sha256: Buffer
  readonly expires?: number
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789'
const ID_LENGTH = 8
const FORM = /^(jwksd_([A-Za-z0-9]{8})_[A-Za-z0-9_-]{43})([A-Za-z0-9_-]{6})$/
const NOBODY = Buffer.alloc(32)

/** SHA-256 of a token: what `printf %s "$TOKEN" | sha256sum` prints. */
export function hashApiKey (token: string): Buffer {
  return Buffer.from(hash('sha256', token, 'binary'), 'binary') // out of the pool: memory of its own would cost more than the hash
}

/** A new API key with a 256-bit random secret. The token is shown once and kept nowhere. */
export function makeApiKey (): { token: string, id: string, sha256: string } {
  const id = Array.from({ length: ID_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  const body = `jwksd_${id}_${randomBytes(32).toString('base64url')}`
  const token = body + checksum(body)
  return { token, id, sha256: hashApiKey(token).toString('hex') }
}

/** CRC-32 as six base64url characters: finds typing errors, and lets secret scanners know a key from noise. */
function checksum (body: string): string {
  const bytes = Buffer.alloc(4)
  bytes.writeUInt32BE(crc32(body))
  return bytes.toString('base64url')
}

/** The id in a token that has the form of an API key, mistyped or not; undefined in any other text. */
export function claimedKeyId (token: string): string | undefined {
  return FORM.exec(token)?.[2]
}

/** The id in a well-formed token, or undefined. */
export function apiKeyId (token: string): string | undefined {
  const [, body, id, check] = FORM.exec(token) ?? []
  return body !== undefined && check === checksum(body) ? id : undefined
}

/**
 * Whether a token is the key whose hash was kept and has not expired. An unknown id (no hash) costs the same work.
 * @param now NumericDate (seconds)
 */
export function matchesApiKey (token: string, kept: ApiKeyHash | undefined, now: number): boolean {
  const equal = timingSafeEqual(hashApiKey(token), kept?.sha256 ?? NOBODY)
  return equal && kept !== undefined && now < (kept.expires ?? Infinity)
}
