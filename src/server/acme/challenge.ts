// Answers the challenges by which a certificate authority validates the host (RFC 8555 section 8.3, RFC 8737): at most one at a
// time, and only while it is pending. Everything else is refused: other paths, and other connections with acme-tls/1.

import { once } from 'node:events'
import type { Server } from 'node:http'
import type { ServerOptions } from 'node:https'
import { createSecureContext, type SecureContext, type TLSSocket } from 'node:tls'
import { type Address, formatAddress } from '../../config/units.ts'
import { fault } from '../../core/errors.ts'
import { createServer } from '../../http/node-http.ts'

/** How the host proves that it is ours. Plain data: it is sent to the process of the public listener. */
export type Challenge =
  | { readonly type: 'http-01', readonly listen: Address, readonly token: string, readonly keyAuthorization: string }
  /** A certificate that holds the proof, and its key: PEM. */
  | { readonly type: 'tls-alpn-01', readonly cert: string, readonly key: string }

const ACME_TLS = 'acme-tls/1'
/** The authority comes from a few addresses at the same time. */
const MOST_CONNECTIONS = 64
const LIMITS = { headersTimeout: 5000, requestTimeout: 5000, connectionsCheckingInterval: 1000, maxHeaderSize: 8192 }

export class Challenges {
  #context: SecureContext | undefined
  #http: Server | undefined

  /**
   * Answers this challenge instead of the one before.
   * @throws FaultsError when the address for HTTP-01 is not available
   */
  async answer (challenge: Challenge | undefined): Promise<void> {
    this.#context = challenge?.type === 'tls-alpn-01' ? createSecureContext(challenge) : undefined
    this.#http?.close()
    this.#http?.closeAllConnections()
    this.#http = challenge?.type === 'http-01' ? await openHttp(challenge) : undefined
  }

  /** The options of a TLS server that answers TLS-ALPN-01, too. */
  addTo ({ ALPNProtocols, ...options }: ServerOptions): ServerOptions {
    const names = ALPNProtocols as readonly string[]
    const choose = (socket: TLSSocket, offered: readonly string[]): string | undefined => {
      if (!offered.includes(ACME_TLS)) return names.find(name => offered.includes(name))
      if (!this.#context) return undefined // the handshake fails
      socket.setKeyCert(this.#context)
      return ACME_TLS
    }
    return { ...options, ALPNCallback (this: TLSSocket, { protocols }) { return choose(this, protocols) } }
  }
}

/** A connection for a validation carries nothing (RFC 8737 section 3). */
export function endValidation (socket: TLSSocket): void {
  if (socket.alpnProtocol === ACME_TLS) socket.destroy()
}

async function openHttp ({ listen, token, keyAuthorization }: Extract<Challenge, { type: 'http-01' }>): Promise<Server> {
  const server = createServer(LIMITS, ({ method, url }, response) => {
    const isAsked = method === 'GET' && url === `/.well-known/acme-challenge/${token}`
    response.writeHead(isAsked ? 200 : 404, { connection: 'close', 'content-type': 'application/octet-stream', 'x-content-type-options': 'nosniff' })
    response.end(isAsked ? keyAuthorization : undefined)
  })
  server.maxConnections = MOST_CONNECTIONS
  server.listen(listen)
  await once(server, 'listening').catch((error: NodeJS.ErrnoException) => {
    throw fault(`tls.acme.http01 ${formatAddress(listen)}`, `cannot listen there (${error.code})`,
      'end what uses it, or choose another address; a port below 1024 needs CAP_NET_BIND_SERVICE')
  })
  return server
}
