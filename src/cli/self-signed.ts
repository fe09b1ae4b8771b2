// Certificates that jwksd signs itself: for localhost, and for keys whose vendor knows them by a certificate.

import { createPublicKey, type KeyObject } from 'node:crypto'

const DAY = 86400

interface Subject {
  readonly commonName: string
  readonly altNames: ReadonlyArray<{ readonly type: 2 | 6, readonly value: string } | { readonly type: 7, readonly ip: string }>
  /** NumericDate (seconds). */
  readonly now: number
  readonly days: number
  /** Absent: a new P-256 key. */
  readonly privateKey?: KeyObject
}

/** For a TLS server on this machine. */
export const LOCALHOST = {
  commonName: 'localhost',
  altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }, { type: 7, ip: '::1' }]
} as const

/** A certificate and its key as PEM; valid from a day ago. The library is loaded here: that takes longer than its work. */
export async function selfSign ({ commonName, altNames, now, days, privateKey }: Subject): Promise<{ cert: string, key: string }> {
  const { generate } = await import('selfsigned')
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...(privateKey ? { keyPair: pemPair(privateKey), keyType: privateKey.asymmetricKeyType as 'rsa' | 'ec' } : { keyType: 'ec', curve: 'P-256' }),
    algorithm: 'sha256',
    notBeforeDate: new Date((now - DAY) * 1000),
    notAfterDate: new Date((now + days * DAY) * 1000),
    extensions: [
      { name: 'basicConstraints', cA: false, critical: true },
      { name: 'keyUsage', digitalSignature: true, critical: true },
      ...(privateKey ? [] : [{ name: 'extKeyUsage', serverAuth: true }] as const),
      { name: 'subjectAltName', altNames: [...altNames] }
    ]
  })
  return { cert: made.cert.trimEnd() + '\n', key: made.private }
}

function pemPair (privateKey: KeyObject): { privateKey: string, publicKey: string } {
  return {
    privateKey: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
    publicKey: createPublicKey(privateKey).export({ type: 'spki', format: 'pem' }) as string
  }
}
