// PEM text in, a checked key out. Rejects weak, broken and unsupported keys, each with its reason.

import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { fault, FaultsError } from '../errors.ts'
import { type Element, itemsOf, NotDer, readDer, TAG, toNumber } from './der.ts'
import { FORMS, formOf, hintFor } from './form.ts'
import { identify, type PublicMembers } from './identity.ts'
import type { ParsedKey } from './key.ts'
import { readNotes } from './notes.ts'
import { type PemBlock, shellWord, splitPem, TOO_OLD } from './pem.ts'
import { checkPair, readPrivateJwk } from './private-key.ts'
import { rsaModulusWeakness, rsaSizeWeakness } from './rsa-strength.ts'
import { type PublicInfo, readRsaPublicKey, readSpki } from './spki.ts'

const PRIVATE_LABELS = ['PRIVATE KEY', 'RSA PRIVATE KEY', 'EC PRIVATE KEY', 'ENCRYPTED PRIVATE KEY']
const PUBLIC_LABELS = ['PUBLIC KEY', 'RSA PUBLIC KEY']
const MOST_ITERATIONS = 5_000_000n
const BASE64 = /^[A-Za-z0-9+/\s]*={0,2}\s*$/

/**
 * Reads and checks one key file's content.
 * @param passphrase for an encrypted PKCS#8 key
 * @throws FaultsError naming `file`, the reason and the hint
 */
export function parseKey (file: string, content: string | Buffer, passphrase?: string): ParsedKey {
  const bytes = Buffer.from(content)
  const form = formOf(bytes)
  if (form !== undefined && form !== 'pem') throw fault(file, `it is ${FORMS[form]}, not a key in PEM`, hintFor(form, file))
  const { preamble, blocks, rest } = splitPem(file, bytes.toString('utf8'))
  const { notes, warnings } = readNotes(file, preamble, rest)
  const block = onlyKey(file, blocks)
  if (PUBLIC_LABELS.includes(block.label)) {
    const { members, algs } = decode(file, () => readPublic(file, block))
    checkRsa(file, members, false)
    return { file, ...identify(members), ...(algs && { algs }), notes, warnings }
  }
  const given = decodePrivate(file, block, passphrase)
  return { file, ...decode(file, () => readPrivate(file, given)), notes, warnings }
}

/** The checked key: on a named curve and without limits of its own, whatever its file has. */
function readPrivate (file: string, given: KeyObject): Omit<ParsedKey, 'file' | 'notes' | 'warnings'> {
  const publicKey = createPublicKey(given)
  const der = publicKey.export({ type: 'spki', format: 'der' })
  const { members, algs, isUsual } = readSpki(file, der)
  checkRsa(file, members, true)
  const jwk = readPrivateJwk(file, given.export({ type: 'pkcs8', format: 'der' }), members)
  const identity = identify(members, isUsual ? { publicKey, der } : undefined)
  const privateKey = isUsual ? given : createPrivateKey({ key: jwk, format: 'jwk' })
  checkPair(file, privateKey, identity.publicKey)
  return { ...identity, privateKey, ...(algs && { algs }) }
}

/** The one block of a file that is a key. */
function onlyKey (file: string, blocks: readonly PemBlock[]): PemBlock {
  // `openssl ecparam -genkey` writes the curve's name as a block of its own above the key.
  const [block, ...others] = blocks.filter(({ label }) => label !== 'EC PARAMETERS')
  if (block && others.length === 0) return block
  const labels = blocks.map(({ label }) => label)
  const keys = labels.filter(label => label.endsWith('KEY'))
  if (keys.length === 1 && labels.includes('CERTIFICATE')) {
    const beside = shellWord(file.replace(/\.pem$/, '') + '.crt')
    throw fault(file, 'it holds a key and a certificate', `put the certificate in ${beside} (openssl x509 -in ${shellWord(file)} -out ${beside}) and leave only the key here`)
  }
  throw fault(file, `one key is needed in a file, but this one holds: ${labels.join(', ')}`, 'put each key in a file of its own')
}

function readPublic (file: string, { label, base64 }: PemBlock): PublicInfo {
  if (!BASE64.test(base64)) throw new NotDer('it is not base64')
  const der = Buffer.from(base64, 'base64')
  return label === 'PUBLIC KEY' ? readSpki(file, der) : { members: readRsaPublicKey(der) }
}

function decode<T> (file: string, read: () => T): T {
  try {
    return read()
  } catch (error) {
    if (error instanceof FaultsError) throw error
    throw fault(file, 'the PEM block does not decode to a key', 'look at it with: openssl pkey -in FILE -noout -text')
  }
}

function decodePrivate (file: string, { label, text, base64 }: PemBlock, passphrase?: string): KeyObject {
  if (!PRIVATE_LABELS.includes(label)) {
    throw fault(file, `it holds a ${label}, not a key`, label === 'CERTIFICATE'
      ? 'a certificate goes beside its key, under the same name with .crt'
      : 'key files hold one private or public key; move this file away')
  }
  if (text.includes('Proc-Type:')) {
    throw fault(file, 'the key is encrypted in the old PEM way, whose key derivation is weak',
      'convert it with: openssl pkcs8 -topk8 -in FILE -out NEW')
  }
  if (label !== 'ENCRYPTED PRIVATE KEY') return decode(file, () => createPrivateKey(text))
  if (passphrase === undefined) {
    throw fault(file, 'the key is encrypted and no passphrase is given',
      'set JWKSD_KEY_PASSPHRASE, JWKSD_KEY_PASSPHRASE_FILE to a file that holds it, or put it in NAME.passphrase beside NAME.pem')
  }
  decode(file, () => checkDerivation(file, Buffer.from(base64, 'base64')))
  try {
    return createPrivateKey({ key: text, passphrase })
  } catch {
    throw fault(
      file,
      'the key cannot be decrypted with the passphrase given',
      `check NAME.passphrase beside NAME.pem, JWKSD_KEY_PASSPHRASE or the file that JWKSD_KEY_PASSPHRASE_FILE names; where it is right, ${TOO_OLD}, then copy the lines with # above the block`
    )
  }
}

/** A file decides how often its passphrase is hashed: one that would take hours must not stop a server. */
function checkDerivation (file: string, der: Buffer): void {
  const numbers = ({ tag, content }: Element): bigint[] => {
    if (tag === TAG.integer) return [toNumber(content)]
    return tag === TAG.sequence ? itemsOf({ tag, content }).flatMap(numbers) : []
  }
  const [algorithm] = itemsOf(readDer(der))
  if (!algorithm || numbers(algorithm).every(number => number <= MOST_ITERATIONS)) return
  throw fault(file, `the key is encrypted with more than ${MOST_ITERATIONS} iterations of its key derivation`,
    'encrypt it again with: openssl pkcs8 -topk8 -in FILE -out NEW')
}

/** @param hasFactors the private key is there too: what its factors show is checked by them */
function checkRsa (file: string, { n, e }: PublicMembers, hasFactors: boolean): void {
  if (n === undefined || e === undefined) return
  const modulus = toNumber(Buffer.from(n, 'base64url'))
  const weakness = rsaSizeWeakness(modulus, toNumber(Buffer.from(e, 'base64url'))) ?? (hasFactors ? undefined : rsaModulusWeakness(modulus))
  if (weakness) throw fault(file, weakness, 'make a sound key with: jwksd keygen --bits 3072')
}
