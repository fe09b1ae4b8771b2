// An orderly end: SIGTERM and SIGINT drain and end with 0. Any number of signals is one end, since npm and a terminal
// both pass Ctrl-C on, and a library that takes the second signal as "now" would cut requests short.

import type { Logger } from '../observe/log.ts'

/**
 * Calls `close` once, on the first signal, then ends the process.
 * @param close resolves when nothing is left to answer
 * @param flush resolves when the log is written, or cannot be
 */
export function closeOnSignal (log: Logger, { close, flush }: { close: () => Promise<void>, flush: () => Promise<void> }): void {
  let closing = false
  const end = async (signal: string): Promise<void> => {
    if (closing) return
    closing = true
    log.info({ signal }, 'draining')
    await close()
    log.info('closed')
    await flush()
    process.exit(0)
  }
  for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => { void end(signal) })
}
