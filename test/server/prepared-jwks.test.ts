// The prepared answers are those of the router, byte for byte, and are counted as those; what is not plain is routed.

import { once } from 'node:events'
import type { IncomingMessage, ServerResponse } from 'node:http'
import { connect, type TLSSocket } from 'node:tls'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { NOW, openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { exchange } from '../support/request.ts'
import { until } from '../support/until.ts'

const JWKS = '/.well-known/jwks.json'
/** A query sends a request to the router. */
const ROUTED = '?'
const KEYS = { 'a.pem': privatePem('P-256'), 'ecw/b.pem': privatePem('P-256'), 'cdata/c.pem': privatePem('P-384') }
const CONFIG = { sets: { all: { include: ['ecw', 'cdata'] } }, profiles: { plain: { preset: 'jwt', set: 'ecw' } } }

type Options = Parameters<typeof openListener>[2]

/** A listener, and what each way to an answer has taken. */
async function open (t: Parameters<typeof openListener>[0], options: Options = {}, keys = KEYS) {
  const deployment = await deploy(t as never, { keys, config: CONFIG })
  const routed: string[] = []
  const opened = await openListener(t, deployment, {
    record: true,
    ...options,
    prepare: listener => {
      listener.addHook('onRequest', (request, _reply, done) => {
        routed.push(request.url)
        done()
      })
      options.prepare?.(listener)
    }
  })
  const tls = { port: opened.port, ca: deployment.ca, servername: 'localhost' }
  const client = async (): Promise<{ socket: TLSSocket, text: () => string }> => {
    const socket = connect({ host: '127.0.0.1', ...tls })
    let text = ''
    socket.setEncoding('latin1').on('data', (chunk: string) => { text += chunk }).on('error', () => {})
    await once(socket, 'secureConnect')
    return { socket, text: () => text }
  }
  let shared: ReturnType<typeof client> | undefined
  /** The bytes of an answer on a connection that stays open, but for the second in which it was sent. */
  const ask = async (lines: string): Promise<string> => {
    const { socket, text } = await (shared ??= client())
    const start = text().length
    // The end of the next answer shows that this one is whole.
    socket.write(`${lines}\r\n\r\nGET /livez HTTP/1.1\r\nHost: a\r\n\r\n`)
    await until(() => text().endsWith('{"status":"alive"}') && text().length > start)
    return withoutDate(text().slice(start, text().lastIndexOf('HTTP/1.1 200 OK')))
  }
  const counts = async () => {
    const figures = (await opened.listener.inject('/metrics')).body.split('\n')
    return figures.filter(line => /^jwksd_(jwks_answers_total|http_request_seconds_count.*jwks)/.test(line)).sort()
  }
  return { ...opened, routed, tls, client, ask, counts }
}

function withoutDate (answer: string): string {
  const [, date] = /\r\nDate: (.*)\r\n/.exec(answer)!
  const late = Date.now() - Date.parse(date!)
  if (!(late >= 0 && late < 30_000)) throw new Error(`Date is ${date}`)
  return answer.replace(date!, '-')
}

t.test('the same bytes as the router: all sets, GET and HEAD, 200 and 304, on localhost and elsewhere', async t => {
  const { ask, routed, fetch, origin } = await open(t)
  for (const path of [JWKS, `/ecw${JWKS}`, `/all${JWKS}`]) {
    const { headers: { etag }, text } = await fetch(origin + path)
    const others = [`W/${etag}`, `"other", ${etag}`, '*', ` ${etag} `, '"other"', '']
    const conditions = [undefined, etag, ...path === JWKS ? others : []]
    for (const host of ['localhost:8443', 'jwks.example.com']) {
      for (const [method, tag] of ['GET', 'HEAD'].flatMap(method => conditions.map(tag => [method, tag]))) {
        const lines = `HTTP/1.1\r\nHost: ${host}${tag === undefined ? '' : `\r\nIf-None-Match: ${tag}`}`
        routed.length = 0
        const prepared = await ask(`${method} ${path} ${lines}`)
        t.strictSame(routed, ['/livez'], 'it was prepared')
        t.equal(prepared, await ask(`${method} ${path}${ROUTED} ${lines}`), `${method} ${path} ${host} ${tag}`)
        t.strictSame(routed, ['/livez', path + ROUTED, '/livez'], 'control')
        if (method === 'GET' && tag === undefined) t.ok(prepared.endsWith(`\r\n\r\n${text}`))
      }
    }
  }
})

t.test('the last answer on a connection says so, and ends it', async t => {
  const { tls, routed, recorder } = await open(t)
  const ask = async (path: string): Promise<string> => withoutDate(await exchange(tls, `GET ${path} HTTP/1.1\r\nHost: a\r\nConnection: Close\r\n\r\n`))
  const prepared = await ask(JWKS)
  t.strictSame(routed, [])
  t.match(prepared, /\r\nConnection: close\r\n/)
  t.equal(prepared, await ask(JWKS + ROUTED))
  t.match(recorder.take(), [{ count: 2 }, { count: 2 }], 'both are fetches')
})

t.test('counted, recorded and logged as what the router answers', async t => {
  const [prepared, routed] = [await open(t), await open(t)]
  const use = async ({ ask, recorder, counts, log, fetch, origin }: typeof prepared, query: string) => {
    const { headers: { etag } } = await fetch(`${origin}/ecw${JWKS}`)
    recorder.take()
    for (const [method, path, tag] of [['GET', JWKS, '""'], ['GET', `/ecw${JWKS}`, etag], ['HEAD', `/ecw${JWKS}`, '""'], ['GET', JWKS, '*'], ['GET', `/all${JWKS}`, 'W/""']]) {
      await ask(`${method} ${path}${query} HTTP/1.1\r\nHost: a\r\nUser-Agent: tester/1\r\nIf-None-Match: ${tag}`)
    }
    const fetched = recorder.take().map(({ consumer, set, first, count, kids }) => ({ consumer, set, first, count, kids: [...kids] }))
    return { fetched, counts: await counts(), log: log.slice(1) }
  }
  const [one, other] = [await use(prepared, ''), await use(routed, ROUTED)]
  t.ok(routed.routed.length > prepared.routed.length, 'control')
  t.match(one.fetched.map(({ consumer, set }) => [consumer, set]), [['default', 'default'], ['127.0.0.0/24 tester', 'default']])
  t.strictSame(one, other)
  t.ok(one.counts.includes('jwksd_jwks_answers_total{set="ecw",status="304"} 1'))
  t.strictSame(one.log, [], 'nothing but the line that it listens')
})

t.test('whatever is not plain goes to the router', async t => {
  const { tls, routed, client, fetch, origin } = await open(t)
  const send = async (request: string): Promise<string> => {
    routed.length = 0
    return await exchange(tls, request)
  }
  const closing = 'Host: a\r\nConnection: close\r\n'
  for (const [request, answer] of [
    [`GET ${JWKS} HTTP/1.0\r\n\r\n`, /^HTTP\/1.1 200 /],
    [`GET ${JWKS} HTTP/1.1\r\n${closing}Expect: 100-continue\r\n\r\n`, /^HTTP\/1.1 100 Continue\r\n\r\nHTTP\/1.1 200 /],
    [`GET ${JWKS} HTTP/1.1\r\n${closing}Expect: anything\r\n\r\n`, /^HTTP\/1.1 200 /],
    [`GET ${JWKS} HTTP/1.1\r\n${closing}Content-Length: 2\r\n\r\n{}`, /^HTTP\/1.1 200 /],
    [`GET ${JWKS} HTTP/1.1\r\n${closing}Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n`, /^HTTP\/1.1 200 /],
    [`GET ${JWKS} HTTP/1.1\r\nHost: a\r\nConnection: close, te\r\n\r\n`, /^HTTP\/1.1 200 /],
    [`GET https://a${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 /],
    [`OPTIONS ${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 204 /],
    [`DELETE ${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 405 /],
    [`GET /%65cw${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 200 /],
    [`GET /default${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 404 /],
    [`GET /nobody${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 404 /],
    [`GET /${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 404 /],
    [`GET x${JWKS} HTTP/1.1\r\n${closing}\r\n`, /^HTTP\/1.1 4/]
  ] as const) {
    t.match(await send(request), answer, request)
    if (!/ x\//.test(request)) t.equal(routed.length, 1, request)
  }
  t.match(await send(`GET ${JWKS} HTTP/1.1\r\nConnection: close\r\n\r\n`), /^HTTP\/1.1 400 .*application\/problem\+json.*needs the header Host.*ERR_BAD_REQUEST/s)
  routed.length = 0
  t.equal((await fetch(origin + JWKS)).status, 200)
  const { socket, text } = await client()
  socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: a\r\nConnection: Keep-Alive\r\n\r\nGET /ecw${JWKS} HTTP/1.1\r\nHost: a\r\n\r\nGET ${JWKS}? HTTP/1.1\r\n${closing}\r\n`)
  await once(socket, 'close')
  t.match(text(), /^HTTP.*HTTP.*HTTP.*close/s, 'in turn with others on one connection')
  t.strictSame(routed, [JWKS + ROUTED])
})

t.test('a draining server answers by the router, which ends the connection', async t => {
  const draining = { yes: false }
  const { tls, ask, routed } = await open(t, { draining })
  await ask(`GET ${JWKS} HTTP/1.1\r\nHost: a`)
  t.strictSame(routed, ['/livez'])
  draining.yes = true
  t.match(await exchange(tls, `GET ${JWKS} HTTP/1.1\r\nHost: a\r\n\r\n`), /\r\nconnection: close\r\n/)
  t.strictSame(routed, ['/livez', JWKS])
})

t.test('what changes with time is right in each answer', async t => {
  const keys = { ...KEYS, 'new.pem': `# activates: ${new Date((NOW + 900) * 1000).toISOString().replace(/\.\d+/, '')}\n${privatePem('P-256')}` }
  const time = { now: NOW }
  const { listener, client } = await open(t, { time }, keys)
  const { socket, text } = await client()
  const ask = async (): Promise<string> => {
    const [at, seen] = [text().length, text().split('HTTP/1.1').length]
    socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: a\r\n\r\n`)
    await until(() => text().split('HTTP/1.1').length > seen && text().endsWith('}]}'))
    return text().slice(at)
  }
  const first = await ask()
  t.match(first, /max-age=600,[^]*keep-alive: timeout=4\r\n/)
  time.now = NOW + 400
  listener.server.keepAliveTimeout = 2000
  t.match(await ask(), /max-age=500,[^]*keep-alive: timeout=2\r\n/)
  time.now = NOW
  listener.server.keepAliveTimeout = 65_000
  await new Promise(resolve => setTimeout(resolve, 1000 - Date.now() % 1000))
  const later = await ask()
  t.not(dateOf(later), dateOf(first))
  t.equal(withoutDate(later), withoutDate(first))
})

const dateOf = (answer: string): string | undefined => /\r\nDate: (.*)\r\n/.exec(answer)?.[1]

t.test('a connection that is cut is neither counted nor recorded', async t => {
  const cut = (when: 'before' | 'sent') => (request: IncomingMessage, response: ServerResponse): void => {
    if (request.headers.from !== when) return
    if (when === 'before') request.socket.destroy()
    else response.prependOnceListener('finish', () => { request.socket.destroy() })
  }
  const { client, counts, recorder, ask, routed } = await open(t, {
    prepare: ({ server }) => { server.prependListener('turn', cut('before')).on('turn', cut('sent')) }
  })
  for (const when of ['before', 'sent']) {
    const { socket } = await client()
    socket.write(`GET ${JWKS} HTTP/1.1\r\nHost: a\r\nFrom: ${when}\r\n\r\n`)
    await once(socket, 'close')
  }
  t.strictSame(recorder.take(), [])
  const before = await counts()
  t.ok(before.includes('jwksd_jwks_answers_total{set="default",status="200"} 1'), 'only the one that was sent')
  await ask(`GET ${JWKS} HTTP/1.1\r\nHost: a`)
  t.strictSame(recorder.take().map(({ count }) => count), [1, 1], 'control')
  t.strictSame(routed.filter(url => url === JWKS), [])
})
