// The physical limit: nothing but signatures with node:crypto on all cores, in a process of its own.
// node bare-loop.js pool|workers <alg> <key file> <text to sign> <seconds>; prints { count, seconds, cpu } as JSON.

import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const [, , way, alg = '', file = '', text = '', seconds] = process.argv
const key = { key: createPrivateKey(readFileSync(file)), dsaEncoding: 'ieee-p1363' as const }
const hash = `sha${alg.slice(2)}`
const data = Buffer.from(text)
const [start, cpu] = [performance.now(), process.cpuUsage()]
const isOver = (): boolean => performance.now() - start >= Number(seconds) * 1000

/** Back to back in this thread. @returns the number of signatures */
function signHere (): number {
  let count = 0
  for (; !isOver(); count++) sign(hash, data, key)
  return count
}

/** One after the other on libuv's thread pool. @returns the number of signatures */
async function signInPool (): Promise<number> {
  let count = 0
  for (; !isOver(); count++) {
    await new Promise((resolve, reject) => { sign(hash, data, key, (error, made) => { error ? reject(error) : resolve(made) }) })
  }
  return count
}

async function signInWorker (): Promise<number> {
  return await new Promise((resolve, reject) => {
    new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }).on('message', resolve).on('error', reject)
  })
}

if (isMainThread) {
  const cores = availableParallelism()
  // One more in the pool than there are cores, so that no core waits for the event loop.
  const lines = way === 'workers' ? Array.from({ length: cores }, signInWorker) : Array.from({ length: cores + 1 }, signInPool)
  const count = (await Promise.all(lines)).reduce((sum, n) => sum + n)
  const { user, system } = process.cpuUsage(cpu)
  process.stdout.write(JSON.stringify({ count, seconds: (performance.now() - start) / 1000, cpu: user + system }))
} else {
  parentPort!.postMessage(signHere())
}
