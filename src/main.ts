#!/usr/bin/env node
// The program. Signals are caught first: everything else is loaded only then, since it takes a moment.

import './server/hangup.ts'
import './server/harden.ts'

await import('./cli/program.ts')
