// How long a reload keeps jwksd from answering: both listeners are asked all the time, and the longest answer counts.

import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { request } from 'undici'
import type { Jwksd } from '../jwksd.ts'
import { fireSteadily } from '../load.ts'
import { dispatcher, JWKS_PATH } from '../program.ts'
import type { Row, Table } from '../report.ts'
import { writeKey } from '../site.ts'

/** Questions in a second to each listener: a stall of a few milliseconds is seen. */
const PROBES = 500
/** From before the keys are added until long after they are published (seconds). */
const WATCHED = 10
/** From the first question to the new keys (milliseconds). */
const BEFORE = 1000
/** Far enough ahead that the new key is only published (milliseconds). */
const MONTH = 30 * 24 * 3600 * 1000

/** The longest answer of each listener in `seconds`, in milliseconds. */
async function longest ({ origin, internal }: Jwksd, seconds: number): Promise<{ jwks: number, internal: number }> {
  const [jwks, live] = await Promise.all([origin + JWKS_PATH, `${internal}/livez`].map(async url => (await fireSteadily({ url }, seconds, PROBES, 1)).at(-1)!))
  return { jwks: jwks!, internal: live! }
}

/** Adds a key that signs in some months to sets, and waits until the last one publishes it. @param keys directory of the sets */
async function addKeys (server: Jwksd, keys: string, sets: readonly string[], months: number): Promise<Row['values']> {
  const activates = new Date(Date.now() + months * MONTH).toISOString().replace(/\.\d+/, '')
  const kidsOf = async (set: string): Promise<number> => {
    const { body } = await request(`${server.origin}/${set}${JWKS_PATH}`, { dispatcher })
    return (await body.json() as { keys: unknown[] }).keys.length
  }
  const last = sets.at(-1)!
  const before = await kidsOf(last)
  const answers = longest(server, WATCHED)
  await sleep(BEFORE)
  const start = performance.now()
  for (const set of sets) writeKey(path.join(keys, set, `in-${months}-months.pem`), 'EC', `# activates: ${activates}\n`)
  process.kill(server.pid, 'SIGHUP')
  while (await kidsOf(last) === before) await sleep(50)
  const after = (performance.now() - start) / 1000
  if (after > WATCHED - BEFORE / 1000) throw new Error(`the reload took ${after} s, longer than it was watched`)
  const { jwks, internal } = await answers
  return { jwks, internal, stall: Math.max(jwks, internal), after }
}

/** @param keys directory of the 1,000 sets: the default one, and s1 to s999 */
export async function benchReload (server: Jwksd, keys: string): Promise<Table> {
  const rest = await longest(server, WATCHED)
  const rows: Row[] = [{ name: 'no reload', values: { ...rest, stall: Math.max(rest.jwks, rest.internal) } }]
  rows.push({ name: '1 key', values: await addKeys(server, keys, ['s999'], 1) })
  const sets = Array.from({ length: 1000 }, (_, n) => n ? `s${n}` : '')
  rows.push({ name: '1,000 keys', values: await addKeys(server, keys, sets, 2) })
  return {
    id: 'reload',
    title: 'Reload with 1,000 sets and 10,000 clients, by number of keys that were added',
    note: `Longest of ${PROBES} answers a second on each listener, from a second before the keys are added until long after. The generators run on the same cores.`,
    columns: { stall: 'longest, ms', jwks: 'GET JWKS, ms', internal: 'GET /livez, internal, ms', after: 'published after, s' },
    rows
  }
}
