// What growth costs jwksd: clients, sets, keys in a set, and longer claims.

import { mkdirSync } from 'node:fs'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { CLAIMS } from '../contenders.ts'
import { type Jwksd, startJwksd } from '../jwksd.ts'
import { fireKeepAlive, type Target } from '../load.ts'
import { cpuTime, memory } from '../processes.ts'
import { JWKS_PATH } from '../program.ts'
import type { Table } from '../report.ts'
import { compare, onServer, type Round, warmUp } from '../rounds.ts'
import { writeKey } from '../site.ts'
import type { Effort } from './web.ts'

interface Size { readonly sets: number, readonly clients: number, readonly keys: number }

const BASE = '1 set, 1 client, 1 key'
export const LARGE = '1,000 sets, 10,000 clients'
const SIZES: Readonly<Record<string, Size>> = {
  [BASE]: { sets: 1, clients: 1, keys: 1 },
  '10,000 clients': { sets: 1, clients: 10_000, keys: 1 },
  '1,000 sets': { sets: 1000, clients: 1, keys: 1 },
  [LARGE]: { sets: 1000, clients: 10_000, keys: 1 },
  '10 keys in the set': { sets: 1, clients: 1, keys: 10 },
  '100 keys in the set': { sets: 1, clients: 1, keys: 100 }
}
/**
 * How long idle servers settle after their start, and how long they are watched then (seconds). V8 collects what a start has
 * left within a minute.
 */
const [SETTLE, IDLE] = [75, 60]
const BYTES = [100, 1000, 16_000, 64_000]

const headersOf = ({ token }: Jwksd): Record<string, string> => ({ 'content-type': 'application/json', authorization: `Bearer ${token}` })
const signTarget = (server: Jwksd, claims: object = CLAIMS): Target =>
  ({ url: `${server.internal}/sign`, body: JSON.stringify({ profile: 'p0', claims }), headers: headersOf(server) })

/** Starts jwksd with P-256 keys, one profile for each set. */
async function startSized (directory: string, tls: string, { sets, clients, keys }: Size): Promise<Jwksd> {
  const root = path.join(directory, 'keys')
  mkdirSync(root, { recursive: true, mode: 0o700 })
  for (let n = 0; n < keys; n++) writeKey(path.join(root, `k${n}.pem`), 'EC')
  const profiles: Record<string, string> = { p0: 'set: default, alg: ES256, key: k0.pem' }
  for (let n = 1; n < sets; n++) {
    mkdirSync(path.join(root, `s${n}`), { mode: 0o700 })
    writeKey(path.join(root, `s${n}`, 'k0.pem'), 'EC')
    profiles[`p${n}`] = `set: s${n}, alg: ES256`
  }
  return await startJwksd({ directory, tls, keys: root, clients, profiles })
}

async function benchPayloads (server: Jwksd, { rounds, seconds }: Effort): Promise<Table> {
  const about = {
    id: 'payload',
    title: 'POST /sign, ES256, by length of the claims',
    note: 'One claim of that many bytes beside the usual ones. Body and token both grow with it.'
  }
  const table = await compare(about, new Map(BYTES.map(bytes => {
    const target = signTarget(server, { ...CLAIMS, data: 'x'.repeat(bytes) })
    return [`${bytes} bytes`, onServer(server, async () => await fireKeepAlive(target, seconds))]
  })), { rounds })
  return { ...table, columns: { cpu: table.columns.cpu!, perSecond: table.columns.perSecond! } }
}

/** The directory of the keys of one size. */
export const keysOf = (directory: string, size: string): string => path.join(directory, String(Object.keys(SIZES).indexOf(size)), 'keys')

/** After each start a server looks at all its files once more: the next one starts when that is over (milliseconds). */
const FIRST_LOOK = 5000

/** Starts servers of all sizes, for `benchGrowth` and `benchReload`. @param servers gets each one, for the caller to stop it */
export async function startSizes (directory: string, tls: string, servers: Map<string, Jwksd>): Promise<void> {
  for (const [name, size] of Object.entries(SIZES)) {
    servers.set(name, await startSized(path.join(directory, String(servers.size)), tls, size))
    await sleep(FIRST_LOOK)
  }
}

export async function benchGrowth (servers: ReadonlyMap<string, Jwksd>, effort: Effort): Promise<Table[]> {
  await sleep(SETTLE * 1000)
  const fresh = mapValues(servers, ({ pid }) => memory(pid).pss)
  const before = mapValues(servers, ({ pid }) => cpuTime(pid))
  await sleep(IDLE * 1000)
  const idle = mapValues(servers, ({ pid }, name) => (cpuTime(pid) - before.get(name)!) / IDLE / 10_000)
  const compareAll = async (targetOf: (server: Jwksd) => Target): Promise<Table> => {
    await warmUp([...servers.values()].map(targetOf))
    const fire = (server: Jwksd): Round => onServer(server, async () => await fireKeepAlive(targetOf(server), effort.seconds))
    return await compare({ id: '', title: '', note: '' }, mapValues(servers, fire), effort)
  }
  const jwks = await compareAll(({ origin }) => ({ url: origin + JWKS_PATH }))
  const sign = await compareAll(server => signTarget(server))
  const after = mapValues(servers, ({ pid }) => memory(pid))
  const payloads = await benchPayloads(servers.get(BASE)!, effort)
  const rows = [...servers].map(([name, { readyAfter }], index) => ({
    name,
    values: {
      ready: readyAfter / 1000,
      idle: idle.get(name)!,
      jwks: jwks.rows[index]!.values.cpu!,
      sign: sign.rows[index]!.values.cpu!,
      fresh: fresh.get(name)!,
      memory: after.get(name)!.pss,
      rss: after.get(name)!.rss
    }
  }))
  return [{
    id: 'growth',
    title: 'Growth: clients, sets and keys',
    note: `P-256 keys, two processes. Idle: over ${IDLE} s. Memory: PSS of both processes, which counts shared pages once; RSS counts them twice.`,
    columns: {
      ready: 'ready, s', idle: 'idle, % of a core', jwks: 'JWKS, µs', sign: 'sign ES256, µs', fresh: 'MB at start', memory: 'MB after load', rss: 'RSS after load'
    },
    rows
  }, payloads]
}

function mapValues<V, W> (map: ReadonlyMap<string, V>, change: (value: V, key: string) => W): Map<string, W> {
  return new Map([...map].map(([key, value]) => [key, change(value, key)]))
}
