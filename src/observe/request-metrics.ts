// The two metrics that every request changes. prom-client makes a text of the labels each time, which costs up to a fifth of a fetch of
// a JWK Set; here maps find a series, and prom-client is asked when somebody reads. What is read is the same: a test compares both.

import { Counter, type Metric, type MetricValueWithName, type Registry } from 'prom-client'

/** Upper bounds of a histogram (seconds). */
export const BUCKETS = [0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5]

interface Times { count: number, sum: number, readonly buckets: number[] }
interface Answers { count: number }
type ByStatus<Value> = Map<number, Value>

/** What a map has for a key, made when it is first asked for. */
function entry<Key, Value extends object> (map: Map<Key, Value>, key: Key, make: () => Value): Value {
  let found = map.get(key)
  if (!found) map.set(key, found = make())
  return found
}

const newRoutes = (): Map<string, ByStatus<Times>> => new Map()
const newStatuses = <Value>(): ByStatus<Value> => new Map<number, Value>()
const newTimes = (): Times => ({ count: 0, sum: 0, buckets: BUCKETS.map(() => 0) })
const newAnswers = (): Answers => ({ count: 0 })

/** Adds the histogram of times to answer. @returns counts a request that took so many seconds */
export function addRequestTimes (registry: Registry): (listener: string, route: string, status: number, seconds: number) => void {
  const name = 'jwksd_http_request_seconds'
  const listeners = new Map<string, Map<string, ByStatus<Times>>>()

  const read = (): MetricValueWithName<string>[] =>
    [...listeners].flatMap(([listener, routes]) => [...routes].flatMap(([route, statuses]) => [...statuses].flatMap(([status, times]) => {
      const labels = { listener, route, status }
      const upTo = (end: number): number => times.buckets.slice(0, end + 1).reduce((sum, count) => sum + count)
      return [
        ...BUCKETS.map((le, i) => ({ metricName: `${name}_bucket`, labels: { le, ...labels }, value: upTo(i) })),
        { metricName: `${name}_bucket`, labels: { le: '+Inf', ...labels }, value: times.count },
        { metricName: `${name}_sum`, labels, value: times.sum },
        { metricName: `${name}_count`, labels, value: times.count }
      ]
    })))

  const about = { name, help: 'Time to answer, by listener, route and status', type: 'histogram', aggregator: 'sum' }
  const labelNames = ['listener', 'route', 'status']
  registry.registerMetric({ ...about, labelNames, get: async () => ({ ...about, values: read() }) } as unknown as Metric)
  return (listener, route, status, seconds) => {
    const times = entry(entry(entry(listeners, listener, newRoutes), route, newStatuses<Times>), status, newTimes)
    const bucket = BUCKETS.findIndex(bound => seconds <= bound)
    if (bucket >= 0) times.buckets[bucket]!++
    times.sum += seconds
    times.count++
  }
}

/** Adds the counter of answers of the JWKS URLs. @returns counts an answer */
export function addJwksAnswers (registry: Registry): (set: string, status: number) => void {
  const sets = new Map<string, ByStatus<Answers>>()
  registry.registerMetric(new Counter({
    name: 'jwksd_jwks_answers_total',
    help: 'Answers of the JWKS URLs; set is none where there was no JWK Set',
    labelNames: ['set', 'status'],
    registers: [],
    collect () {
      this.reset()
      for (const [set, statuses] of sets) for (const [status, { count }] of statuses) this.inc({ set, status }, count)
    }
  }))
  return (set, status) => { entry(entry(sets, set, newStatuses<Answers>), status, newAnswers).count++ }
}
