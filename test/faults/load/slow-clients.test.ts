// Slow clients are cut off, whatever they are slow at, and nobody else notices.

import { once } from 'node:events'
import { connect as connectPlain } from 'node:net'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { deploy } from '../../support/deployment.ts'
import { openListener } from '../../support/listener.ts'

t.test('no handshake, half a header, half a body: each is cut, the body with a 408', async t => {
  const deployment = await deploy(t)
  const { port, origin, fetch } = await openListener(t, deployment)
  const open = async (bytes: string): Promise<{ socket: TLSSocket, answer: () => string }> => {
    const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
    await once(socket, 'secureConnect')
    socket.write(bytes)
    return { socket, answer: () => text }
  }
  const silent = connectPlain(port, '127.0.0.1').on('error', () => {})
  const header = await open('GET /.well-known/jwks.json HTTP/1.1\r\nHost: a\r\nX-Slow: ')
  const body = await open(`POST /sign HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${deployment.apiKey}\r\n` +
    'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{')
  const drip = setInterval(() => {
    header.socket.write('a')
    body.socket.write(' ')
  }, 500)
  t.teardown(() => clearInterval(drip))
  silent.resume()
  await Promise.all([silent, header.socket, body.socket].map(async socket => { await once(socket, 'close') }))
  for (const { answer } of [header, body]) {
    t.match(answer(), /^HTTP\/1\.1 408 Request Timeout\r\nContent-Type: application\/problem\+json\r\n/)
    t.match(answer(), /"code":"ERR_REQUEST_TIMEOUT"/)
  }
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).status, 200)
})
