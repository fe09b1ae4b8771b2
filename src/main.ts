#!/usr/bin/env node
// The program. Signals are caught first: everything else is loaded only then, since it takes a moment.

import './server/hangup.ts'
import './server/harden.ts'
import './server/heap.ts'

const { startEarly } = await import('./cli/early-public.ts')
startEarly(process.argv.slice(2), process.env)
await import('./cli/program.ts')
