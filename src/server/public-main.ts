// The process of the public listener, where the internal one is separate: it serves what its parent hands it and reads no
// file. It has no private key, and the internal listener cannot slow it down. It ends with its parent.

import './hangup.ts'
import './harden.ts'
import './heap.ts'
import type { ToPublic } from './public-messages.ts'

// Signals are ignored, since a terminal and systemd send them to both processes: the parent says when to end.
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => {})
process.on('disconnect', () => process.exit())

// What comes while the rest is loaded waits, in its order. A parent that is gone gets no answer, and that is no error.
const serving = import('./serve-public.ts').then(({ servePublic }) => servePublic(message => { process.send!(message, () => {}) }))
process.on('message', async (message: ToPublic) => { await (await serving)(message) })
