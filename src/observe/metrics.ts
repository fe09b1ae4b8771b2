// The metrics: counters and gauges in Prometheus' text format. Labels are routes, sets, profiles and clients of the
// configuration, never values that a caller chooses, which bounds their number.

import { collectDefaultMetrics, Counter, Gauge, Histogram, type MetricObjectWithValues, type MetricValue, Registry } from 'prom-client'
import type { Decision } from './decision.ts'
import { LastHour } from './last-hour.ts'
import { addJwksAnswers, addRequestTimes, BUCKETS } from './request-metrics.ts'
import { addStateMetrics, type StateSources } from './state-metrics.ts'

export interface Metrics {
  readonly registry: Registry
  /** @param route pattern of the route, not the URL; @param seconds until the reply was sent */
  answered: (listener: string, route: string, status: number, seconds: number) => void
  decided: (decision: Decision) => void
  /** What became of the decisions of the last hour. */
  readonly lastHour: Pick<LastHour, 'read'>
  /** When changed files, or those of the start, were put in force (NumericDate). */
  loadedAt: () => number
  /** A record could not be written. */
  auditFailed: () => void
  reloaded: (outcome: 'done' | 'refused') => void
  /** A JWKS URL was answered. @param set one that exists, or `none` */
  published: (set: string, status: number) => void
  /** Files for static hosting were written, or could not be. */
  filesPublished: (outcome: 'written' | 'failed', count: number) => void
  /** A request to sign waits for its turn. @returns what to call when it waits no more */
  startWaiting: () => () => void
  /** @param dropped lines that the log has dropped so far */
  followLog: (dropped: () => number) => void
}

/** What prom-client says of one metric. */
export type Figures = Pick<MetricObjectWithValues<MetricValue<string>>, 'name' | 'values'>

/** A separate registry: two servers in one process must not share metrics. */
export function makeMetrics (sources: StateSources): Metrics {
  let loaded = sources.clock()
  const registry = new Registry()
  const registers = [registry]
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: 100 }) // milliseconds: each look wakes an idle process
  const answered = addRequestTimes(registry)
  const signatures = new Counter({
    name: 'jwksd_signatures_total', help: 'Tokens signed and handed over', labelNames: ['client', 'profile', 'alg'], registers
  })
  const refusals = new Counter({
    name: 'jwksd_refusals_total', help: 'Requests to sign that were refused, by code and rule', labelNames: ['client', 'code', 'rule'], registers
  })
  const auditFailures = new Counter({ name: 'jwksd_audit_failures_total', help: 'Audit records that could not be written, tries to write again included', registers })
  const reloads = new Counter({
    name: 'jwksd_reloads_total', help: 'Reloads of changed files, done or refused for a fault', labelNames: ['outcome'], registers
  })
  const lastReload = new Gauge({
    name: 'jwksd_last_good_reload_age_seconds',
    help: 'Since changed files, or those of the start, were put in force',
    registers,
    collect () { this.set(sources.clock() - loaded) }
  })
  registry.registerMetric(lastReload)
  const published = addJwksAnswers(registry)
  const files = new Counter({
    name: 'jwksd_published_files_total', help: 'Changed files for static hosting, written or failed to be', labelNames: ['outcome'], registers
  })
  let waiting = 0
  registry.registerMetric(new Gauge({
    name: 'jwksd_sign_waiting', help: 'Requests to sign that wait for their turn', registers: [], collect () { this.set(waiting) }
  }))
  const wait = new Histogram({ name: 'jwksd_sign_wait_seconds', help: 'Time that requests to sign waited for their turn', buckets: BUCKETS, registers })
  addStateMetrics(registry, sources)
  const lastHour = new LastHour(sources.clock)
  return {
    registry,
    lastHour,
    loadedAt: () => loaded,
    answered,
    published,
    decided: decision => {
      lastHour.count(decision)
      if (decision.event === 'granted') signatures.inc({ client: decision.client, profile: decision.profile, alg: decision.alg })
      else refusals.inc({ client: decision.client ?? 'none', code: decision.code, rule: decision.rule ?? 'none' })
    },
    auditFailed: () => { auditFailures.inc() },
    reloaded: outcome => {
      reloads.inc({ outcome })
      if (outcome === 'done') loaded = sources.clock()
    },
    filesPublished: (outcome, count) => { files.inc({ outcome }, count) },
    startWaiting: () => {
      const start = performance.now()
      waiting++
      return () => {
        waiting--
        wait.observe((performance.now() - start) / 1000)
      }
    },
    followLog: dropped => {
      const lines = new Counter({
        name: 'jwksd_log_lines_dropped_total',
        help: 'Log lines dropped because nobody read standard error',
        registers,
        collect () {
          this.reset()
          this.inc(dropped())
        }
      })
      registry.registerMetric(lines)
    }
  }
}
