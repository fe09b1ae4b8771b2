// The metrics that every request changes are what prom-client makes of the same requests, character for character.

import { Counter, Histogram, Registry } from 'prom-client'
import t from 'tap'
import { addJwksAnswers, addRequestTimes, BUCKETS } from '../../src/observe/request-metrics.ts'

interface Value { readonly metricName: string, readonly labels: object, readonly value: number }
type Requests = readonly (readonly [listener: string, route: string, status: number, seconds: number])[]

const REQUESTS: Requests = [
  ['public', '/.well-known/jwks.json', 200, 0.0004], ['public', '/.well-known/jwks.json', 200, 0.0005], ['public', '/.well-known/jwks.json', 304, 0.25],
  ['public', '/.well-known/jwks.json', 200, 2.6], ['internal', '/sign', 200, 0.003], ['internal', '/sign', 422, 0.1], ['internal', 'none', 404, 0],
  ['public', '/:set/.well-known/jwks.json', 200, 2.5]
]
const ANSWERS = [['default', 200], ['ecw', 200], ['default', 200], ['default', 304], ['none', 404]] as const

function ours (requests: Requests): { registry: Registry, count: ReturnType<typeof addJwksAnswers> } {
  const registry = new Registry()
  const [answered, count] = [addRequestTimes(registry), addJwksAnswers(registry)]
  for (const request of requests) answered(...request)
  return { registry, count }
}

function promClients (requests: Requests): { registry: Registry, count: ReturnType<typeof addJwksAnswers> } {
  const registry = new Registry()
  const registers = [registry]
  const times = new Histogram({
    name: 'jwksd_http_request_seconds', help: 'Time to answer, by listener, route and status', labelNames: ['listener', 'route', 'status'], buckets: BUCKETS, registers
  })
  const answers = new Counter({
    name: 'jwksd_jwks_answers_total', help: 'Answers of the JWKS URLs; set is none where there was no JWK Set', labelNames: ['set', 'status'], registers
  })
  for (const [listener, route, status, seconds] of requests) times.observe({ listener, route, status }, seconds)
  return { registry, count: (set, status) => { answers.inc({ set, status }) } }
}

/** The lines in the order of their texts: prom-client gives series in the order of their first request, and labels mean the same in any. */
const sorted = (text: string): string[] => text.split('\n').sort()

t.test('the text is that of prom-client, each time it is read', async t => {
  const [one, other] = [ours(REQUESTS), promClients(REQUESTS)]
  for (const read of ['first', 'second']) {
    for (const [set, status] of ANSWERS) for (const { count } of [one, other]) count(set, status)
    t.strictSame(sorted(await one.registry.metrics()), sorted(await other.registry.metrics()), read)
  }
  t.match(await one.registry.metrics(), 'jwksd_jwks_answers_total{set="default",status="200"} 4')
  t.match(await one.registry.metrics(), /_bucket\{le="0.0005",listener="public",route="\/.well-known\/jwks.json",status="200"\} 2\n/)
})

t.test('so are the figures that one process gives to the other', async t => {
  /** Independent of the order of members; prom-client's own have one for exemplars, which nothing sets. */
  const figures = async ({ registry }: ReturnType<typeof ours>): Promise<unknown[]> => {
    const [{ type, values }] = await registry.getMetricsAsJSON() as unknown as [{ type: string, values: Value[] }]
    const lines = values.map(({ metricName, labels, value }) => JSON.stringify([metricName, Object.entries(labels).sort(), value]))
    return [type, ...lines.sort()]
  }
  t.strictSame(await figures(ours(REQUESTS)), await figures(promClients(REQUESTS)))
})

t.test('without a request there is no series', async t => {
  const [one, other] = [ours([]), promClients([])]
  t.equal((await one.registry.metrics()).trim(), (await other.registry.metrics()).trim())
})
