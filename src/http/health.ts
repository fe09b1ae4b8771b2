// Liveness and readiness for balancers and orchestrators. A failed reload leaves the server ready: it serves the last
// good state. Tells the internet that it failed and since when; what and where, the internal door alone.

import type { FastifyInstance } from 'fastify'
import { formatTime } from '../core/keys/pem.ts'
import type { ReloadFailure } from '../state/reloader.ts'

interface Health {
  readonly isDraining: () => boolean
  readonly failure?: () => ReloadFailure | undefined
}

/**
 * `/livez` says the process answers; `/readyz` turns to 503 once the server drains.
 * @param full tell the faults of a failed reload, which name files
 */
export function serveHealth (door: FastifyInstance, { isDraining, failure }: Health, { full = false } = {}): void {
  const reload = (): object | undefined => {
    const failed = failure?.()
    return failed && { status: 'failing', since: formatTime(failed.since), ...(full && { faults: failed.faults }) }
  }
  door.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  door.get('/readyz', (_request, reply) => {
    const draining = isDraining()
    return reply.code(draining ? 503 : 200).header('cache-control', 'no-store')
      .send({ status: draining ? 'draining' : 'ready', reload: reload() })
  })
}
