// The openssl command as users have it: makes keys and certificates for tests, so that nothing secret is in the
// repository and what jwksd reads was not written by the library that it reads with.

import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'

/** Runs `openssl` in a directory. @returns its standard output @throws where it ends with a fault */
export function openssl (cwd: string, ...args: string[]): string {
  return execFileSync('openssl', args, { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'], timeout: 60_000 })
}

/** The two commands of the eCW guide. @returns the texts of the files `rsa384-private.pem` and `rsa384-public.pem` */
export function makeGuideKey (cwd: string, bits = 3072): { privatePem: string, publicPem: string } {
  openssl(cwd, 'genpkey', '-algorithm', 'RSA', '-pkeyopt', `rsa_keygen_bits:${bits}`, '-out', 'rsa384-private.pem')
  openssl(cwd, 'pkey', '-in', 'rsa384-private.pem', '-pubout', '-out', 'rsa384-public.pem')
  return {
    privatePem: readFileSync(path.join(cwd, 'rsa384-private.pem'), 'utf8'),
    publicPem: readFileSync(path.join(cwd, 'rsa384-public.pem'), 'utf8')
  }
}

/** Absolute paths of a certificate and its private key. */
export interface CertificateFiles { readonly cert: string, readonly key: string }

interface CertificateOptions {
  /** subjectAltName, for instance `DNS:localhost,IP:127.0.0.1`. */
  san?: string
  /** The issuer; absent means self-signed. */
  issuer?: CertificateFiles
  /** May it issue others? */
  ca?: boolean
  /** Length of an RSA key; absent: P-256, which is made faster. */
  rsaBits?: number
  days?: number
}

/** Makes `<name>.crt.pem` and `<name>.key.pem` in a directory. */
export function makeCertificate (
  cwd: string, name: string, { san = 'DNS:localhost,IP:127.0.0.1', issuer, ca = false, rsaBits, days = 30 }: CertificateOptions = {}
): CertificateFiles {
  const config = path.join(cwd, 'openssl.cnf')
  if (!existsSync(config)) writeFileSync(config, '[req]\ndistinguished_name = dn\n[dn]\n')
  const files = { cert: path.join(cwd, `${name}.crt.pem`), key: path.join(cwd, `${name}.key.pem`) }
  openssl(cwd, 'req', '-config', config, '-x509', '-nodes', '-sha256', '-days', String(days), '-subj', `/CN=${name}`,
    ...(rsaBits ? ['-newkey', `rsa:${rsaBits}`] : ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256']),
    ...(ca ? ['-addext', 'basicConstraints=critical,CA:TRUE'] : ['-addext', `subjectAltName=${san}`]),
    ...(issuer ? ['-CA', issuer.cert, '-CAkey', issuer.key] : []),
    '-keyout', files.key, '-out', files.cert)
  return files
}
