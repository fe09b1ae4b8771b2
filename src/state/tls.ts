// TLS: reads a certificate chain and its key, checks that they belong together and cover the host, and fixes the
// protocol options of both listeners. Rejects a wrong key, a chain out of order and a certificate for another name.

import { existsSync } from 'node:fs'
import { constants, createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import type { ServerOptions } from 'node:https'
import { createSecureContext, rootCertificates } from 'node:tls'
import type { TlsFiles } from '../config/types.ts'
import { collectFaultsAsync, type Fault, fault, FaultsError } from '../core/errors.ts'
import { checkOrder, readCertificates } from '../core/keys/certificate.ts'
import { shellWord } from '../core/keys/pem.ts'
import { readSmallFile } from '../keystore/files.ts'
import { checkPrivate, isProjected } from '../keystore/permissions.ts'
import { addressWarnings, checkHost } from './certificate-names.ts'

/** AEAD with forward secrecy only: RFC 9325 section 4.2, TLS 1.3 suites first. */
const CIPHERS = [
  'TLS_AES_256_GCM_SHA384', 'TLS_CHACHA20_POLY1305_SHA256', 'TLS_AES_128_GCM_SHA256',
  'ECDHE-ECDSA-AES256-GCM-SHA384', 'ECDHE-RSA-AES256-GCM-SHA384',
  'ECDHE-ECDSA-CHACHA20-POLY1305', 'ECDHE-RSA-CHACHA20-POLY1305',
  'ECDHE-ECDSA-AES128-GCM-SHA256', 'ECDHE-RSA-AES128-GCM-SHA256'
].join(':')

/**
 * Groups of the key exchange, the preferred first. OpenSSL's own list has ffdhe8192: a handshake with it takes the server a
 * hundred times as long, and any client may ask for it.
 */
export const GROUPS = ['X25519MLKEM768', 'X25519', 'P-256', 'P-384'].filter(isKnownGroup)

/** Whether the OpenSSL that Node is linked with has a group: X25519MLKEM768 came with 3.5. */
export function isKnownGroup (name: string): boolean {
  try {
    createSecureContext({ ecdhCurve: name, ca: [] })
    return true
  } catch {
    return false
  }
}

/** What to do about an unreadable file that the configuration names. */
export const PUT_THERE = 'put a readable file there, or correct its path in the configuration'

const EXPIRY_WARNING = 14 * 86400

/** Checked material of one listener, PEM texts. */
export interface TlsMaterial {
  /** Empty while no certificate has been issued yet: then every handshake is refused. */
  readonly cert: string
  readonly key: string
  readonly clientCa?: string
  readonly warnings: readonly string[]
}

/**
 * Reads and checks a listener's TLS files.
 * @param host DNS name that the certificate must cover; absent where clients know the listener by other names
 * @param address of the internal listener: a certificate that does not cover it is warned of
 * @param now NumericDate (seconds)
 * @param issued by ACME: what is missing or expired is replaced by this server and is no fault
 * @throws FaultsError naming the file and the hint
 */
export async function readTls (
  files: TlsFiles, { host, address, now, issued = false }: { host?: string, address?: string, now: number, issued?: boolean }
): Promise<TlsMaterial> {
  if (issued && !existsSync(files.cert)) return { cert: '', key: '', warnings: [`${files.cert}: there is no certificate yet: no client can connect until it is issued`] }
  const faults: Fault[] = []
  const [certFile, keyFile] = await Promise.all([files.cert, files.key].map(async file =>
    await collectFaultsAsync(faults, async () => await readSmallFile(file, file, PUT_THERE))))
  if (!certFile || !keyFile) throw new FaultsError(faults)
  const { text: key, mode } = keyFile
  const clientCa = files.clientCa && await readAuthorities(files.clientCa)
  const chain = readCertificates(files.cert, certFile.text)
  const leaf = chain[0]!
  const readable = checkPrivate(files.key, { mode }, { projected: await isProjected(files.key) })
  if (!leaf.checkPrivateKey(readKey(files.key, key))) {
    throw fault(files.key, `is not the private key of the certificate in ${files.cert}`, 'give the key that the certificate was issued for')
  }
  if (host !== undefined) checkHost(files.cert, leaf, host)
  const warnings = [
    ...checkDates(files.cert, leaf, now, issued),
    ...checkEnd(files.cert, chain),
    ...address === undefined ? [] : addressWarnings(files.cert, leaf, address),
    ...readable === undefined ? [] : [readable]
  ]
  const cert = chain.map(String).join('') // without a key that is in the same file
  const material = { cert, key, ...(clientCa && { clientCa }), warnings }
  checkContext(files.cert, material)
  return material
}

/** OpenSSL has its own limits, for instance for weak keys; they must be found before a listener opens. */
function checkContext (file: string, material: TlsMaterial): void {
  try {
    createSecureContext(tlsOptions(material))
  } catch (error) {
    throw fault(file, `OpenSSL does not take it for a server (${(error as NodeJS.ErrnoException).code})`, 'get a certificate with a stronger key and signature')
  }
}

function readKey (file: string, text: string): KeyObject {
  try {
    return createPrivateKey(text)
  } catch {
    const encrypted = /-----BEGIN ENCRYPTED|Proc-Type:/.test(text)
    throw fault(file, encrypted ? 'is encrypted, and a listener starts without a passphrase' : 'is not a private key in PEM',
      encrypted ? `decrypt it with: openssl pkey -in ${shellWord(file)} -out NEW` : 'give the certificate\'s private key')
  }
}

function checkDates (file: string, leaf: X509Certificate, now: number, issued: boolean): string[] {
  const ends = Date.parse(leaf.validTo) / 1000
  if (now >= ends && !issued) throw fault(file, `the certificate expired on ${leaf.validTo}`, 'renew it: every vendor refuses it')
  if (now < Date.parse(leaf.validFrom) / 1000) throw fault(file, `the certificate is not valid before ${leaf.validFrom}`, 'check the clock')
  return ends - now < EXPIRY_WARNING ? [`${file}: the certificate expires on ${leaf.validTo}`] : []
}

/** Each certificate must be issued by the next; a chain that stops at an unknown issuer is the commonest "unreachable". */
function checkEnd (file: string, chain: readonly X509Certificate[]): string[] {
  checkOrder(file, chain)
  const last = chain.at(-1)!
  const known = last.verify(last.publicKey) || rootCertificates.some(root => last.checkIssued(new X509Certificate(root)))
  return known ? [] : [`${file}: the chain ends at the issuer "${last.issuer.replaceAll('\n', ', ')}", which is no public root: is an intermediate missing?`]
}

/** CA certificates in a file, PEM. @throws FaultsError naming the file and the hint */
export async function readAuthorities (file: string): Promise<string> {
  const { text } = await readSmallFile(file, file, PUT_THERE)
  readCertificates(file, text)
  return text
}

/**
 * Options of `https.createServer`: TLS 1.2 and 1.3, HTTP/1.1, no renegotiation, a handshake within five seconds.
 * With a clientCa the handshake asks for a certificate and http/auth/client-certificate.ts checks it.
 */
export function tlsOptions ({ cert, key, clientCa }: TlsMaterial): ServerOptions {
  return {
    ...(cert !== '' && { cert, key }),
    ciphers: CIPHERS,
    ecdhCurve: GROUPS.join(':'),
    minVersion: 'TLSv1.2',
    honorCipherOrder: true,
    secureOptions: constants.SSL_OP_NO_RENEGOTIATION,
    ALPNProtocols: ['http/1.1', 'http/1.0'], // without a common name the handshake would fail
    handshakeTimeout: 5000,
    ...(clientCa && { ca: clientCa, requestCert: true, rejectUnauthorized: false })
  }
}
