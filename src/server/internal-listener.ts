// The internal listener: its routes and their authentication. A process that only publishes keys does not load it.

import type { FastifyInstance } from 'fastify'
import { requireCertificate } from '../http/auth/client-certificate.ts'
import type { Limits } from '../http/auth/limits.ts'
import { requireObserver } from '../http/auth/require-observer.ts'
import { serveHealth } from '../http/health.ts'
import { serveMetrics } from '../http/metrics.ts'
import { serveOpenapi } from '../http/openapi.ts'
import { servePage } from '../http/page/serve.ts'
import { serveSign } from '../http/sign.ts'
import type { Signer } from '../signing/signer.ts'
import type { TlsMaterial } from '../state/tls.ts'
import { type ListenerOptions, makeListener } from './listeners.ts'
import { hasOperatorsPage } from './operators-page.ts'

/** What the internal listener is built from. */
export interface InternalOptions extends ListenerOptions {
  readonly limits: Limits
  readonly signer: Signer
}

/** The listener that internal services reach. */
export function makeInternalListener (options: InternalOptions, tls: TlsMaterial): FastifyInstance {
  const listener = makeListener('internal', options, tls)
  if (tls.clientCa) requireCertificate(listener, options)
  serveHealth(listener, options, { audience: tls.clientCa ? 'probes' : 'operators' })
  serveInternal(listener, options, true)
  return listener
}

/** Makes the public listener the internal listener, too. */
export function addToPublic (listener: FastifyInstance, options: InternalOptions): void {
  serveInternal(listener, options, hasOperatorsPage(options.loaded().config))
}

function serveInternal (listener: FastifyInstance, options: InternalOptions, withPage: boolean): void {
  void listener.register((scope, _options, done) => {
    requireObserver(scope, options)
    serveMetrics(scope, options.metrics, options.elsewhere)
    serveOpenapi(scope)
    if (withPage) servePage(scope, async () => (await import('../http/page/internal.ts')).renderInternal(options))
    done()
  })
  // In a scope of its own: its body parser is only for this route.
  void listener.register((scope, _options, done) => {
    serveSign(scope, options)
    done()
  })
}
