// Limits of connections: how many, how long they idle, and what one of them may ask at a time.

import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import path from 'node:path'
import { connect, type TLSSocket } from 'node:tls'
import type { AddressInfo } from 'node:net'
import t from 'tap'
import { connectionLimit, readLimits } from '../../src/observe/descriptors.ts'
import { adviseKeepAlive, makeHttpsServer } from '../../src/server/connections.ts'
import { issueCertificate, makeAuthority } from '../support/certificates.ts'
import { until } from '../support/until.ts'

const { cert, key } = await issueCertificate(await makeAuthority(), ['localhost'])

/** A server that answers when the test says so. */
async function open (t: { teardown: (end: () => void) => void }, most = 100) {
  const asked: string[] = []
  const held: Array<() => void> = []
  const server = makeHttpsServer({ cert, key }, most, (request, response) => {
    asked.push(request.url!)
    held.push(() => { response.end(request.url) })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.teardown(() => {
    server.closeAllConnections()
    server.close()
  })
  const client = async (): Promise<{ socket: TLSSocket, text: () => string }> => {
    const socket = connect({ port: (server.address() as AddressInfo).port, host: '127.0.0.1', rejectUnauthorized: false })
    let text = ''
    socket.setEncoding('utf8').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
    await Promise.race([once(socket, 'secureConnect'), once(socket, 'close')]).catch(() => {}) // or refused
    return { socket, text: () => text }
  }
  return { server, asked, held, client }
}

const get = (path: string): string => `GET ${path} HTTP/1.1\r\nHost: a\r\n\r\n`

t.test('below the limit of descriptors', async t => {
  const limits = (soft: string): string => `Limit  Soft Limit  Hard Limit  Units\nMax open files            ${soft}                20000                files     \n`
  t.equal(connectionLimit(1, limits('256')), 192)
  t.equal(connectionLimit(2, limits('256')), 96)
  t.equal(connectionLimit(1, limits('32')), 8, 'never none')
  t.equal(connectionLimit(1, limits('unlimited')), 8192, 'for the sake of memory')
  t.equal(connectionLimit(1, readLimits(path.join(t.testdir(), 'nowhere'))), 8192, 'a system without that file')
  t.ok(connectionLimit(1) >= 8, 'of this process')
})

t.test('clients are advised to drop idle connections before a drain ends, and before the server does', async t => {
  t.equal(adviseKeepAlive({ keepAliveTimeout: 65_000 }, 5), 4)
  t.equal(adviseKeepAlive({ keepAliveTimeout: 65_000 }, 30), 29)
  t.equal(adviseKeepAlive({ keepAliveTimeout: 65_000 }, 0), 4, 'Node keeps no connection for less')
  t.equal(adviseKeepAlive({ keepAliveTimeout: 2000 }, 5), 2)
})

t.test('requests that come at once on one connection are answered one after the other', async t => {
  const { asked, held, client } = await open(t)
  const { socket, text } = await client()
  socket.write(['/1', '/2', '/3'].map(get).join(''))
  for (const n of [1, 2, 3]) {
    await until(() => asked.length === n)
    held[n - 1]!()
  }
  await until(() => text().endsWith('/3'))
  t.strictSame(asked, ['/1', '/2', '/3'])
  socket.write(get('/4'))
  await until(() => asked.length === 4)
})

t.test('a connection that asks on without waiting is cut, and what it has asked is not answered', async t => {
  const { server, asked, held, client } = await open(t)
  const before = Error.stackTraceLimit
  const limits: number[] = []
  let parsed = 0
  server.on('request', () => { parsed++ })
  server.on('turn', (request: IncomingMessage) => request.on('aborted', () => { limits.push(Error.stackTraceLimit) }))
  const { socket } = await client()
  const closed = once(socket, 'close')
  socket.write(get('/flood').repeat(2000))
  await closed
  t.equal(asked.length, 1)
  t.strictSame([limits, Error.stackTraceLimit], [[0], before], 'no stacks while Node aborts what was asked')
  t.ok(parsed < 600, `only the first 16 KB are read: ${parsed} requests`)
  held[0]!()
  const other = await client()
  other.socket.write(get('/good'))
  await until(() => asked.length === 2)
  t.strictSame(asked, ['/flood', '/good'])
})

t.test('where there is no place left, idle connections make room; while many are open they end sooner', async t => {
  const { server, asked, held, client } = await open(t, 4)
  const connections = [await client()]
  t.equal(server.keepAliveTimeout, 65_000)
  connections[0]!.socket.write(get('/'))
  await until(() => asked.length === 1)
  held[0]!()
  await until(() => connections[0]!.text().endsWith('/'))
  t.match(connections[0]!.text(), /Keep-Alive: timeout=65/)
  for (let i = 1; i < 4; i++) connections.push(await client())
  t.equal(server.keepAliveTimeout, 2000)
  t.equal(server.timeout, 20_000, 'an answer that nobody reads')
  await client()
  await once(connections[0]!.socket, 'close')
  t.not(connections[1]!.socket.destroyed, 'one that has not asked yet has its 5 s')
  const next = await client()
  next.socket.write(get('/next'))
  await until(() => asked.length === 2)
})
