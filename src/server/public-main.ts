// The process of the public listener, where the internal one is separate: it serves what its parent hands it and reads no
// file. It has no private key, and the internal listener cannot slow it down. It ends with its parent.

import './hangup.ts'
import './harden.ts'
import type { ToPublic } from './public-messages.ts'

// Signals are ignored, since a terminal and systemd send them to both processes: the parent says when to end.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

const early: ToPublic[] = []
let handle = (message: ToPublic): unknown => early.push(message)
process.on('message', (message: ToPublic) => { handle(message) })

const { servePublic } = await import('./serve-public.ts')
handle = servePublic(message => { process.send!(message) })
early.forEach(handle)
