// CPU time as Linux counts it in /proc: user and system time of all threads of a process.

import { readFileSync } from 'node:fs'

/** Microseconds in a tick: USER_HZ is 100 on every Linux that Node runs on. */
const TICK = 10_000

/**
 * CPU time that a process has used so far, in microseconds.
 * @param children count the children that it waited for instead of the process itself
 */
export function cpuTime (pid: number | 'self', children = false): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8')
  // The second field is the program's name in parentheses, which may hold blanks; the third is the first after it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ').map(Number)
  const user = children ? 13 : 11
  return (fields[user]! + fields[user + 1]!) * TICK
}
