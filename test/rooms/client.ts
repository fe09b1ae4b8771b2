// Every test of src/client in one process: to load the tools takes longer than most of its files.

import { runRoom } from '../support/room.ts'

await runRoom('client')
