// Private keys as ssh-keygen writes them (OpenSSH's PROTOCOL.key), read by sshpk, which is loaded only here.

import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto'
import type { PrivateKey } from 'sshpk'
import { fault } from '../core/errors.ts'
import { toNumber } from '../core/keys/der.ts'
import { decrypt, type AskPassphrase, type ForeignKey, notOne, repairPem } from '../core/keys/foreign.ts'
import { shellWord } from '../core/keys/pem.ts'
import { encode } from '../core/keys/spki.ts'

/** PROTOCOL.key: begins the file; the name of the cipher follows, its length before it. */
const MAGIC = 'openssh-key-v1\0'

/** @throws FaultsError naming `file` when it cannot be decrypted or is damaged */
export async function readOpenssh (file: string, bytes: Buffer, ask: AskPassphrase): Promise<ForeignKey> {
  const { default: sshpk } = await import('sshpk')
  const pem = repairPem(bytes).trim()
  const cipher = cipherOf(pem)
  if (/gcm|chacha/.test(cipher)) {
    const copy = shellWord(`${file}-ctr`)
    throw fault(file, `is encrypted with ${cipher}, which jwksd does not read`, `import a copy: cp ${shellWord(file)} ${copy} && ssh-keygen -p -Z aes256-ctr -f ${copy}`)
  }
  const read = (passphrase?: string) => sshpk.parsePrivateKey(pem, 'ssh', passphrase === undefined ? {} : { passphrase })
  const isEncrypted = (): boolean => {
    try {
      return !read()
    } catch (error) {
      if ((error as Error).name === 'KeyEncryptedError') return true
      throw notOne(file, 0)
    }
  }
  const passphrase = isEncrypted() ? await ask() : undefined
  const key = decrypt(file, () => read(passphrase))
  return { privateKey: toKeyObject(key), notes: {} }
}

/** What a file is encrypted with, or nothing where it is damaged. */
function cipherOf (pem: string): string {
  const bytes = Buffer.from(pem.replaceAll(/-----[^-]+-----/g, ''), 'base64').subarray(MAGIC.length)
  return bytes.length < 4 ? '' : bytes.subarray(4, 4 + bytes.readUInt32BE()).toString('latin1')
}

/** By the numbers: sshpk's own PKCS#8 has exponents of RSA keys that do not fit, and Ed25519 from before RFC 8410. */
function toKeyObject (key: PrivateKey): KeyObject {
  const part = (name: string): Buffer => key.parts.find(part => part.name === name)!.data
  const number = (name: string): bigint => toNumber(part(name))
  const fromJwk = (jwk: JsonWebKey): KeyObject => createPrivateKey({ key: jwk, format: 'jwk' })
  if (key.type === 'rsa') {
    const [n, e, d, p, q, qi] = ['n', 'e', 'd', 'p', 'q', 'iqmp'].map(number) as [bigint, bigint, bigint, bigint, bigint, bigint]
    const numbers = { n, e, d, p, q, dp: d % (p - 1n), dq: d % (q - 1n), qi }
    return fromJwk({ kty: 'RSA', ...Object.fromEntries(Object.entries(numbers).map(([name, value]) => [name, encode(value)])) })
  }
  if (key.type !== 'ed25519') return createPrivateKey(key.toString('pkcs8'))
  return fromJwk({ kty: 'OKP', crv: 'Ed25519', x: part('A').toString('base64url'), d: part('k').toString('base64url') })
}
