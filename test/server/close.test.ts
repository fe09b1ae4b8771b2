// The end of a server in this process: a request that never ends does not hold it.

import { once } from 'node:events'
import { connect } from 'node:tls'
import t from 'tap'
import { load } from '../../src/state/load.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { startServer } from '../../src/server/run.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'

t.test('a request that is still open after the grace is cut', async t => {
  const { file, ca, apiKey } = await deploy(t)
  const lines: string[] = []
  const log = makeLogger('warn', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const server = await startServer(await load({ file, env: {}, now: NOW, listeners: 'both' }), { log, clock: () => NOW })
  const endless = connect({ port: server.ports.public!, host: '127.0.0.1', servername: 'localhost', ca })
  await once(endless, 'secureConnect')
  endless.on('error', () => {}).resume().write(`POST /sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${apiKey}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 100\r\nExpect: 100-continue\r\n\r\n')
  await once(endless, 'data') // the server reads the body
  const closed = once(endless, 'close')
  await server.close({ drain: 0, grace: 50 })
  await closed
  t.match(lines.join(''), /requests are still open: cutting them/)
})
