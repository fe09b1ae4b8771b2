// Rounds of load on several servers in turn, after a warm-up of each, so that whatever else the machine does falls on all alike.

import { fireCount, type Load, type Target } from './load.ts'
import { cpuTime } from './processes.ts'
import type { Server } from './program.ts'
import { type Row, spread, type Table } from './report.ts'

/** Requests before the first round: V8 goes on compiling for the first 20,000 tokens, and a server lives for weeks. */
const WARM = 25_000

/** One target of each server, one after the other. */
export async function warmUp (targets: readonly Target[], requests = WARM): Promise<void> {
  for (const target of targets) await fireCount(target, requests)
}

/** One round: what was answered, and the CPU time of the server or program for that, in microseconds. */
export type Round = () => Promise<Load & { readonly cpu: number }>

/** @param fire loads the server */
export function onServer ({ pid }: Server, fire: () => Promise<Load>): Round {
  return async () => {
    const before = cpuTime(pid)
    const load = await fire()
    return { ...load, cpu: cpuTime(pid) - before }
  }
}

export interface Rounds {
  readonly rounds: number
  /** Rounds before those, which do not count. The first one is short. */
  readonly warmUp?: number
}

/** Each round begins with another one, so that none always follows the one that heats the machine up. */
function turned<T> (all: readonly T[], round: number): T[] {
  const first = ((round % all.length) + all.length) % all.length
  return [...all.slice(first), ...all.slice(0, first)]
}

/** Measures `rounds` of each in turn. CPU time is in microseconds for each request. */
export async function compare (
  about: Pick<Table, 'id' | 'title' | 'note'>, contenders: ReadonlyMap<string, Round>, { rounds, warmUp = 2 }: Rounds
): Promise<Table> {
  const taken = new Map([...contenders].map(([name]) => [name, { cpu: [] as number[], perSecond: [] as number[] }]))
  for (let round = -warmUp; round < rounds; round++) {
    for (const [name, measure] of turned([...contenders], round)) {
      const { count, seconds, cpu } = await measure()
      if (round < 0) continue
      taken.get(name)!.cpu.push(cpu / count)
      taken.get(name)!.perSecond.push(count / seconds)
    }
  }
  const rows: Row[] = [...taken].map(([name, { cpu, perSecond }]) => ({ name, values: { cpu: spread(cpu), perSecond: spread(perSecond) } }))
  const ours = rows[0]!.values.cpu as { median: number }
  const ratio = (row: Row): string => `${(ours.median / (row.values.cpu as { median: number }).median).toFixed(2)} ×`
  return {
    ...about,
    columns: { cpu: 'CPU, µs each', ratio: `${rows[0]!.name} costs`, perSecond: 'each second' },
    rows: rows.map((row, index) => ({ ...row, values: { ...row.values, ratio: index ? ratio(row) : '' } }))
  }
}
