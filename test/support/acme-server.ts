// A small certificate authority with RFC 8555 in this process, for tests that must run without Pebble: it checks signatures and
// nonces, validates over the network, and issues from the CSR. test/programs/acme.test.ts asks Pebble.

import { createHash, createPrivateKey, randomUUID, webcrypto } from 'node:crypto'
import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { createServer, type Server } from 'node:https'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { connect } from 'node:tls'
import { BasicConstraintsExtension, Pkcs10CertificateRequest, X509Certificate, X509CertificateGenerator } from '@peculiar/x509'
import { calculateJwkThumbprint, flattenedVerify, type FlattenedJWS, importJWK, type JWK } from 'jose'
import { issueCertificate, makeAuthority } from './certificates.ts'

type Reply = (status: number, body: object | string, headers?: object) => void
interface Teardown { teardown: (end: () => Promise<void>) => void }

export interface AcmeServer {
  readonly directory: string
  /** Vouches for the directory URL, and issues: PEM. */
  readonly root: string
  /** Where it validates; a test may set them later. */
  readonly ports: { http: number, tls: number }
  /** Of the certificates (seconds). */
  life: number
  /** How far its clock is ahead (seconds). */
  ahead: number
  offers: readonly string[]
  /** Answers orders with this problem. */
  refusal: { status: number, detail: string, retryAfter?: number } | undefined
  /** Contacts of the accounts, by thumbprint of their key. */
  readonly accounts: Map<string, readonly string[]>
  orders: number
  readonly close: () => Promise<void>
}

const EC = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' }

export async function startAcmeServer (t: Teardown): Promise<AcmeServer> {
  const authority = await makeAuthority()
  const issuer = new X509Certificate(authority.cert)
  const pkcs8 = createPrivateKey(authority.key).export({ type: 'pkcs8', format: 'der' })
  const signingKey = await webcrypto.subtle.importKey('pkcs8', pkcs8, EC, false, ['sign'])
  const nonces = new Set<string>()
  const keys = new Map<string, JWK>() // by the URL of the account
  const state = { authorization: 'pending', error: undefined as object | undefined, certificate: '' }
  let origin = ''

  const issue = async (csr: string): Promise<void> => {
    const request = new Pkcs10CertificateRequest(Buffer.from(csr, 'base64url'))
    const now = Math.floor(Date.now() / 1000) + server.ahead
    const leaf = await X509CertificateGenerator.create({
      serialNumber: randomUUID().replaceAll('-', ''),
      issuer: issuer.subject,
      notBefore: new Date(now * 1000),
      notAfter: new Date((now + server.life) * 1000),
      publicKey: request.publicKey,
      signingKey,
      signingAlgorithm: EC,
      extensions: [new BasicConstraintsExtension(false), request.getExtension('2.5.29.17')!]
    })
    state.certificate = `${leaf.toString('pem')}\n${authority.cert}`
  }

  const validate = async (type: string, thumbprint: string): Promise<boolean> => {
    const expected = `the-token.${thumbprint}`
    if (type === 'http-01') {
      const answer = await fetch(`http://127.0.0.1:${server.ports.http}/.well-known/acme-challenge/the-token`)
      return answer.ok && await answer.text() === expected
    }
    const socket = connect({ port: server.ports.tls, host: '127.0.0.1', servername: 'jwks.example.com', ALPNProtocols: ['acme-tls/1'], rejectUnauthorized: false })
    await once(socket, 'secureConnect')
    const shown = socket.getPeerX509Certificate()!
    await once(socket.resume(), 'close') // the host ends it
    // RFC 8737 section 3: the extension acmeIdentifier holds the SHA-256 of the key authorization.
    const proof = new X509Certificate(shown.raw).getExtension('1.3.6.1.5.5.7.1.31')!
    return socket.alpnProtocol === 'acme-tls/1' && Buffer.from(proof.value).subarray(2).equals(createHash('sha256').update(expected).digest())
  }

  const describe = (path: string): object => path === '/authz'
    ? {
        status: state.authorization,
        identifier: { type: 'dns', value: 'jwks.example.com' },
        challenges: server.offers.map(type => ({ type, url: `${origin}/challenge/${type}`, token: 'the-token', status: state.authorization, error: state.error }))
      }
    : path.startsWith('/challenge')
      ? { type: path.split('/').at(-1), url: origin + path, token: 'the-token', status: state.authorization, error: state.error }
      : {
          status: state.certificate ? 'valid' : 'ready',
          identifiers: [{ type: 'dns', value: 'jwks.example.com' }],
          authorizations: [`${origin}/authz`],
          finalize: `${origin}/finalize`,
          ...(state.certificate && { certificate: `${origin}/certificate` })
        }

  const handle = async (request: IncomingMessage, reply: Reply): Promise<void> => {
    const path = request.url!
    if (path === '/dir') {
      return reply(200, Object.fromEntries(['newNonce', 'newAccount', 'newOrder', 'revokeCert', 'keyChange'].map(name => [name, `${origin}/${name}`])))
    }
    if (path === '/newNonce') return reply(200, '')
    const jws = JSON.parse(await text(request)) as FlattenedJWS
    const header = JSON.parse(Buffer.from(jws.protected!, 'base64url').toString()) as { kid?: string, jwk?: JWK, nonce: string, url: string }
    const { kid, jwk, nonce, url } = header
    const key = jwk ?? keys.get(kid!)!
    const { payload } = await flattenedVerify(jws, await importJWK(key, 'ES256'))
    if (url !== origin + path || !nonces.delete(nonce)) return reply(400, { type: 'urn:ietf:params:acme:error:badNonce', detail: 'bad nonce' })
    const body = payload.length > 0 ? JSON.parse(Buffer.from(payload).toString()) as Record<string, any> : undefined
    const thumbprint = await calculateJwkThumbprint(key)
    if (path === '/newAccount') {
      if (body!.termsOfServiceAgreed !== true) return reply(403, { type: 'urn:ietf:params:acme:error:userActionRequired', detail: 'terms' })
      keys.set(`${origin}/account/${thumbprint}`, key)
      server.accounts.set(thumbprint, body!.contact as string[] ?? [])
      return reply(201, { status: 'valid' }, { location: `${origin}/account/${thumbprint}` })
    }
    if (path === '/newOrder') {
      server.orders++
      const { status, detail, retryAfter } = server.refusal ?? {}
      if (status !== undefined) return reply(status, { type: 'urn:ietf:params:acme:error:rateLimited', detail }, retryAfter ? { 'retry-after': retryAfter } : {})
      Object.assign(state, { authorization: 'pending', error: undefined, certificate: '' })
      return reply(201, describe('/order'), { location: `${origin}/order` })
    }
    if (path.startsWith('/challenge') && body && state.authorization === 'pending') {
      const isOurs = await validate(path.split('/').at(-1)!, thumbprint).catch(() => false)
      state.authorization = isOurs ? 'valid' : 'invalid'
      if (!isOurs) state.error = { type: 'urn:ietf:params:acme:error:unauthorized', detail: 'the host did not answer as it should' }
    }
    if (path === '/finalize') await issue(String(body!.csr))
    if (path === '/certificate') return reply(200, state.certificate)
    reply(200, describe(path), path === '/finalize' ? { location: `${origin}/order` } : {})
  }

  const { cert, key } = await issueCertificate(authority)
  const listener: Server = createServer({ cert, key }, (request, response: ServerResponse) => {
    const nonce = randomUUID()
    nonces.add(nonce)
    const reply = (status: number, body: object | string, headers: object = {}): void => {
      response.writeHead(status, { 'replay-nonce': nonce, 'content-type': typeof body === 'string' ? 'text/plain' : 'application/json', ...headers })
      response.end(typeof body === 'string' ? body : JSON.stringify(body))
    }
    handle(request, reply).catch((error: Error) => { reply(500, { type: 'urn:ietf:params:acme:error:serverInternal', detail: error.message }) })
  })
  listener.listen(0, '127.0.0.1')
  await once(listener, 'listening')
  origin = `https://localhost:${(listener.address() as AddressInfo).port}`
  const close = async (): Promise<void> => {
    listener.closeAllConnections()
    if (listener.listening) await once(listener.close(), 'close')
  }
  t.teardown(close)
  const server: AcmeServer = {
    directory: `${origin}/dir`,
    root: authority.cert,
    ports: { http: 0, tls: 0 },
    life: 86_400,
    ahead: 0,
    offers: ['dns-01', 'http-01', 'tls-alpn-01'],
    refusal: undefined,
    accounts: new Map(),
    orders: 0,
    close
  }
  return server
}
