// In which form a key came, when it is not PEM text that can be read as it is: for a fault that says what the file is
// and which command takes it, and for `jwksd import`. Looks only at the outside; nothing here decodes a key.

import { itemsOf, readDer, TAG, toNumber } from './der.ts'
import { shellWord } from './pem.ts'

export type FormName = 'pem' | 'utf-16' | 'openssh' | 'ssh-public' | 'putty' | 'jks' | 'pkcs12' | 'der' | 'jwk' | 'jwk-set' | 'service-account' | 'box'

export const FORMS: Record<FormName, string> = {
  pem: 'PEM text',
  'utf-16': 'text in UTF-16',
  openssh: 'an OpenSSH private key',
  'ssh-public': 'an OpenSSH public key',
  putty: 'a PuTTY private key',
  jks: 'a Java key store',
  pkcs12: 'PKCS#12 (.p12, .pfx)',
  der: 'DER, the binary form',
  jwk: 'a JWK',
  'jwk-set': 'a JWK Set',
  'service-account': 'a Google service account\'s JSON',
  box: 'a Box application\'s JSON'
}

/** The form of a file's bytes, or undefined when they are no key in any form that jwksd knows. */
export function formOf (bytes: Buffer): FormName | undefined {
  if (isUtf16(bytes)) return 'utf-16'
  if (bytes.length > 4 && bytes.readUInt32BE(0) === 0xfeedfeed) return 'jks'
  const text = bytes.toString('utf8')
  if (text.includes('-----BEGIN OPENSSH PRIVATE KEY-----')) return 'openssh'
  if (text.includes('-----BEGIN ')) return jsonForm(text) ?? 'pem'
  if (text.startsWith('PuTTY-User-Key-File')) return 'putty'
  if (/^(ssh-(rsa|ed25519)|ecdsa-sha2-nistp\d+) AAAA/.test(text)) return 'ssh-public'
  return bytes[0] === TAG.sequence ? binaryForm(bytes) : jsonForm(text)
}

/** With a byte order mark, or with a zero octet beside each of the first characters. */
function isUtf16 (bytes: Buffer): boolean {
  const [a, b, c, d] = bytes
  if ((a === 0xff && b === 0xfe) || (a === 0xfe && b === 0xff)) return true
  return d !== undefined && (a === 0 && c === 0) !== (b === 0 && d === 0)
}

/** Text of any encoding that a byte order mark or zero octets tell. */
export function decodeText (bytes: Buffer): string {
  if (!isUtf16(bytes)) return bytes.toString('utf8')
  const bigEndian = bytes[0] === 0xfe || bytes[0] === 0
  return new TextDecoder(bigEndian ? 'utf-16be' : 'utf-16le').decode(bytes)
}

function binaryForm (bytes: Buffer): FormName | undefined {
  if (bytes[1] === 0x80) return 'pkcs12' // of indefinite length, which only PKCS#12 writers use
  try {
    const [first, second] = itemsOf(readDer(bytes))
    if (first?.tag === TAG.integer && toNumber(first.content) === 3n && second?.tag === TAG.sequence) return 'pkcs12'
    return first ? 'der' : undefined
  } catch {
    return undefined
  }
}

function jsonForm (text: string): FormName | undefined {
  const json = parseJson(text)
  if (Array.isArray(json?.keys)) return 'jwk-set'
  if (typeof json?.kty === 'string') return 'jwk'
  if (json?.type === 'service_account') return 'service-account'
  return json?.boxAppSettings ? 'box' : undefined
}

/** The object that a text is in JSON, or undefined. */
export function parseJson (text: string): Record<string, unknown> | undefined {
  if (!/^\uFEFF?\s*[[{]/.test(text)) return undefined // as most are: an error costs more than a look
  try {
    return JSON.parse(text.replace(/^\uFEFF/, '')) as Record<string, unknown>
  } catch {
    return undefined
  }
}

/** The command that makes a key file of a file in this form. */
export function hintFor (form: FormName, file: string): string {
  const name = shellWord(file)
  switch (form) {
    case 'ssh-public': return `ssh-keygen -e -m PKCS8 -f ${name} > NAME.pem (not for Ed25519)`
    case 'putty': return `puttygen ${name} -O private-openssh -o NEW, then: jwksd import NEW`
    case 'jks': return `keytool -importkeystore -srckeystore ${name} -destkeystore NEW.p12 -deststoretype pkcs12, then: jwksd import NEW.p12`
    default: return `jwksd import ${name}`
  }
}
