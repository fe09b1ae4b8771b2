// Generated bodies, raw HTTP and malformed TLS hellos against a running server: it lives, answers with the errors that it means, signs
// nothing off policy, repeats no secret, and keeps no descriptor. JWKSD_LONG=1: a million bodies instead of ten thousand.

import { once } from 'node:events'
import { createReadStream, readdirSync } from 'node:fs'
import { connect as connectPlain, createServer } from 'node:net'
import { createInterface } from 'node:readline'
import { connect } from 'node:tls'
import { isDeepStrictEqual } from 'node:util'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { makeBody, makeRandom } from '../support/fuzz-bodies.ts'
import { startProgram } from '../support/program.ts'
import { keepAlive, makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

const BODIES = process.env.JWKSD_LONG ? 1_000_000 : 10_000
const HELLOS = 10_000
/** Refusals wait while the server is busy, so that many must wait at once. */
const CONNECTIONS = 400
const SEED = Number(process.env.SEED ?? Date.now() % 2 ** 32)
const MEANT = [200, 400, 403, 413, 415, 422, 429, 503]
const FORCED = { iss: 'us', ctx: { tenant: 'one' } }
const CONFIG = { profiles: { plain: { preset: 'jwt', claims: FORCED, ttl: { default: '1m', max: '5m' } } } }

/** What a token must not be, whatever was asked. */
function escape (token: string): string | undefined {
  const [header, claims] = token.split('.').slice(0, 2).map(part => JSON.parse(String(Buffer.from(part, 'base64url'))) as Record<string, unknown>)
  if (!isDeepStrictEqual(Object.keys(header!).sort(), ['alg', 'kid', 'typ']) || header!.alg !== 'ES256') return 'header'
  if (claims!.iss !== FORCED.iss || !isDeepStrictEqual(claims!.ctx, FORCED.ctx)) return 'forced claims'
  const life = Number(claims!.exp) - Number(claims!.iat)
  if (!(life > 0 && life <= 300) || !/^[\da-f-]{36}$/.test(String(claims!.jti))) return 'server claims'
  if (Object.keys(claims!).some(name => /^(?:iss|sub|aud|exp|nbf|iat|jti|ctx)$/iu.test(name) && name !== name.toLowerCase())) return 'a shadowed claim'
  return undefined
}

/** Sends so many in all, a new one whenever one is done. */
async function atOnce (count: number, send: () => Promise<void>): Promise<void> {
  let begun = 0
  await Promise.all(Array.from({ length: CONNECTIONS }, async () => { while (begun++ < count) await send() }))
}

t.test('bodies, raw HTTP, TLS hellos', async t => {
  t.comment(`SEED=${SEED}`)
  const random = makeRandom(SEED)
  const deployment = await deploy(t, { config: CONFIG })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const port = server.ports.public!
  const descriptors = (): number => readdirSync(`/proc/${server.child.pid}/fd`).length
  const alive = async (): Promise<number> => (await fetch(`${server.origin}/.well-known/jwks.json`)).status
  t.equal(await alive(), 200)
  const before = descriptors()

  await t.test(`${BODIES} bodies`, async t => {
    const agent = keepAlive(deployment.ca, CONNECTIONS)
    const seen = new Map<number, number>()
    const wrong: unknown[] = []
    let resets = 0
    const headers = { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json' }
    const send = async (): Promise<void> => {
      const body = makeBody(random)
      const ask = async (options: object) => await fetch(`${server.origin}/sign`, { method: 'POST', headers, body, ...options })
      const { status, text } = await ask({ agent }).catch(async () => {
        resets++ // a kept connection may end while it is used again; one of its own must not
        return await ask({})
      })
      seen.set(status, (seen.get(status) ?? 0) + 1)
      const fault = !MEANT.includes(status)
        ? `status ${status}`
        : status === 200 ? escape((JSON.parse(text) as { token: string }).token) : text.includes(deployment.apiKey) ? 'a secret' : undefined
      if (fault !== undefined) wrong.push({ fault, status, text, body: String(body) })
    }
    await atOnce(BODIES, send)
    agent.destroy()
    t.strictSame(wrong.slice(0, 5), [])
    t.comment([...seen].sort().map(([status, count]) => `${status}: ${count}`).join(', '), `${resets} kept connections ended`)
    let signed = 0
    for await (const line of createInterface(createReadStream(deployment.audit))) if (line.includes('"event":"granted"')) signed++
    t.ok(signed >= seen.get(200)! && signed <= seen.get(200)! + resets, 'each token has its record')
    t.ok(seen.get(200)! > BODIES / 10, 'control: valid bodies are among them')
  })

  await t.test('raw HTTP', async t => {
    const sign = `Host: localhost\r\nAuthorization: Bearer ${deployment.apiKey}\r\nContent-Type: application/json\r\n`
    const smuggled = 'GET /livez HTTP/1.1\r\nHost: a\r\n\r\n'
    const corpus: Record<string, string> = {
      'two lengths': `POST /sign HTTP/1.1\r\n${sign}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      'length and chunks': `POST /sign HTTP/1.1\r\n${sign}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n${smuggled}`,
      'chunks, twice encoded': `POST /sign HTTP/1.1\r\n${sign}Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n`,
      'a chunk size that overflows': `POST /sign HTTP/1.1\r\n${sign}Transfer-Encoding: chunked\r\n\r\n${'f'.repeat(20)}\r\n{}`,
      'a negative length': `POST /sign HTTP/1.1\r\n${sign}Content-Length: -1\r\n\r\n${smuggled}`,
      'a length with a plus': `POST /sign HTTP/1.1\r\n${sign}Content-Length: +2\r\n\r\n{}`,
      'bare line feeds': `GET /.well-known/jwks.json HTTP/1.1\nHost: a\n\n${smuggled}`,
      'a space before the colon': 'GET / HTTP/1.1\r\nHost : a\r\n\r\n',
      'a folded header': 'GET / HTTP/1.1\r\nHost: a\r\nX: a\r\n b\r\n\r\n',
      '20 KB of headers': `GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`,
      'a long path': `GET /${'a'.repeat(20_000)} HTTP/1.1\r\nHost: a\r\n\r\n`,
      'no host': 'GET / HTTP/1.1\r\n\r\n',
      'an unknown method': 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n',
      CONNECT: 'CONNECT a:443 HTTP/1.1\r\nHost: a\r\n\r\n',
      TRACE: 'TRACE / HTTP/1.1\r\nHost: a\r\n\r\n',
      'an upgrade': 'GET / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n',
      'HTTP/2': 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n',
      'HTTP/9.9': 'GET / HTTP/9.9\r\nHost: a\r\n\r\n',
      'a null byte': 'GET /\0 HTTP/1.1\r\nHost: a\r\n\r\n',
      'a percent sign': 'GET /%ff%/.well-known/jwks.json HTTP/1.1\r\nHost: a\r\n\r\n',
      noise: Array.from({ length: 500 }, () => String.fromCharCode(random(256))).join('')
    }
    for (const [name, request] of Object.entries(corpus)) {
      const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
      let answer = ''
      socket.setEncoding('latin1').on('data', (text: string) => { answer += text }).on('error', () => {})
      socket.end(request, 'latin1')
      await new Promise(resolve => { socket.once('close', resolve) }) // also after a reset
      t.notMatch(answer, /HTTP\/1\.1 [25]\d\d/, name)
      t.notMatch(answer, deployment.apiKey)
    }
    t.equal(await alive(), 200)
  })

  await t.test(`${HELLOS} malformed TLS hellos`, async t => {
    const listener = createServer().listen(0, '127.0.0.1')
    await once(listener, 'listening')
    const client = connect({ port: (listener.address() as { port: number }).port, host: '127.0.0.1', servername: 'localhost' }).on('error', () => {})
    const [peer] = await once(listener, 'connection') as [ReturnType<typeof connectPlain>]
    const [hello] = await once(peer, 'data') as [Buffer]
    client.destroy()
    peer.destroy()
    listener.close()
    const send = async (): Promise<void> => {
      const bytes = Buffer.from(hello)
      for (let changes = 1 + random(4); changes > 0; changes--) bytes[random(random(2) ? 64 : bytes.length)] = random(256)
      const socket = connectPlain(port, '127.0.0.1').on('error', () => {}).resume()
      const closed = new Promise(resolve => { socket.once('close', resolve) })
      socket.end(random(4) ? bytes : bytes.subarray(0, random(bytes.length)))
      await closed
    }
    await atOnce(HELLOS, send)
    t.equal(await alive(), 200)
  })

  await until(() => descriptors() <= before)
  t.notMatch(server.output.stderr, deployment.apiKey)
  t.strictSame(server.log().filter(({ level }) => level === 'error'), [])
  t.equal(await server.stop(), 0)
})
