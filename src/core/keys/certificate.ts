// X.509 certificates (RFC 5280): the one reader of PEM chains, and the certificate of a signing key for vendors that
// know a key by it: x5c, x5t and x5t#S256 (RFC 7515 sections 4.1.6 to 4.1.8). Rejects chains out of order.

import { createHash, type KeyObject, X509Certificate } from 'node:crypto'
import { fault } from '../errors.ts'
import { splitPem } from './pem.ts'

/** What headers and claims need of a certificate. Times are NumericDates (seconds). */
export interface Certificate {
  /** The chain in standard base64 of DER, the key's own certificate first. */
  readonly x5c: readonly string[]
  readonly x5t: string
  readonly 'x5t#S256': string
  /** The first URI among the subject alternative names. */
  readonly uri?: string
  readonly notBefore: number
  readonly notAfter: number
}

/**
 * The certificates of a PEM text, in its order; other blocks are left out.
 * @throws FaultsError naming `file` when there is none, or one is damaged
 */
export function readCertificates (file: string, text: string): X509Certificate[] {
  const certificates = splitPem(file, text, 'certificate').blocks.filter(({ label }) => label === 'CERTIFICATE').map(({ text }) => {
    try {
      return new X509Certificate(text)
    } catch {
      throw fault(file, 'a certificate in it is damaged', 'copy the file again')
    }
  })
  if (certificates.length === 0) throw fault(file, 'there is no certificate in it', 'give a PEM file with the certificate chain')
  return certificates
}

/** @throws FaultsError naming `file` unless each certificate was issued by the next */
export function checkOrder (file: string, chain: readonly X509Certificate[]): void {
  chain.slice(1).forEach((issuer, i) => {
    if (chain[i]!.checkIssued(issuer)) return
    throw fault(file, `certificate ${i + 2} did not issue certificate ${i + 1}`, 'put the certificate of the key first, then each issuer')
  })
}

/**
 * Reads the PEM text of a `.crt` file: the key's certificate, then each one's issuer.
 * @throws FaultsError naming `file` when it is damaged, out of order, or another key's
 */
export function readCertificate (file: string, text: string, publicKey: KeyObject): Certificate {
  const chain = readCertificates(file, text)
  const leaf = chain[0]!
  if (!leaf.publicKey.equals(publicKey)) {
    throw fault(file, 'the certificate is not that of the key beside it', 'give the certificate that was issued for this key')
  }
  checkOrder(file, chain)
  const uri = /(?:^|, )URI:([^,"]+)/.exec(leaf.subjectAltName ?? '')?.[1]
  return {
    x5c: chain.map(({ raw }) => raw.toString('base64')),
    x5t: createHash('sha1').update(leaf.raw).digest('base64url'),
    'x5t#S256': createHash('sha256').update(leaf.raw).digest('base64url'),
    ...(uri && { uri }),
    notBefore: Date.parse(leaf.validFrom) / 1000,
    notAfter: Date.parse(leaf.validTo) / 1000
  }
}

/** The PEM text of a certificate and its issuers, as `readCertificate` reads it. */
export function writeCertificates ({ x5c }: Certificate): string {
  return x5c.map(der => `-----BEGIN CERTIFICATE-----\n${der.replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`).join('')
}

/** Why the certificate must not be used at `now` (seconds), or undefined when it is valid. RFC 5280 section 4.1.2.5 */
export function invalidity ({ notBefore, notAfter }: Certificate, now: number): string | undefined {
  const date = (seconds: number): string => new Date(seconds * 1000).toISOString()
  if (now < notBefore) return `is not valid before ${date(notBefore)}`
  return now > notAfter ? `expired on ${date(notAfter)}` : undefined
}
