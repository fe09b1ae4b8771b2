// What V8 may take of the memory, in two phases. Loaded before anything else: while a configuration is read, the young generation
// keeps its first size, since what a large one leaves would make the process twice as large for as long as it runs.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--semi-space-growth-factor=1')

/**
 * For the requests that come now. The young generation may grow with them: with its first size /sign costs 7 % more. Maglev, the
 * compiler between the first and the last one, works in 25 MB that it never gives back, and in the long run makes nothing faster.
 */
export function tuneForRequests (): void {
  setFlagsFromString('--semi-space-growth-factor=2')
  setFlagsFromString('--no-maglev')
}
