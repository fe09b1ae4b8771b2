// Every test of src/signing in one process: to load the tools takes longer than most of its files.

import { runRoom } from '../support/room.ts'

await runRoom('signing')
