// The certificate of the public listener: files of the operator, or one that a certificate authority issues (ACME, RFC 8555).
// Rejects both at once, and ACME for a host that no authority can validate.

import path from 'node:path'
import { boolean, type Field, notation, text } from './fields.ts'
import type { Report } from './report.ts'
import { object, type ObjectOf, optional } from './structures.ts'
import type { AcmeConfig, TlsFiles } from './types.ts'
import { parseAddress, parseHttpsUrl } from './units.ts'

export const tlsFiles = {
  cert: text('certificate chain, PEM, the server\'s own certificate first'),
  key: text('private key of the certificate, PEM')
}

const acme = object({
  directory: notation(parseHttpsUrl, 'directory URL of the certificate authority', {
    format: 'https-url', examples: ['https://acme-v02.api.letsencrypt.org/directory']
  }),
  storage: text('directory for the account key and the certificate, on a disk that outlives restarts'),
  termsOfServiceAgreed: boolean('true: you agree to the terms of the certificate authority'),
  email: optional(text('where the certificate authority can reach you', { pattern: '^[^\\s@]+@[^\\s@]+$', examples: ['ops@example.com'] })),
  http01: optional(notation(parseAddress, 'HTTP-01 is answered at this address, which port 80 of the host must reach; without it TLS-ALPN-01 on the public listener', {
    format: 'address', examples: ['0.0.0.0:80']
  })),
  ca: optional(text('CA certificates, PEM, that vouch for the directory URL instead of the public ones'))
}, 'a certificate authority issues and renews the certificate (RFC 8555): for one machine')

const members = { cert: optional(tlsFiles.cert), key: optional(tlsFiles.key), acme: optional(acme) }
const either = object(members, 'certificate of the public listener: cert and key, or acme')
type TlsFields = ObjectOf<typeof members>

/** JSON Schema of an object that has these members. */
const need = (...required: string[]): object =>
  ({ type: 'object', properties: Object.fromEntries(required.map(name => [name, {}])), required })

/** Either both files, or acme. */
export const tlsField: Field<TlsFields> = {
  schema: { ...either.schema, oneOf: [need('cert', 'key'), need('acme')] },
  read: (value, report) => report.faultless(() => {
    const found = either.read(value, report)
    for (const name of ['cert', 'key'] as const) {
      if (found?.acme && found[name] !== undefined) report.fault([name], 'has no effect beside acme', 'remove it, or remove acme')
      if (found && !found.acme && found[name] === undefined) report.fault([name], 'is missing', `${tlsFiles[name].schema.description}; or acme, which gets a certificate`)
    }
    return found
  })
}

/** The files of the public listener's certificate, and where they come from. Paths become absolute. */
export function readTlsFields (
  fields: TlsFields, url: URL | undefined, absolute: (file: string) => string, report: Report
): { tls?: TlsFiles, acme?: AcmeConfig } {
  if (!fields.acme) return { tls: { cert: absolute(fields.cert!), key: absolute(fields.key!) } }
  const { storage, termsOfServiceAgreed, ca, ...rest } = fields.acme
  if (!termsOfServiceAgreed) {
    report.fault(['tls', 'acme', 'termsOfServiceAgreed'], 'is false: no certificate is issued without agreement', 'read the terms of the certificate authority, then write true')
  }
  if (url?.hostname === 'localhost') {
    report.fault(['tls', 'acme'], 'cannot get a certificate for localhost', 'give the public DNS name in url, or name cert and key')
  }
  if (!url) return {}
  // By authority and host: a certificate of a staging environment is not taken for one of the real authority.
  const authority = path.join(absolute(storage), `${rest.directory.host}${rest.directory.pathname}`.replaceAll(/[^\w.-]+/g, '-'))
  const certificate = path.join(authority, `${url.hostname}.pem`)
  return {
    tls: { cert: certificate, key: certificate },
    acme: {
      ...rest,
      ...(ca !== undefined && { ca: absolute(ca) }),
      host: url.hostname,
      certificate,
      account: path.join(authority, 'account.pem'),
      attempts: path.join(authority, `${url.hostname}.failed.json`)
    }
  }
}
