// What V8 may take of the memory. Loaded before anything else: while a configuration is read, the young generation keeps its first
// size, since what a large one leaves would make the process twice as large for as long as it runs.

import { setFlagsFromString } from 'node:v8'

setFlagsFromString('--semi-space-growth-factor=1')

/** The first version of Node in which V8 compiles with Maglev. */
const WITH_MAGLEV = 22
// Memory that one thread of the compiler takes and another frees is not used again by malloc: 25 MB.
if (Number.parseInt(process.versions.node) >= WITH_MAGLEV) setFlagsFromString('--no-maglev-destroy-on-background')

/** For the requests that come now the young generation may grow: with its first size a token costs 7 % more, a new connection 25 %. */
export function letHeapGrow (): void {
  setFlagsFromString('--semi-space-growth-factor=4')
}
