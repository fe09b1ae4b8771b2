// SIGTERM of one of two instances behind haproxy, again and again under load: no request fails. haproxy has the configuration
// deploy/haproxy.cfg, and passes TLS through as well as terminating it. JWKSD_LONG=1: 200 times at 300 requests a second
// instead of 3 times at 100.

import { readFileSync, writeFileSync } from 'node:fs'
import { Agent } from 'node:https'
import path from 'node:path'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { deploy, type Deployment } from '../../support/deployment.ts'
import { freePorts } from '../../support/free-port.ts'
import { startBalancer } from '../../support/haproxy.ts'
import { type RunningServer, startProgram } from '../../support/program.ts'
import { type Fetch, makeFetch, postSign } from '../../support/request.ts'
import { until } from '../../support/until.ts'

/** Requests a second through the sample configuration; the others get a tenth of that. */
const [TERMS, RATE] = process.env.JWKSD_LONG ? [200, 300] : [3, 100]
/** Milliseconds. Node's agent only heeds the header Keep-Alive, which advises less, where it has a limit. */
const CLIENT_IDLE = 10_000

/** Without what haproxy does by itself for a connection that fails. */
const withoutRetries = (config: string): string => config.replace('retries 2', 'retries 0').replace(/^ *(option redispatch|retry-on).*\n/gm, '')
const BALANCERS: Record<string, (config: string) => string> = {
  sample: config => config,
  'without retries': withoutRetries,
  'control: without retries and readiness': config => withoutRetries(config).replaceAll('/readyz', '/livez')
}

/** Asks for the JWK Set, and each fifth time for a token, over connections that are kept. */
function load (fetch: Fetch, { ca, apiKey }: Deployment, origins: readonly string[], perSecond: number) {
  const agents = origins.map(() => new Agent({ ca, servername: 'localhost', keepAlive: true, maxSockets: 32, timeout: CLIENT_IDLE }))
  const asked = { count: 0, failed: [] as string[] }
  const open = new Set<Promise<void>>()
  let begun = 0
  const ask = async (): Promise<void> => {
    const [way, signs] = [begun % origins.length, begun % 5 === 0]
    begun++
    const keep: Fetch = (url, options) => fetch(url, { ...options, agent: agents[way]! })
    const problem = await (signs ? postSign(keep, origins[way]!, apiKey, {}) : keep(`${origins[way]}/.well-known/jwks.json`))
      .then(({ status, text }) => status === 200 && /"token":"eyJ|"keys":\[\{/.test(text) ? '' : `${status} ${text}`, String)
    asked.count++
    if (problem) asked.failed.push(`${way === 0 ? 'through' : 'terminated'}, ${signs ? 'sign' : 'keys'}: ${problem}`)
  }
  const start = performance.now()
  const timer = setInterval(() => {
    for (let due = (performance.now() - start) / 1000 * perSecond - begun; due > 0; due--) {
      const one: Promise<void> = ask().finally(() => open.delete(one))
      open.add(one)
    }
  }, 5)
  const end = async (): Promise<void> => {
    clearInterval(timer)
    await Promise.all(open)
    for (const agent of agents) agent.destroy()
  }
  /** What was asked since the last call. */
  const take = (): { count: number, failed: string[] } => ({ count: asked.count - (asked.count = 0), failed: asked.failed.splice(0) })
  return { take, end }
}

t.test(`${TERMS} times SIGTERM behind haproxy, ${RATE} requests a second`, { timeout: 60_000 + TERMS * 120_000 }, async t => {
  const deployment = await deploy(t, { config: { drain: undefined } })
  const cwd = deployment.directory
  const ports = await freePorts(2)
  const start = async (i: number): Promise<RunningServer> => {
    const file = path.join(cwd, `${i}.yaml`)
    writeFileSync(file, stringify({
      ...parse(readFileSync(deployment.file, 'utf8')), listen: `127.0.0.1:${ports[i]}`, audit: { file: `audit-${i}.jsonl` }
    }, { aliasDuplicateObjects: false }))
    return await startProgram(t, ['--config', file], { cwd })
  }
  const servers = await Promise.all([start(0), start(1)])
  const names = Object.keys(BALANCERS)
  const balancers = await Promise.all(names.map(async name => await startBalancer(t, deployment, name, ports, BALANCERS[name])))
  const fetch = makeFetch(deployment.ca)
  for (const { child, said, origins } of balancers) {
    for (const origin of origins) {
      await until(async () => {
        if (child.exitCode !== null) throw new Error(`haproxy has ended with ${child.exitCode}:\n${said()}`)
        return await fetch(`${origin}/readyz`).then(({ status }) => status === 200, () => false)
      })
    }
  }
  const loads = balancers.map(({ origins }, i) => load(fetch, deployment, origins, i === 0 ? RATE : RATE / 10))
  const counts = names.map(() => ({ count: 0, failed: [] as string[] }))
  let repeated = 0
  for (let term = 0; term < TERMS;) {
    const i = term % 2
    const before = balancers.map(({ said }) => said().length)
    const begun = performance.now()
    const seconds = (): string => ((performance.now() - begun) / 1000).toFixed(1)
    if (await servers[i]!.stop() !== 0) t.fail(`SIGTERM ${term + 1}: it did not end with 0`)
    await Promise.all(balancers.map(async ({ found }) => { await found(i, 'DOWN') }))
    const down = seconds()
    servers[i] = await start(i)
    await Promise.all(balancers.map(async ({ found }) => { await found(i, 'UP') }))
    t.comment(`instance ${i}: DOWN after ${down} s, UP again after ${seconds()} s`)
    const taken = loads.map(({ take }) => take())
    // On a machine that is too slow for the health checks, haproxy takes the other instance for dead: that says nothing of the end.
    const said = balancers.slice(0, 2).map(({ said }, b) => said().slice(before[b])).join('')
    if (said.includes('has no server available') && repeated < TERMS) {
      t.comment(said)
      repeated++
    } else {
      taken.forEach(({ count, failed }, b) => {
        counts[b]!.count += count
        counts[b]!.failed.push(...failed)
      })
      term++
    }
  }
  await Promise.all(loads.map(async ({ end }) => { await end() }))
  counts.forEach(({ count: n, failed }, b) => {
    const bound = failed.length === 0 ? `; with 95 % confidence fewer than ${(3 / n).toExponential(1)} of all fail` : ''
    t.comment(`${names[b]}: ${failed.length} of n = ${n} requests failed${bound}`)
  })
  t.comment(`${repeated} repeated, since this machine was too slow for the health checks`)
  const [sample, hard, control] = counts.map(({ failed }) => failed) as [string[], string[], string[]]
  t.strictSame(sample, [])
  t.not(control.length, 0, 'control: without readiness requests fail')
  t.ok(hard.length < control.length, 'readiness and drain help without retries, too')
  t.comment([...new Set(control)].slice(0, 5).join('\n'))
})
