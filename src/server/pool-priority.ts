// The priority of libuv's thread pool, on which RSA signatures are made: below the event loops, so that under load neither a
// JWK Set nor a new request waits until a signature is made. Where the system does not allow it, everything stays as it is.

import { readdirSync, readFileSync } from 'node:fs'
import { constants, setPriority } from 'node:os'

/** A directory for each thread of this process. Only Linux has it, and threads with priorities of their own (setpriority(2)). */
const THREADS = '/proc/self/task'
/** The name that libuv gives them in Node 24. In older releases they have the same name as threads of V8. */
const NAME = 'libuv-worker'

/** Lowers the threads that are there: the pool starts all of them with its first task. */
export function lowerPool (threads = THREADS): void {
  try {
    const isWorker = (thread: string): boolean => readFileSync(`${threads}/${thread}/comm`, 'utf8').startsWith(NAME)
    for (const thread of readdirSync(threads).filter(isWorker)) setPriority(Number(thread), constants.priority.PRIORITY_BELOW_NORMAL)
  } catch { /* another system, or one that forbids it */ }
}
