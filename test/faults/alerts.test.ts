// The alert rules: each fires on its fault, and none on a server that is well. Evaluated by Prometheus' own promtool.

import { execFileSync, spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'

const RULES = path.resolve('deploy/prometheus-rules.yaml')
const DAY = 86_400

/** Series by text, with values in promtool's notation; one sample in a minute, from the time 0 on. */
type Series = Record<string, string>

const WELL: Series = {
  'jwksd_keys{set="ecw",state="active"}': '1x30',
  jwksd_audit_failures_total: '3x30',
  'jwksd_jwks_answers_total{set="ecw",status="200"}': '0+60x30',
  'jwksd_certificate_expiry_timestamp_seconds{listener="public"}': `${60 * DAY}x30`,
  'jwksd_api_key_expiry_timestamp_seconds{client="billing"}': `${60 * DAY}x30`,
  'jwksd_key_age_seconds{set="ecw",alg="RS384"}': `${80 * DAY}+60x30`,
  'jwksd_gate_deadline_timestamp_seconds{set="ecw",alg="RS384"}': `${DAY}x30`,
  'jwksd_consumer_missing_keys{set="ecw",consumer="ecw"}': '1x30', // its successor has hours to be fetched
  'jwksd_next_transition_seconds{set="ecw"}': `${DAY}-60x30`,
  'jwksd_reloads_total{outcome="refused"}': '1x30',
  'jwksd_reloads_total{outcome="done"}': '0+1x30',
  'jwksd_sign_wait_seconds_bucket{le="0.01"}': '0+60x30',
  'jwksd_sign_wait_seconds_bucket{le="2.5"}': '0+60x30',
  'jwksd_sign_wait_seconds_bucket{le="+Inf"}': '0+60x30',
  'jwksd_refusals_total{client="billing",code="ERR_FORCED_CLAIM",rule="forced-claims"}': '0+1x30',
  nodejs_eventloop_lag_p99_seconds: '0.112x30',
  jwksd_log_lines_dropped_total: '0x30'
}

/** What makes each alert fire: series in place of those above; undefined takes one away. */
const FAULTS: Record<string, Record<string, string | undefined>> = {
  JwksdAbsent: { 'jwksd_keys{set="ecw",state="active"}': undefined },
  JwksdAuditFails: { jwksd_audit_failures_total: '3+1x30' },
  JwksdPartFails: { 'jwksd_failing_seconds{part="audit"}': '0+60x30' },
  JwksdNoActiveKey: { 'jwksd_keys{set="ecw",state="active"}': '0x30' },
  JwksdJwksFails: { 'jwksd_jwks_answers_total{set="none",status="500"}': '0+1x30' },
  JwksdCertificateExpires: { 'jwksd_certificate_expiry_timestamp_seconds{listener="public"}': `${13 * DAY}x30` },
  JwksdApiKeyExpires: { 'jwksd_api_key_expiry_timestamp_seconds{client="billing"}': `${13 * DAY}x30` },
  JwksdConsumerLacksKey: { 'jwksd_next_transition_seconds{set="ecw"}': `${5 * 3600}-60x30` },
  JwksdKeyOld: { 'jwksd_key_age_seconds{set="ecw",alg="RS384"}': `${401 * DAY}+60x30` },
  JwksdGateWaits: { 'jwksd_gate_deadline_timestamp_seconds{set="ecw",alg="RS384"}': '1199x30' },
  JwksdReloadRefused: { 'jwksd_reloads_total{outcome="refused"}': '1+1x30' },
  JwksdSigningWaits: { 'jwksd_sign_wait_seconds_bucket{le="0.01"}': '0+1x30' },
  JwksdRefusals: { 'jwksd_refusals_total{client="billing",code="ERR_FORCED_CLAIM",rule="forced-claims"}': '0+90x30' },
  JwksdLoopDelay: { nodejs_eventloop_lag_p99_seconds: '0.4x30' },
  JwksdLogDropped: { jwksd_log_lines_dropped_total: '0+5x30' }
}

const alertNames = (): string[] => parse(readFileSync(RULES, 'utf8')).groups[0].rules.map(({ alert }: { alert: string }) => alert)

function makeTest (changes: Record<string, string | undefined>, firing: readonly string[]): object {
  const series = Object.entries({ ...WELL, ...changes }).filter(([, values]) => values !== undefined)
  return {
    interval: '1m',
    input_series: series.map(([series, values]) => ({ series, values })),
    promql_expr_test: [{
      expr: 'count by (alertname) (ALERTS{alertstate="firing"})',
      eval_time: '20m',
      exp_samples: firing.map(alertname => ({ labels: `{alertname="${alertname}"}`, value: 1 }))
    }]
  }
}

function runTests (directory: string, tests: readonly object[]): { status: number | null, output: string } {
  const file = path.join(directory, 'tests.yaml')
  writeFileSync(file, stringify({ rule_files: [RULES], evaluation_interval: '1m', tests }))
  const { status, stdout, stderr } = spawnSync('promtool', ['test', 'rules', file], { encoding: 'utf8' })
  return { status, output: stdout + stderr }
}

t.test('each alert fires on its fault, and no other does', async t => {
  execFileSync('promtool', ['check', 'rules', RULES])
  t.strictSame(Object.keys(FAULTS).sort(), alertNames().sort(), 'every alert has its fault')
  const directory = t.testdir()
  for (const [alert, changes] of Object.entries(FAULTS)) {
    const { status, output } = runTests(directory, [makeTest(changes, [alert])])
    t.equal(status, 0, `${alert}\n${output}`)
  }
  t.match(runTests(directory, [makeTest({}, [])]), { status: 0 }, 'none where all is well')
  t.match(runTests(directory, [makeTest({}, ['JwksdAuditFails'])]), { status: 1 }, 'control')
})
