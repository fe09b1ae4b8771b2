// GET /metrics on the internal listener, and the hook that counts the replies of both listeners.

import type { FastifyInstance } from 'fastify'
import type { Metrics } from '../observe/metrics.ts'

/** Counts every reply of a listener by its route pattern; what has no route counts as `none`. */
export function countReplies (listener: FastifyInstance, name: string, metrics: Metrics): void {
  listener.addHook('onResponse', (request, reply, done) => {
    metrics.answered(name, request.routeOptions.url ?? 'none', reply.statusCode, reply.elapsedTime / 1000)
    done()
  })
}

/** Adds the route that Prometheus scrapes. */
export function serveMetrics (listener: FastifyInstance, { registry }: Metrics): void {
  listener.get('/metrics', async (_request, reply) => {
    const text = await registry.metrics()
    return reply.header('cache-control', 'no-store').type(registry.contentType).send(text)
  })
}
