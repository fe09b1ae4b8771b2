// A request whose body never comes to its end, when the server shall end.

import { once } from 'node:events'
import { connect } from 'node:tls'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'

t.test('a request that never ends is cut: it does not hold up the end', async t => {
  const deployment = await deploy(t)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const endless = connect({ port: server.ports.public!, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
  await once(endless, 'secureConnect')
  endless.on('error', () => {}).resume().write(`POST /sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${deployment.apiKey}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
  const closed = once(endless, 'close')
  t.equal(await server.stop(), 0)
  await closed
  const said = server.log().map(({ msg }) => msg).filter(msg => msg !== 'refused')
  t.strictSame(said.slice(-3), ['draining', 'requests are still open: cutting them', 'closed'])
})
