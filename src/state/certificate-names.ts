// Which names a listener's certificate covers. Rejects one that vendors would refuse by its name.

import type { X509Certificate } from 'node:crypto'
import { isIP } from 'node:net'
import { fault } from '../core/errors.ts'

const namesOf = (leaf: X509Certificate): string => leaf.subjectAltName ?? 'no name'

/**
 * The common name counts for nothing (RFC 9525 section 2): Go and other modern clients do not read it.
 * @throws FaultsError when the certificate does not cover the host
 */
export function checkHost (file: string, leaf: X509Certificate, host: string): void {
  if (leaf.checkHost(host, { subject: 'never' })) return
  if (leaf.checkHost(host)) {
    throw fault(file, `the certificate names ${host} only as its common name (CN), which clients do not read`,
      `get a certificate that names ${host} as a subject alternative name (SAN)`)
  }
  throw fault(file, `the certificate does not cover ${host} (it covers ${namesOf(leaf)})`, `get a certificate for ${host}, or correct url`)
}

/** A warning where the internal listener's address is not covered: its clients may know it by another name, so this is no fault. */
export function addressWarnings (file: string, leaf: X509Certificate, address: string): string[] {
  if (['0.0.0.0', '::'].includes(address)) return []
  const names = ['127.0.0.1', '::1'].includes(address) ? [address, 'localhost'] : [address]
  if (names.some(name => isIP(name) ? leaf.checkIP(name) : leaf.checkHost(name, { subject: 'never' }))) return []
  return [`${file}: the certificate of the internal listener does not cover ${address} (it covers ${namesOf(leaf)}): ` +
    'clients that call it by that address refuse it; give it a certificate of its own in sign.tls']
}
