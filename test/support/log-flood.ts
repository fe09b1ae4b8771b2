// A program that logs more than a pipe holds, then says so on standard output. It ends when its input ends.
// log-flood.ts waiting|dropping <lines>: with a logger that waits for its reader, or with the server's.

import { text } from 'node:stream/consumers'
import { makeLogger, openLog } from '../../src/observe/log.ts'

const [, , way, lines] = process.argv
const { log, stream } = way === 'waiting' ? { log: makeLogger('info', { tty: false }), stream: undefined } : openLog('info')
for (let i = 0; i < Number(lines); i++) log.info({ where: 'x'.repeat(1000) }, 'flood')
process.stdout.write(`${stream?.dropped}\n`)
await text(process.stdin)
log.info('last')
await stream?.flush(10_000)
