#!/usr/bin/env node
// The program. SIGHUP is caught first: everything else is loaded only then, since it takes a moment.

import './hangup.ts'

await import('./program.ts')
