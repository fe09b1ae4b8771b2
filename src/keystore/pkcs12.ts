// PKCS#12 (RFC 7292), old and new encryption, read by node-forge, which is loaded only here: Node has no reader of it.

import { createPrivateKey } from 'node:crypto'
import type { pkcs12 as Pkcs12 } from 'node-forge'
import { type AskPassphrase, decrypt, type ForeignKey, notOne } from '../core/keys/foreign.ts'
import { shellWord } from '../core/keys/pem.ts'

/** @throws FaultsError naming `file` when it cannot be decrypted, or does not hold one private key */
export async function readPkcs12 (file: string, bytes: Buffer, ask: AskPassphrase): Promise<ForeignKey> {
  const { default: { asn1, pkcs12, pki } } = await import('node-forge')
  const open = (passphrase: string) => pkcs12.pkcs12FromAsn1(asn1.fromDer(bytes.toString('binary')), false, passphrase)
  const opened = await openWith(file, open, ask)
  const bagsOf = (bagType: string): Pkcs12.Bag[] => opened.getBags({ bagType })[bagType]!
  const bags = [pki.oids.pkcs8ShroudedKeyBag!, pki.oids.keyBag!].flatMap(bagsOf)
  const [bag, ...others] = bags
  if (!bag || others.length > 0) throw notOne(file, bags.length)
  // node-forge itself knows RSA keys only; others it leaves as they are.
  const info = bag.key ? pki.wrapRsaPrivateKey(pki.privateKeyToAsn1(bag.key)) : bag.asn1
  const der = Buffer.from(asn1.toDer(info).getBytes(), 'binary')
  const certificates = bagsOf(pki.oids.certBag!).length
  return {
    privateKey: createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }),
    notes: {},
    ...(certificates > 0 && { leftOut: `its certificate: openssl pkcs12 -in ${shellWord(file)} -nokeys -out NAME.crt` })
  }
}

/** Many files have an empty passphrase: it is tried without a question. */
async function openWith<T> (file: string, open: (passphrase: string) => T, ask: AskPassphrase): Promise<T> {
  try {
    return open('')
  } catch {
    const passphrase = await ask()
    const hint = `try another passphrase; where it is right, import what this writes: openssl pkcs12 -in ${shellWord(file)} -nocerts -out NEW.pem`
    // In one file, letters outside ASCII are encoded once as UTF-16 and once as UTF-8; node-forge takes one encoding for both.
    return decrypt(file, () => open(passphrase), /^[ -~]*$/.test(passphrase) ? undefined : hint)
  }
}
