// Loaded before a program: its wall clock is ahead by what the file SHIFT_FILE says (seconds), read at each SIGUSR2. The
// monotonic clock goes on as it is.

import { readFileSync } from 'node:fs'

const now = Date.now
let shift = 0
Date.now = () => now() + shift
process.on('SIGUSR2', () => { shift = Number(readFileSync(process.env.SHIFT_FILE, 'utf8')) * 1000 })
