// Waits for what another process or a timer will bring about; a test that waits in vain fails by its own time limit.

import { setTimeout as sleep } from 'node:timers/promises'

/** Asks again and again until there is something. @returns what `look` found */
export async function until<T> (look: () => T | Promise<T>): Promise<NonNullable<T>> {
  for (;;) {
    const found = await look()
    if (found) return found
    await sleep(10)
  }
}
