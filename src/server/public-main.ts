// The process of the public listener, where the internal one is separate: it serves what its parent hands it and reads no
// file. It has no key that signs, and nothing that the internal listener does can take its time. It ends with its parent.

import './hangup.ts'
import './harden.ts'
import type { ToPublic } from './public-messages.ts'

// The parent says when to end. A terminal and systemd send their signals to both.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

const early: ToPublic[] = []
let handle = (message: ToPublic): unknown => early.push(message)
process.on('message', (message: ToPublic) => { handle(message) })

const { servePublic } = await import('./serve-public.ts')
handle = servePublic(message => { process.send!(message) })
early.forEach(handle)
