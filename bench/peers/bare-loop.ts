// The physical limit of signing: nothing but signatures with node:crypto on all cores, in a process of its own.
// node bare-loop.js <alg> <key file> <seconds>; prints { count, seconds, cpu } as JSON (cpu in microseconds).

import { createPrivateKey, sign } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { isMainThread, parentPort, Worker } from 'node:worker_threads'

const [, , alg = '', file = '', seconds] = process.argv
const [start, cpu] = [performance.now(), process.cpuUsage()]

/** Back to back in this thread. @returns the number of signatures */
function signHere (): number {
  const key = { key: createPrivateKey(readFileSync(file)), dsaEncoding: 'ieee-p1363' as const }
  const data = Buffer.alloc(300, 'x')
  let count = 0
  for (; performance.now() - start < Number(seconds) * 1000; count++) sign(`sha${alg.slice(2)}`, data, key)
  return count
}

const signInWorker = async (): Promise<number> => await new Promise((resolve, reject) => {
  new Worker(new URL(import.meta.url), { argv: process.argv.slice(2) }).on('message', resolve).on('error', reject)
})

if (isMainThread) {
  // One line of work runs here, so that no thread waits beside the others.
  const others = Array.from({ length: availableParallelism() - 1 }, signInWorker)
  const count = (await Promise.all(others)).reduce((sum, n) => sum + n, signHere())
  const { user, system } = process.cpuUsage(cpu)
  process.stdout.write(JSON.stringify({ count, seconds: (performance.now() - start) / 1000, cpu: user + system }))
} else {
  parentPort!.postMessage(signHere())
}
