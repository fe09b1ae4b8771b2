// CPU time and memory of a server as Linux counts them in /proc, its child processes included.

import { readdirSync, readFileSync } from 'node:fs'

/** Microseconds in a tick: USER_HZ is 100 on every Linux that Node runs on. */
const TICK = 10_000

/** A process and all that descend from it. */
export function processTree (pid: number): number[] {
  const children = readdirSync(`/proc/${pid}/task`)
    .flatMap(task => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number))
  return [pid, ...children.flatMap(processTree)]
}

/** User and system time that a server has used so far, in microseconds; children that ended are included. */
export function cpuTime (pid: number): number {
  return processTree(pid).reduce((sum, each) => {
    const stat = readFileSync(`/proc/${each}/stat`, 'utf8')
    // The second field is the program's name in parentheses, which may hold blanks; the third is the first after it.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
    return sum + fields.slice(11, 15).reduce((ticks, n) => ticks + n) * TICK
  }, 0)
}

/** What a server holds in memory, in MB: `pss` counts a page that several processes share once, `rss` in each of them. */
export interface Memory { readonly rss: number, readonly pss: number }

export function memory (pid: number): Memory {
  const sum = (name: string): number => processTree(pid).reduce((total, each) => {
    const [, kilobytes] = new RegExp(`^${name}: +(\\d+) kB`, 'm').exec(readFileSync(`/proc/${each}/smaps_rollup`, 'utf8'))!
    return total + Number(kilobytes) / 1000
  }, 0)
  return { rss: sum('Rss'), pss: sum('Pss') }
}
