// Overload: five times as many callers of /sign as the server works for at a time, or floods of refused requests. The JWK Set
// is still served, and tokens are made as fast as before. Figures are printed. Asserted is only what holds on any machine: every
// request for the JWK Set is answered, and sooner than with one process for both listeners (the control). The short form only
// says that tokens are made; JWKSD_LONG=1: longer rounds, up to 1,000 callers, and no collapse.

import { readFile } from 'node:fs/promises'
import type { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { deploy, type Deployment } from '../../support/deployment.ts'
import { privatePem } from '../../support/keys.ts'
import { type RunningServer, startProgram } from '../../support/program.ts'
import { keepAlive, makeFetch } from '../../support/request.ts'
import { flood, type Flood, type Flooded } from '../../support/wrk.ts'

const LONG = Boolean(process.env.JWKSD_LONG)
const [ROUNDS, SECONDS] = LONG ? [5, 6] : [2, 2]
/** How long a flood opens its connections before times are taken (seconds). */
const OPENING = 1
/** Five times the 64 requests that are processed at a time (src/signing/turns.ts). */
const OVERLOAD = 320
/** Callers at a time when goodput is measured. One cannot keep the signing threads busy. */
const CALLERS = LONG ? [1, 4, 16, 64, 256, 1000] : [16, 256]
/** Until all connections are open, and how long tokens are counted then (seconds). */
const [HANDSHAKES, COUNTED] = LONG ? [10, 10] : [2, 2]
/** Between two requests for the JWK Set (milliseconds). */
const EVERY = 10

interface Site { readonly deployment: Deployment, readonly server: RunningServer, readonly sign: string }

async function open (t: Test, listen: string): Promise<Site> {
  const deployment = await deploy(t, { keys: { 'default.pem': privatePem('RSA') }, config: { sign: { listen } } })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  return { deployment, server, sign: server.ports.internal ? server.internal : server.origin }
}

const signing = ({ deployment, sign }: Site, connections: number): Omit<Flood, 'seconds'> => ({
  url: `${sign}/sign`,
  connections,
  headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json' },
  body: '{"claims":{"sub":"me"}}'
})

/** Times of requests for the JWK Set (milliseconds), as one vendor makes them, until the work is done. */
async function probe ({ server, deployment }: Site, agent: Agent, work: Promise<unknown>): Promise<number[]> {
  const fetch = makeFetch(deployment.ca)
  const times: number[] = []
  const end = new AbortController()
  void work.finally(() => { end.abort() })
  while (!end.signal.aborted) {
    const start = performance.now()
    const { status } = await fetch(`${server.origin}/.well-known/jwks.json`, { agent })
    if (status !== 200) throw new Error(`the JWK Set is answered with ${status}`)
    times.push(performance.now() - start)
    await sleep(EVERY)
  }
  return times
}

const quantile = (times: readonly number[], q: number): number => [...times].sort((a, b) => a - b)[Math.floor(times.length * q)]!

/** Rounds at rest and under each flood in turn, so that what else the machine does falls on all alike. */
async function compare (site: Site, floods: Record<string, Omit<Flood, 'seconds'>>): Promise<Record<string, { times: number[], flooded: Flooded[] }>> {
  const measured: Record<string, { times: number[], flooded: Flooded[] }> = {}
  const agent = keepAlive(site.deployment.ca)
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, one] of [['rest', undefined], ...Object.entries(floods)] as const) {
      const into = measured[name] ??= { times: [], flooded: [] }
      const work = one ? flood(site.deployment.directory, { ...one, seconds: OPENING + SECONDS }) : sleep(SECONDS * 1000)
      if (one) await sleep(OPENING * 1000)
      into.times.push(...await probe(site, agent, work))
      if (one) into.flooded.push(await work as Flooded)
      await sleep(500)
    }
  }
  agent.destroy()
  return measured
}

function report (t: Test, form: string, measured: Awaited<ReturnType<typeof compare>>): void {
  for (const [name, { times, flooded }] of Object.entries(measured)) {
    const [p50, p99] = [0.5, 0.99].map(q => quantile(times, q)) as [number, number]
    const ratio = (q: number): string => (quantile(times, q) / quantile(measured.rest!.times, q)).toFixed(1)
    const mean = (of: 'good' | 'refused'): string => (flooded.reduce((sum, one) => sum + one[of], 0) / flooded.length).toFixed(0)
    const load = flooded.length > 0 ? `; ${mean('good')} answers 2xx and ${mean('refused')} refusals a second` : ''
    t.comment(`${form}, ${name}: JWK Set p50 ${p50.toFixed(1)} ms (×${ratio(0.5)}), p99 ${p99.toFixed(1)} ms (×${ratio(0.99)}), n = ${times.length}${load}`)
  }
}

t.test('the JWK Set while /sign is overloaded and while requests are refused', { timeout: 600_000 }, async t => {
  const medians: number[] = []
  for (const [form, listen] of [['two processes', '127.0.0.1:0'], ['control: one process', 'public']] as const) {
    await t.test(form, async t => {
      const site = await open(t, listen)
      const overload = { 'overload of /sign': signing(site, OVERLOAD) }
      const refusals = {
        '401 for 200 callers': { ...signing(site, 200), headers: { authorization: 'Bearer none' } },
        '404 of the public listener for 200 callers': { url: `${site.server.origin}/none`, connections: 200 }
      }
      const measured = await compare(site, listen === 'public' ? overload : { ...overload, ...refusals })
      report(t, form, measured)
      const { times, flooded } = measured['overload of /sign']!
      medians.push(quantile(times, 0.5))
      t.ok(flooded.some(({ good }) => good > 0), 'tokens are made')
      t.strictSame(site.server.log().filter(({ level }) => level === 'error'), [])
      await site.server.stop() // it writes records to the last
    })
  }
  t.ok(medians[0]! < medians[1]!, `overloaded, two processes answer sooner (${medians.map(ms => ms.toFixed(1)).join(' and ')} ms)`)
})

t.test('goodput does not collapse with the number of callers', { timeout: 600_000 }, async t => {
  const site = await open(t, '127.0.0.1:0')
  const good = new Map<number, number>()
  const records = async (): Promise<number> => (await readFile(site.deployment.audit, 'utf8')).split('\n').length
  for (const callers of CALLERS) {
    const flooding = flood(site.deployment.directory, { ...signing(site, callers), seconds: HANDSHAKES + COUNTED + 1 })
    await sleep(HANDSHAKES * 1000)
    const [before, start] = [await records(), performance.now()]
    await sleep(COUNTED * 1000)
    const perSecond = (await records() - before) / (performance.now() - start) * 1000
    const { refused, broken } = await flooding
    good.set(callers, perSecond)
    t.comment(`${callers} callers: ${perSecond.toFixed(0)} tokens a second, ${refused.toFixed(0)} refusals, ${broken} broken connections`)
  }
  const [best, most] = [Math.max(...good.values()), good.get(CALLERS.at(-1)!)!]
  t.comment(`${CALLERS.at(-1)} callers get ${Math.round(most / best * 100)} % of the best goodput`)
  // On a busy machine the handshakes of the short form may still be going on while it counts.
  t.ok(most > (LONG ? best / 2 : 0), 'no collapse')
  await site.server.stop()
})
