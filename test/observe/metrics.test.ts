// The metrics of a running server: what an operator must see before callers do. What the dashboard and the alert rules
// name is there.

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { formatTime } from '../../src/core/time.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { startServer } from '../../src/server/run.ts'
import { load } from '../../src/state/load.ts'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { deploy } from '../support/deployment.ts'
import { follow } from '../support/followed-server.ts'
import { privatePem } from '../support/keys.ts'
import { openListener } from '../support/listener.ts'
import { postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const NOW = Math.floor(Date.now() / 1000)
const dated = (seconds: number): string => `# activates: ${formatTime(NOW + seconds)}\n${privatePem('P-256')}`
/** The value of a series. */
const read = (text: string, series: string): number => Number(text.split('\n').find(line => line.startsWith(`${series} `))?.slice(series.length + 1) ?? NaN)

t.test('keys, certificates, API keys, waiting, JWKS answers: what will happen, and what has', async t => {
  const { id, sha256 } = makeApiKey()
  const other = makeApiKey()
  const server = await follow(t, {
    keys: { 'default.pem': dated(-90 * 86400), 'ecw/a.pem': dated(-3600), 'ecw/b.pem': dated(40 * 3600), 'ecw/c.pem': `# revoked: ${formatTime(NOW)}\n${dated(-7200)}`, 'log/log.pem': privatePem('P-256') },
    config: {
      clients: {
        app: { auth: [{ apiKey: { id, sha256, expires: '2999-01-01' } }], profiles: ['plain'] },
        both: { auth: [{ apiKey: { id: other.id, sha256: other.sha256 } }], profiles: ['plain'] }
      }
    }
  })
  const { fetch, origin } = server
  const metrics = async (): Promise<string> => (await fetch(`${origin}/metrics`)).text
  for (const url of ['/.well-known/jwks.json', '/ecw/.well-known/jwks.json', '/nowhere/.well-known/jwks.json']) await fetch(origin + url)
  server.server.health.fail('reload', [], 'a failure of the test')
  const text = await metrics()
  t.equal(read(text, 'jwksd_jwks_answers_total{set="default",status="200"}'), 1)
  t.equal(read(text, 'jwksd_jwks_answers_total{set="ecw",status="200"}'), 1)
  t.strictSame(['pre-activation', 'active', 'compromised'].map(state => read(text, `jwksd_keys{set="ecw",state="${state}"}`)), [1, 1, 1])
  t.equal(read(text, 'jwksd_jwks_answers_total{set="none",status="404"}'), 1, 'a name that a caller made up is no label')
  t.notMatch(text, 'nowhere')
  t.ok(read(text, 'jwksd_key_age_seconds{set="default",alg="ES256"}') >= 90 * 86400)
  t.ok(Number.isNaN(read(text, 'jwksd_key_age_seconds{set="log",alg="ES256"}')), 'nobody knows its age')
  const ahead = read(text, 'jwksd_next_transition_seconds{set="ecw"}')
  t.ok(ahead > 39 * 3600 && ahead <= 40 * 3600, `${ahead} s`)
  t.ok(read(text, 'jwksd_certificate_expiry_timestamp_seconds{listener="public"}') > NOW)
  t.equal(read(text, 'jwksd_api_key_expiry_timestamp_seconds{client="app"}'), Date.parse('2999-01-01') / 1000)
  t.notMatch(text, 'client="both"', 'one that never expires')
  t.ok(read(text, 'jwksd_failing_seconds{part="reload"}') >= 0)
  t.ok(read(text, 'jwksd_last_good_reload_age_seconds') >= 0)
})

t.test('a held key: since when, for whom it waits, and until when that is well', async t => {
  const held = `# activates: held since ${formatTime(NOW - 3600)}, not before ${formatTime(NOW + 3600)}\n# kid: next\n${privatePem('P-256')}`
  const server = await follow(t, {
    keys: { 'default.pem': dated(-3600), 'next.pem': held },
    config: {
      sets: { default: { gate: { consumers: ['epic', 'athena'] } } },
      consumers: { epic: { set: 'default', userAgent: 'Epic' }, athena: { set: 'default', userAgent: 'athena' } },
      ledger: { file: 'ledger.json' }
    }
  })
  await server.fetch(`${server.origin}/.well-known/jwks.json`, { headers: { 'user-agent': 'Epic' } })
  const labels = 'set="default",alg="ES256"'
  const text = await until(async () => {
    const { text } = await server.fetch(`${server.origin}/metrics`)
    return read(text, `jwksd_gate_waits{${labels},consumer="epic"}`) === 0 ? text : undefined
  })
  t.equal(read(text, `jwksd_held_since_timestamp_seconds{${labels}}`), NOW - 3600)
  t.equal(read(text, `jwksd_gate_deadline_timestamp_seconds{${labels}}`), NOW - 3600 + 14 * 86400)
  t.equal(read(text, `jwksd_gate_waits{${labels},consumer="athena"}`), 1)
})

t.test('where another process keeps the ledger and it cannot be read, nobody has fetched anything', async t => {
  const { file, directory } = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' }, ledger: { file: 'ledger.json' } } })
  await writeFile(path.join(directory, 'ledger.json'), 'damaged')
  const server = await startServer(await load({ file, env: {}, now: NOW, listeners: 'internal' }), { log: makeLogger('silent', { tty: false }), clock: () => NOW })
  t.teardown(async () => { await server.close({ drain: 0 }) })
  t.strictSame(await server.fetches(), [])
})

t.test('a request to sign waits, and waits no more', async t => {
  const deployment = await deploy(t)
  const { fetch, origin } = await openListener(t, deployment)
  const { status } = await postSign(fetch, origin, deployment.apiKey, {})
  t.equal(status, 200)
  const { text } = await fetch(`${origin}/metrics`)
  t.equal(read(text, 'jwksd_sign_waiting'), 0)
  t.equal(read(text, 'jwksd_sign_wait_seconds_count'), 1)
})

t.test('every metric that the dashboard and the alert rules name exists', async t => {
  const { fetch, origin, server } = await follow(t, { config: { ledger: { file: 'ledger.json' } } })
  server.metrics.followLog(() => 0) // as jwksd serve does
  const { text } = await fetch(`${origin}/metrics`)
  const live = new Set([...text.matchAll(/^# TYPE (\w+) (\w+)$/gm)].map(([, name, type]) => type === 'histogram' ? `${name}_bucket` : name))
  const rules: Array<{ alert: string, expr: string }> = parse(readFileSync(path.join('deploy', 'prometheus-rules.yaml'), 'utf8')).groups[0].rules
  const { panels } = JSON.parse(readFileSync(path.join('deploy', 'grafana-dashboard.json'), 'utf8'))
  const targets: Array<{ expr: string }> = panels.flatMap(({ targets }: { targets: object[] }) => targets)
  for (const { expr } of [...rules, ...targets]) {
    const names = expr.match(/\b(jwksd|nodejs|process)_\w+/g) ?? []
    t.ok(names.length > 0 && names.every(name => live.has(name)), expr)
  }
  t.notOk(live.has('jwksd_made_up'), 'control')
})
