// Every test of src/doctor in one process.

import { runRoom } from '../support/room.ts'

await runRoom('doctor')
