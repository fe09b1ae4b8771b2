// The end of a server with a request in flight and connections that ask nothing.

import { once } from 'node:events'
import { connect } from 'node:tls'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

t.test('a request that ends late ends the drain, also with connections open that ask nothing', async t => {
  const deployment = await deploy(t)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const { public: port } = server.ports
  const open = async () => {
    const socket = connect({ port: port!, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
    await once(socket, 'secureConnect')
    return socket.on('error', () => {}).setEncoding('utf8')
  }
  const silent = await open()
  const late = await open()
  const body = '{"claims":{"sub":"me"}}'
  late.write(`POST /sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${deployment.apiKey}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`)
  let answer = ''
  late.on('data', (text: string) => { answer += text })
  silent.resume()
  server.child.kill('SIGTERM')
  await until(async () => await open().then(socket => { socket.destroy() }, () => 'refused'))
  const ended = once(late, 'close')
  late.write(body.slice(5))
  await ended
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close[\s\S]*"token":"eyJ/i)
  t.equal(await server.stop(), 0)
  t.strictSame(server.log().slice(-2).map(({ msg }) => msg), ['draining', 'closed'], 'nothing had to be cut')
})
