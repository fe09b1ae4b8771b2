// GET /metrics on the internal listener, and the hook that counts the replies of both listeners.

import type { FastifyInstance } from 'fastify'
import { type Metric, Registry } from 'prom-client'
import { DEFAULT_SET_NAME } from '../keystore/list-keys.ts'
import type { Figures, Metrics } from '../observe/metrics.ts'
import { JWKS_PATH } from './jwks.ts'

/** Counts every reply of a listener by its route pattern; what has no route counts as `none`. */
export function countReplies (listener: FastifyInstance, name: string, metrics: Metrics): void {
  listener.addHook('onResponse', (request, reply, done) => {
    const { routeOptions: { url: route = 'none' }, params } = request
    metrics.answered(name, route, reply.statusCode, reply.elapsedTime / 1000)
    if (route.endsWith(JWKS_PATH)) metrics.published(publishedSet(reply.statusCode, params as { set?: string }), reply.statusCode)
    done()
  })
}

/** The set that was served: a name from a URL counts only where there is such a set. */
function publishedSet (status: number, { set = DEFAULT_SET_NAME }: { set?: string }): string {
  return status === 200 || status === 304 ? set : 'none'
}

/** Metrics that the process of the public listener counts for itself. */
const ELSEWHERE = /^(jwksd_http_request_seconds|jwksd_jwks_answers_total|jwksd_log_lines_dropped_total|process_.*|nodejs_.*)$/

/**
 * Adds the route that Prometheus scrapes.
 * @param elsewhere figures of the public listener's process, where it has its own; they get the label `process`
 */
export function serveMetrics (listener: FastifyInstance, { registry }: Metrics, elsewhere?: () => Promise<readonly Figures[]>): void {
  listener.get('/metrics', async (_request, reply) => {
    const text = await join(registry, await elsewhere?.() ?? []).metrics()
    return reply.header('cache-control', 'no-store').type(registry.contentType).send(text)
  })
}

/** A metric may occur only once in a text, so the values of both processes are merged. */
function join (registry: Registry, elsewhere: readonly Figures[]): Registry {
  const joined = new Registry()
  for (const { name } of registry.getMetricsAsArray()) {
    const get = async (): Promise<object> => {
      const own = await registry.getSingleMetric(name)!.get()
      const others = ELSEWHERE.test(name) ? elsewhere.find(other => other.name === name)?.values ?? [] : []
      return { ...own, values: [...own.values, ...others.map(value => ({ ...value, labels: { ...value.labels, process: 'public' } }))] }
    }
    joined.registerMetric({ name, get } as unknown as Metric)
  }
  return joined
}
