// The end of a server: by signal, in order, with what was asked still answered.

import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import { connect } from 'node:tls'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { keepAlive, makeFetch, postSign } from '../support/request.ts'

const SIGNALS = ['SIGINT', 'SIGINT', 'SIGTERM'] as const

t.test('signals that come together: readiness off, requests in flight answered, exit code 0', async t => {
  const deployment = await deploy(t, { config: { drain: '1s' } })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const agent = keepAlive(deployment.ca)
  t.teardown(() => agent.destroy())
  t.equal((await fetch(`${server.origin}/readyz`, { agent })).status, 200)

  // A request whose body is only half sent when the signal comes.
  const half = connect({ port: server.ports.public!, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
  await once(half, 'secureConnect')
  const body = '{"claims":{"sub":"me"}}'
  half.write(`POST /sign HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer ${deployment.apiKey}\r\n` +
    `Content-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body.slice(0, 5)}`)
  let answer = ''
  half.setEncoding('utf8').on('data', (text: string) => { answer += text })

  for (const signal of SIGNALS) server.child.kill(signal)
  while (!server.output.stderr.includes('"draining"')) await once(server.child.stderr!, 'data')
  const ready = await fetch(`${server.origin}/readyz`, { agent })
  t.match({ status: ready.status, connection: ready.headers.connection }, { status: 503, connection: 'close' })
  t.equal((await fetch(`${server.origin}/.well-known/jwks.json`)).status, 200, 'who has not noticed yet is answered')
  half.write(body.slice(5))
  await once(half, 'close')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*"token":"eyJ/, 'the half request is answered whole')

  t.equal(await server.stop(SIGNALS[0]), 0)
  t.strictSame(server.log().slice(-2).map(({ msg }) => msg), ['draining', 'closed'])
  t.ok((SIGNALS as readonly string[]).includes(server.log().at(-2)!.signal as string), 'signals that come together have no order')
})

t.test('an address in use: one error and its hint, exit code 1, and the listener that was open is closed', async t => {
  const deployment = await deploy(t)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const listen = `127.0.0.1:${server.ports.public}`
  const second = await runProgram(['serve'], { cwd: deployment.directory, env: { JWKSD_LISTEN: listen } })
  t.match(second, { code: 1, stdout: '', stderr: `error: ${listen}: cannot listen there (EADDRINUSE)\nhint: choose another address, or end what uses it\n` })
  t.equal((await postSign(makeFetch(deployment.ca), server.origin, deployment.apiKey, {})).status, 200, 'the first goes on')
})

t.test('the internal address in use: the same, and no word of the public process, which has lost its parent', async t => {
  const { directory, file } = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const server = await startProgram(t, [], { cwd: directory })
  const listen = `127.0.0.1:${server.ports.internal}`
  await writeFile(file, readFileSync(file, 'utf8').replace(/(sign:\s+listen: )127\.0\.0\.1:0/, `$1${listen}`))
  const { code, stdout, stderr } = await runProgram(['serve'], { cwd: directory })
  t.match({ code, stdout }, { code: 1, stdout: '' })
  t.equal(stderr.replace(/^(?:\{.*\}\n)*/, ''), `error: ${listen}: cannot listen there (EADDRINUSE)\nhint: choose another address, or end what uses it\n`)
})
