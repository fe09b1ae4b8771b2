// Liveness and readiness for balancers and orchestrators. Tells that the process serves, and nothing about keys.

import type { FastifyInstance } from 'fastify'

/** `/livez` says the process answers; `/readyz` turns to 503 once the server drains. */
export function serveHealth (door: FastifyInstance, isDraining: () => boolean): void {
  door.get('/livez', (_request, reply) => reply.header('cache-control', 'no-store').send({ status: 'alive' }))
  door.get('/readyz', (_request, reply) => {
    const draining = isDraining()
    return reply.code(draining ? 503 : 200).header('cache-control', 'no-store').send({ status: draining ? 'draining' : 'ready' })
  })
}
