// HTTPS servers in this process that serve a JWK Set, healthy unless a test changes one thing, and certificates of every
// kind that is wrong.

import { once } from 'node:events'
import type { RequestListener } from 'node:http'
import { createServer, type ServerOptions } from 'node:https'
import type { AddressInfo, Server, Socket } from 'node:net'
import { generate } from 'selfsigned'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { toKey } from '../../src/core/keys/key.ts'
import { type Certificate, issueCertificate, makeAuthority } from './certificates.ts'
import { privatePem, type TestKind } from './keys.ts'

interface Teardown { teardown: (end: () => Promise<void>) => void }

export const HOST = 'jwks.example.com'

/** A server's certificates: its own, and what a client must trust. */
export interface Site extends Certificate { readonly ca: string, readonly authority: Certificate }

let site: Promise<Site> | undefined

/** A certificate for HOST, made once for all tests of a process. */
export async function theSite (): Promise<Site> {
  return await (site ??= makeAuthority().then(async authority =>
    ({ ...await issueCertificate(authority, [HOST, 'localhost']), ca: authority.cert, authority })))
}

interface Details {
  issuer?: Certificate
  /** Subject alternative names. */
  names?: readonly string[]
  commonName?: string
  notBefore?: Date
  notAfter?: Date
  authority?: boolean
  rsaBits?: number
}

/** A certificate with whatever is wrong with it. */
export async function makeCertificate (details: Details): Promise<Certificate> {
  const { issuer, names = [HOST], commonName = 'a test', notBefore = new Date(Date.now() - 3_600_000), notAfter, authority = false, rsaBits } = details
  const made = await generate([{ name: 'commonName', value: commonName }], {
    ...(rsaBits ? { keyType: 'rsa', keySize: rsaBits } : { keyType: 'ec' }),
    algorithm: 'sha256',
    notBeforeDate: notBefore,
    ...(notAfter && { notAfterDate: notAfter }),
    ...(issuer && { ca: issuer }),
    extensions: [
      { name: 'basicConstraints', cA: authority, critical: true },
      { name: 'keyUsage', digitalSignature: true, keyCertSign: authority, critical: true },
      ...(names.length > 0 ? [{ name: 'subjectAltName' as const, altNames: names.map(value => ({ type: 2 as const, value })) }] : [])
    ]
  })
  return { cert: made.cert + '\n', key: made.private }
}

/** A public JWK as jwksd publishes it. */
export function makeJwk (kind: TestKind = 'P-256', kid?: string): Record<string, unknown> {
  const { jwk } = toKey(parseKey('test.pem', privatePem(kind)), 'thumbprint')
  return { ...jwk, ...(kid && { kid }) }
}

/** Starts a server on a free port of an address. It is closed with its test. @returns the port */
export async function listen (t: Teardown, server: Server, address = '127.0.0.1', port = 0): Promise<number> {
  const sockets = new Set<Socket>()
  server.on('connection', (socket: Socket) => { sockets.add(socket) })
  server.listen(port, address)
  await once(server, 'listening')
  t.teardown(async () => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })
  return (server.address() as AddressInfo).port
}

const HEADERS = { 'content-type': 'application/json', 'cache-control': 'public, max-age=600', etag: '"1"' }

/** Answers with a JWK Set, or with another body and headers; an ETag that comes back gets 304, unless it is weak. */
export function answerSet (body: Buffer | string | object, headers: Record<string, string | string[] | undefined> = {}): RequestListener {
  const bytes = typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body)
  return (request, response) => {
    const all = Object.fromEntries(Object.entries({ ...HEADERS, ...headers }).filter(([, value]) => value !== undefined))
    response.writeHead(all.etag !== undefined && !/^W/.test(String(all.etag)) && request.headers['if-none-match'] === all.etag ? 304 : 200, all as Record<string, string>)
    response.end(request.method === 'HEAD' ? undefined : bytes)
  }
}

/** Serves HTTPS. @returns the port */
export async function serve (
  t: Teardown, answer: RequestListener, options: ServerOptions = {}, address?: string, port?: number
): Promise<number> {
  const { cert, key } = await theSite()
  return await listen(t, createServer({ cert, key, ...options }, answer), address, port)
}
