// Liveness and readiness for balancers and orchestrators. A failed reload leaves the server ready: it serves the last
// good state. The internal listener is not ready while nothing can be signed.

import type { FastifyInstance } from 'fastify'
import type { Failure, Health } from '../observe/health.ts'
import { formatTime } from '../core/time.ts'

/**
 * Who asks: anyone on the internet sees that a reload failed and since when; a probe of the internal listener sees which
 * parts fail; its operators see the faults, which name files.
 */
export type Audience = 'anybody' | 'probes' | 'operators'

interface HealthOptions {
  readonly isDraining: () => boolean
  readonly health: Health
}

/** Parts without which nothing is signed. */
const NEEDED_TO_SIGN = ['audit', 'clock']

/** `/livez` says the process answers; `/readyz` is 503 while the server drains, or cannot serve the listener's purpose. */
export function serveHealth (
  listener: FastifyInstance, { isDraining, health }: HealthOptions, { audience = 'anybody' }: { audience?: Audience } = {}
): void {
  const describe = ({ since, faults }: Failure): object =>
    ({ status: 'failing', since: formatTime(since), ...(audience === 'operators' && { faults }) })
  listener.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  listener.get('/readyz', (_request, reply) => {
    const failures = [...health.failures()].filter(([part]) => audience !== 'anybody' || part === 'reload')
    const failing = failures.some(([part]) => NEEDED_TO_SIGN.includes(part))
    const status = isDraining() ? 'draining' : failing ? 'failing' : 'ready'
    return reply.code(status === 'ready' ? 200 : 503).header('cache-control', 'no-store')
      .send({ status, ...Object.fromEntries(failures.map(([part, failure]) => [part, describe(failure)])) })
  })
}
