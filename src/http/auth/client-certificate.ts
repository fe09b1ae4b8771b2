// Mutual TLS: the certificate that a client showed, when the listener's clientCa vouches for it. The handshake only asks;
// the certificate is checked here: a client without one gets a problem document, and probes still get through.

import type { X509Certificate } from 'node:crypto'
import type { Socket } from 'node:net'
import type { TLSSocket } from 'node:tls'
import type { FastifyInstance } from 'fastify'
import type { Limits } from './limits.ts'
import { makeRefuse } from './throttle.ts'
import type { Clock } from '../../core/time.ts'

/** Routes that answer without a certificate: an orchestrator's probe has none, and they name no file. */
const PROBES = ['/livez', '/readyz']

/**
 * The certificate of a connection: issued by the clientCa, fit for clients, not expired at `now`. `authorized` by
 * itself is not enough: Node sets it for a resumed TLS 1.3 session also where no certificate was ever shown (seen on 20.20),
 * and does not look at the dates again while a connection lives.
 * @param now NumericDate (seconds)
 */
export function clientCertificate (socket: Socket, now: number): X509Certificate | undefined {
  const { authorized } = socket as TLSSocket
  const certificate = authorized ? (socket as TLSSocket).getPeerX509Certificate() : undefined
  return certificate && now < Date.parse(certificate.validTo) / 1000 ? certificate : undefined
}

/** Makes a listener reject every client without a certificate, whatever other credentials it sends. */
export function requireCertificate (listener: FastifyInstance, { clock, limits }: { clock: Clock, limits: Limits }): void {
  const refuse = makeRefuse(limits)
  listener.addHook('onRequest', async request => {
    if (PROBES.includes(request.routeOptions.url ?? '')) return
    if (clientCertificate(request.raw.socket, clock())) return
    const { authorizationError } = request.raw.socket as TLSSocket
    return await refuse(request, `no valid client certificate (${authorizationError ?? 'none shown, or expired'})`)
  })
}
