// Liveness and readiness for balancers and orchestrators. A failed reload leaves the server ready: it serves the last
// good state. Tells the internet that it failed and since when; what and where, the internal listener alone.

import type { FastifyInstance } from 'fastify'
import type { ReloadFailure } from '../state/reloader.ts'
import { formatTime } from '../core/time.ts'

interface Health {
  readonly isDraining: () => boolean
  readonly failure?: () => ReloadFailure | undefined
}

/**
 * `/livez` says the process answers; `/readyz` turns to 503 once the server drains.
 * @param full tell the faults of a failed reload, which name files
 */
export function serveHealth (listener: FastifyInstance, { isDraining, failure }: Health, { full = false } = {}): void {
  const reload = (): object | undefined => {
    const failed = failure?.()
    return failed && { status: 'failing', since: formatTime(failed.since), ...(full && { faults: failed.faults }) }
  }
  listener.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  listener.get('/readyz', (_request, reply) => {
    const draining = isDraining()
    return reply.code(draining ? 503 : 200).header('cache-control', 'no-store')
      .send({ status: draining ? 'draining' : 'ready', reload: reload() })
  })
}
