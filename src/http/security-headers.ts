// Helmet's headers for every reply of both listeners, as a table: they never differ from reply to reply, and asking
// helmet costs more than the rest of a JWKS request and a fifth of a start. A test compares the table with helmet's answer.

import type { OutgoingHttpHeader, OutgoingHttpHeaders } from 'node:http'
import type { FastifyHelmetOptions } from '@fastify/helmet'
import { ServerResponse } from './node-http.ts'

/** Nothing on these listeners is ever framed, scripted or embedded; a JWK Set may be read from any origin. */
export const HELMET: FastifyHelmetOptions = {
  contentSecurityPolicy: { useDefaults: false, directives: { defaultSrc: ["'none'"], frameAncestors: ["'none'"] } },
  crossOriginResourcePolicy: { policy: 'cross-origin' },
  strictTransportSecurity: { maxAge: 31536000, includeSubDomains: false }
}

/** What helmet sets with these options. */
export const SECURITY_HEADERS: Readonly<Record<string, string>> = Object.freeze({
  'content-security-policy': "default-src 'none';frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'cross-origin',
  'origin-agent-cluster': '?1',
  'referrer-policy': 'no-referrer',
  'strict-transport-security': 'max-age=31536000',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'SAMEORIGIN',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0'
})

const { 'strict-transport-security': _, ...WITHOUT_HSTS } = SECURITY_HEADERS

/** Without HSTS on localhost: a browser would ask every other program there by https for a year. @param host the header Host */
export function securityHeaders (host = ''): Readonly<Record<string, string>> {
  return /^(?:.*\.)?localhost(?::\d+)?$/i.test(host) ? WITHOUT_HSTS : SECURITY_HEADERS
}

/** A response with these headers, also where Node or Fastify writes it; one that the reply sets itself keeps its value. */
export class SecureResponse extends ServerResponse {
  // Here and not by a hook: setting a dozen headers one by one costs 3 % of an ES256 token.
  override writeHead (status: number, headers?: string | OutgoingHttpHeaders | OutgoingHttpHeader[]): this {
    return super.writeHead(status, { ...securityHeaders(this.req.headers.host), ...this.getHeaders(), ...headers as OutgoingHttpHeaders })
  }
}
