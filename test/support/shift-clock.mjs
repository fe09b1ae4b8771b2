// Loaded before a program: its wall clock is ahead by what the file SHIFT_FILE says (seconds), read at the start where it
// exists, and at each SIGUSR2. The monotonic clock goes on as it is.

import { existsSync, readFileSync } from 'node:fs'

const now = Date.now
const file = process.env.SHIFT_FILE
const read = () => Number(readFileSync(file, 'utf8')) * 1000
let shift = existsSync(file) ? read() : 0
Date.now = () => now() + shift
process.on('SIGUSR2', () => { shift = read() })
