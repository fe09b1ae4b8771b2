// Servers that mean harm to who looks at them: the doctor ends with a report each time, within its budget. How long it took is
// printed, not asserted: a busy machine takes longer.

import { generatePrimeSync } from 'node:crypto'
import { createServer as createTcpServer, type Socket } from 'node:net'
import type { RequestListener } from 'node:http'
import t, { type Test } from 'tap'
import { checkUrl } from '../../src/doctor/check-url.ts'
import { answerSet, HOST, listen, makeJwk, serve, theSite } from '../support/jwks-server.ts'
import { NOW } from '../support/listener.ts'

const rsa = makeJwk('RSA', 'a')

/** Faults by name, after a look with the usual budget. */
async function look (t: Test, port: number): Promise<string[]> {
  const started = performance.now()
  const { ca } = await theSite()
  const findings = await checkUrl(new URL(`https://${HOST}:${port}/`), { now: NOW, ca, allowPrivate: true, resolve: async () => ['127.0.0.1'] })
  t.comment(`${Math.round(performance.now() - started)} ms`)
  return findings.filter(({ level }) => level === 'fault').map(({ check }) => check)
}

/** Writes a text to the raw connection, again and again until it closes. */
const repeat = (first: string, then: string, every: number): RequestListener => ({ socket }) => {
  socket.write(first)
  const timer = setInterval(() => { socket.write(then) }, every)
  socket.on('error', () => {}).on('close', () => { clearInterval(timer) })
}
/** As fast as the client takes it. */
const flood = (first: string, then: string): RequestListener => ({ socket }) => {
  const pour = (): void => { while (!socket.destroyed && socket.write(then)); }
  socket.on('error', () => {}).on('drain', pour).write(first)
  pour()
}
const OK = 'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n'
const prime = generatePrimeSync(4096).slice()
const primes = Array.from({ length: 600 }, (_, i) => ({ ...rsa, kid: `k${i}`, n: Buffer.from(prime).toString('base64url') }))

const HOSTILE: Array<[name: string, answer: RequestListener, fault: string]> = [
  ['a body byte by byte', repeat(`${OK}\r\n`, ' ', 50), 'http-answer'],
  ['headers byte by byte', repeat(`${OK}X: `, 'x', 50), 'http-answer'],
  ['a body without end', flood(`${OK}\r\n`, ' '.repeat(65536)), 'size'],
  ['chunks without end', flood(`${OK}Transfer-Encoding: chunked\r\n\r\n`, `3e8\r\n${' '.repeat(1000)}\r\n`.repeat(50)), 'size'],
  ['early hints without end', flood('', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(500)), 'http-answer'],
  ['headers without end', flood(OK, `X: ${'x'.repeat(1000)}\r\n`), 'http-answer'],
  ['a change of protocol', repeat('HTTP/1.1 101 Switching Protocols\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\n', 'x', 50), 'http-answer'],
  ['two lengths', ({ socket }) => { socket.end(`${OK}Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}{}`) }, 'http-answer'],
  ['a chunk of 4 GB', ({ socket }) => { socket.write(`${OK}Transfer-Encoding: chunked\r\n\r\nFFFFFFFF\r\n`) }, 'http-answer'],
  ['half a megabyte of brackets', answerSet('['.repeat(500_000)), 'json'],
  ['deep JSON', answerSet('{"keys":' + '['.repeat(250_000) + ']'.repeat(250_000) + '}'), 'json'],
  ['the same member 100 000 times', answerSet(`{${'"a":1,'.repeat(100_000)}"keys":[]}`), 'duplicate-members'],
  ['600 moduli that are primes', answerSet({ keys: primes }), 'key-strength'],
  ['a modulus of 7 million bits', answerSet({ keys: [{ ...rsa, n: 'A'.repeat(10) + '_'.repeat(900_000) }] }), 'key-strength'],
  ['a kid of 900 KB', answerSet({ keys: [{ ...rsa, kid: 'x'.repeat(900_000), alg: 'none' }] }), 'alg']
]

for (const [name, answer, fault] of HOSTILE) {
  t.test(name, async t => {
    t.ok((await look(t, await serve(t, answer))).includes(fault), fault)
  })
}

t.test('a handshake that stops', async t => {
  t.match(await look(t, await listen(t, createTcpServer((socket: Socket) => { socket.on('error', () => {}) }))), ['tls-handshake'])
})
