// Certificates of a test: an authority made on the spot, and leaves that it issues. Nothing is kept on disk.

import { generate } from 'selfsigned'

/** Valid since an hour ago: a test's clock may stand a little before the moment of issue. */
const notBeforeDate = new Date(Date.now() - 3_600_000)

/** PEM texts. */
export interface Certificate { readonly cert: string, readonly key: string }

/** A certificate authority of its own for each test. */
export async function makeAuthority (name = 'jwksd test authority'): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: name }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate,
    extensions: [{ name: 'basicConstraints', cA: true, critical: true }, { name: 'keyUsage', keyCertSign: true, critical: true }]
  })
  return { cert: made.cert + '\n', key: made.private }
}

/** A certificate for servers and clients, for the given DNS names and the loopback addresses. */
export async function issueCertificate (authority: Certificate, names: readonly string[] = ['localhost']): Promise<Certificate> {
  const made = await generate([{ name: 'commonName', value: names[0]! }], {
    keyType: 'ec',
    algorithm: 'sha256',
    notBeforeDate,
    ca: authority,
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      { name: 'extKeyUsage', serverAuth: true, clientAuth: true },
      {
        name: 'subjectAltName',
        altNames: [...names.map(value => ({ type: 2 as const, value })), { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }]
      }
    ]
  })
  return { cert: made.cert + '\n', key: made.private }
}
