// How long requests take: at half of what a server can do, and for a JWK Set while signing takes all that it can get.

import type { Running } from '../contenders.ts'
import { fireKeepAlive, fireSteadily, type Target } from '../load.ts'
import { JWKS_PATH } from '../program.ts'
import type { Row, Table } from '../report.ts'
import type { Effort } from './web.ts'

/** Fetches of the JWK Set in a second beside saturated signing: enough for a p99, and no load. */
const PROBES = 200
/** More rounds than these say no more here. */
const ROUNDS = 3
/** A round beside saturated signing (seconds). */
const ROUND = 3

/** @param sorted shortest first; @param share 0.5 for the median */
const percentile = (sorted: readonly number[], share: number): number => sorted[Math.ceil(share * sorted.length) - 1]!

async function atHalfLoad (targets: ReadonlyMap<string, Target>, { rounds, seconds }: Effort): Promise<Row[]> {
  const rates = new Map<string, number>()
  for (const [name, target] of targets) {
    for (const warm of [0, seconds]) await fireKeepAlive(target, warm)
    const { count, seconds: took } = await fireKeepAlive(target, seconds)
    rates.set(name, count / took / 2)
  }
  const times = new Map([...targets.keys()].map(name => [name, [] as number[]]))
  for (let round = 0; round < Math.min(rounds, ROUNDS); round++) {
    for (const [name, target] of targets) times.get(name)!.push(...await fireSteadily(target, 1, rates.get(name)!))
  }
  return [...times].map(([name, all]) => {
    const sorted = all.sort((a, b) => a - b)
    const [p50, p99, p999] = [0.5, 0.99, 0.999].map(share => percentile(sorted, share)) as [number, number, number]
    return { name, values: { p50, p99, p999, rate: rates.get(name)! } }
  })
}

const COLUMNS = { p50: 'p50, ms', p99: 'p99, ms', p999: 'p99.9, ms', rate: 'each second' }

export async function benchLatency (servers: readonly Running[], effort: Effort): Promise<Table[]> {
  const jwks = new Map(servers.map(({ name, origin }) => [name, { url: origin + JWKS_PATH }]))
  const sign = new Map(servers.flatMap(({ name, sign }) => sign ? [[name, sign('RS384')]] : []))
  const note = 'Each server at a steady half of the rate that it reached just before; all rounds together.'
  return [
    { id: 'latency-jwks', title: 'Latency at half load, GET JWKS', note, columns: COLUMNS, rows: await atHalfLoad(jwks, effort) },
    { id: 'latency-sign', title: 'Latency at half load, POST /sign, RS384', note, columns: COLUMNS, rows: await atHalfLoad(sign, effort) }
  ]
}

/** Asks for tokens without a pause until `work` is done. */
async function whileSigning<T> (sign: Target, work: Promise<T>): Promise<T> {
  const state = { isDone: false }
  const done = work.finally(() => { state.isDone = true })
  while (!state.isDone) await fireKeepAlive(sign, 0.5)
  return await done
}

/** Rounds at rest and under load in turn: fetches from `origin` while `sign` is asked for tokens. */
async function besideSigning (name: string, { origin }: Running, sign: Target, rounds: number): Promise<Row> {
  const jwks = { url: origin + JWKS_PATH }
  const [rest, busy]: [number[], number[]] = [[], []]
  for (let round = 0; round < Math.min(rounds, ROUNDS); round++) {
    rest.push(...await fireSteadily(jwks, ROUND, PROBES))
    busy.push(...await whileSigning(sign, fireSteadily(jwks, ROUND, PROBES)))
  }
  const [restP99, busyP99] = [rest, busy].map(times => percentile(times.sort((a, b) => a - b), 0.99)) as [number, number]
  return { name, values: { rest: restP99, busy: busyP99, p50: percentile(busy, 0.5), ratio: busyP99 / restP99 } }
}

/**
 * Each server that signs. Then servers of the file while jwksd signs: what the operating system makes a fetch wait for
 * on these cores, whoever answers it.
 */
export async function benchSaturated (servers: readonly Running[], { rounds }: Effort): Promise<Table> {
  const rows: Row[] = []
  for (const server of servers) if (server.sign) rows.push(await besideSigning(server.name, server, server.sign('RS384'), rounds))
  const jwksd = servers[0]!.sign!('RS384')
  for (const server of servers) if (!server.sign) rows.push(await besideSigning(`${server.name}, jwksd signs`, server, jwksd, rounds))
  return {
    id: 'saturated',
    title: 'GET JWKS while POST /sign, RS384, is saturated',
    note: `${PROBES} fetches each second, while eight connections ask for tokens without a pause; all rounds together. The load generators run on the same cores.`,
    columns: { rest: 'p99 at rest, ms', busy: 'p99 while signing, ms', ratio: 'ratio', p50: 'p50 while signing, ms' },
    rows
  }
}
