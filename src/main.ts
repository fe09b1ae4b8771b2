#!/usr/bin/env node
// The program. SIGHUP is caught first: everything else is loaded only then, since it takes a moment.

import './server/hangup.ts'

await import('./cli/program.ts')
