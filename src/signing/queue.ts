// The signature queue: signatures run on libuv's thread pool, a few at a time, which keeps the event loop and file reads
// responsive. Rejects signatures that would wait too long.

import { availableParallelism } from 'node:os'
import pLimit, { type LimitFunction } from 'p-limit'
import { RequestError } from '../core/errors.ts'
import type { SignatureQueue } from '../core/tokens/jws.ts'

/** Threads of libuv's pool: four unless the environment says otherwise. */
const POOL_THREADS = Math.max(1, Number.parseInt(process.env.UV_THREADPOOL_SIZE ?? '', 10) || 4)

/**
 * Signatures run on libuv's thread pool: one for each core, and two more so that no core waits for the event loop to hand it the next.
 * Never more than it has threads: what else runs there, such as file reads, then waits for one signature at most.
 * @param waiting how many may wait before ERR_BUSY
 */
export function makeSignatureQueue (waiting = 256): SignatureQueue {
  const limit: LimitFunction = pLimit(Math.min(availableParallelism() + 2, POOL_THREADS))
  return async sign => {
    if (limit.pendingCount >= waiting) {
      throw new RequestError('ERR_BUSY', 'more signatures are wanted than this machine can make', { retryAfter: 1 })
    }
    return await limit(sign)
  }
}
