// Threads that sign give way to the event loop; where they cannot be found or changed, nothing happens.

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { lowerPool } from '../../src/server/pool-priority.ts'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'

/** Older releases of Node do not name the threads. */
const ARE_NAMED = Number.parseInt(process.versions.node) >= 24

/** Name and nice value of each thread of a process (proc_pid_stat(5), field 19). */
function priorities (pid: number | 'self' = 'self'): Array<readonly [name: string, nice: number]> {
  return readdirSync(`/proc/${pid}/task`).map(thread => {
    const [, name, rest] = /^\d+ \((.*)\) (.*)/.exec(readFileSync(`/proc/${pid}/task/${thread}/stat`, 'utf8'))!
    return [name!, Number(rest!.split(' ')[16])] as const
  })
}

t.test('the pool gets a lower priority, and nothing else does', async t => {
  await stat('.') // starts the pool
  const before = priorities()
  lowerPool()
  const after = priorities()
  t.strictSame(after.filter(([name]) => name !== 'libuv-worker'), before.filter(([name]) => name !== 'libuv-worker'))
  const pool = after.filter(([name]) => name === 'libuv-worker')
  t.strictSame(pool.map(([, nice]) => nice), pool.map(() => 10))
  t.equal(pool.length > 0, ARE_NAMED)
})

t.test('a server that signs lowers it at its start', async t => {
  const { directory } = await deploy(t)
  const { child } = await startProgram(t, [], { cwd: directory })
  const nice = priorities(child.pid).filter(([name]) => name === 'libuv-worker').map(([, nice]) => nice)
  t.strictSame(nice, ARE_NAMED ? [10, 10, 10, 10] : [])
})

t.test('where a thread cannot be changed, or there is no such directory, nothing happens', async t => {
  const threads = t.testdir()
  const nobody = path.join(threads, '2147483647')
  mkdirSync(nobody)
  writeFileSync(path.join(nobody, 'comm'), 'libuv-worker\n')
  t.doesNotThrow(() => { lowerPool(threads) })
  t.doesNotThrow(() => { lowerPool(path.join(threads, 'none')) })
})
