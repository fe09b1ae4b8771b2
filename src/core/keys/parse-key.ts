// PEM text in, a checked key out. Rejects weak, broken and unsupported keys, each with its reason.

import { createPrivateKey, createPublicKey, type KeyObject, sign, verify } from 'node:crypto'
import { kindOf } from './alg.ts'
import { fault } from '../errors.ts'
import { identify } from './identity.ts'
import type { ParsedKey } from './key.ts'
import { readNotes } from './notes.ts'
import { splitPem } from './pem.ts'
import { rsaWeakness } from './rsa-strength.ts'

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
    return { file, ...identify(publicKey), notes, warnings }
  }
  const privateKey = decodePrivate(file, block.label, block.text, passphrase)
  const publicKey = createPublicKey(privateKey)
  checkPublic(file, publicKey)
  checkPair(file, privateKey, publicKey)
  return { file, ...identify(publicKey), privateKey, notes, warnings }
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
  } catch { /* a private half that cannot sign at all is reported in the same words */ }
  throw fault(file, 'the private key is damaged: what it signs does not verify with its own public half',
    'restore the file from where it came, or make a new key')
}

function toBigInt (base64url: string): bigint {
  return BigInt('0x' + Buffer.from(base64url, 'base64url').toString('hex'))
}
