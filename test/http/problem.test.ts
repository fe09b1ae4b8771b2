// Problem documents: every refusal looks the same to a program, and an unexpected error tells nothing.

import { readFile } from 'node:fs/promises'
import { connect as connectPlain } from 'node:net'
import { connect } from 'node:tls'
import { once } from 'node:events'
import t from 'tap'
import { ERROR_CODES, RequestError } from '../../src/core/errors.ts'
import { DOCUMENTATION } from '../../src/http/problem.ts'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'
import { inRepository } from '../support/program.ts'
import { exchange } from '../support/request.ts'

t.test('an unknown URL is a problem document with helmet\'s headers and a request id of its own', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const [one, other] = [await fetch(`${origin}/nowhere`), await fetch(`${origin}/nowhere`)]
  const { instance, ...rest } = one.json()
  t.strictSame(rest, {
    type: `${DOCUMENTATION}#err_not_found`, title: 'There is nothing here', status: 404, detail: 'no such resource on this listener', code: 'ERR_NOT_FOUND'
  })
  t.not(instance, other.json().instance)
  t.match(one.headers, { 'content-type': 'application/problem+json', 'cache-control': 'no-store', 'x-content-type-options': 'nosniff' })
})

t.test('each code has its status, and Retry-After where waiting helps', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t), {
    prepare: listener => listener.get<{ Params: { code: typeof ERROR_CODES[number] } }>('/raise/:code', async ({ params: { code } }) => {
      throw new RequestError(code, 'as asked', { field: 'claims.aud', rule: 'a-rule', source: 'RFC 9457', hint: 'stop asking', retryAfter: 7, cause: 'secret' })
    })
  })
  const described = await readFile(inRepository('docs/errors.md'), 'utf8')
  const statuses: Record<string, number> = {}
  for (const code of ERROR_CODES) {
    const { status, headers, json } = await fetch(`${origin}/raise/${code}`)
    statuses[code] = status
    t.ok(described.includes(`id="${code.toLowerCase()}"`), 'its type leads to a row of docs/errors.md')
    t.equal(headers['retry-after'], '7')
    const { instance: _, title, ...rest } = json()
    t.type(title, 'string')
    t.strictSame(rest, { type: `${DOCUMENTATION}#${code.toLowerCase()}`, status, detail: 'as asked', code, field: 'claims.aud', rule: 'a-rule', source: 'RFC 9457', hint: 'stop asking' })
  }
  t.strictSame(statuses, {
    ERR_BAD_REQUEST: 400,
    ERR_UNAUTHENTICATED: 401,
    ERR_FORBIDDEN: 403,
    ERR_FORCED_CLAIM: 403,
    ERR_NOT_FOUND: 404,
    ERR_METHOD_NOT_ALLOWED: 405,
    ERR_NOT_ACCEPTABLE: 406,
    ERR_REQUEST_TIMEOUT: 408,
    ERR_PAYLOAD_TOO_LARGE: 413,
    ERR_UNSUPPORTED_MEDIA_TYPE: 415,
    ERR_RULE_BROKEN: 422,
    ERR_RATE_LIMITED: 429,
    ERR_HEADERS_TOO_LARGE: 431,
    ERR_INTERNAL: 500,
    ERR_NO_ACTIVE_KEY: 503,
    ERR_BUSY: 503,
    ERR_AUDIT: 503,
    ERR_CLOCK: 503
  })
})

t.test('an unexpected error is a bare 500: canary secrets reach neither the reply nor the log', async t => {
  const deployment = await deploy(t)
  const canaries = ['canary-outside', deployment.apiKey, 'eyJhbGciOiJub25lIn0.eyJjYW5hcnkiOjF9.c2ln', '-----BEGIN PRIVATE KEY-----\ncanary\n-----END PRIVATE KEY-----']
  const { origin, fetch, log } = await openListener(t, deployment, {
    prepare: listener => {
      listener.get('/boom', async () => { throw Object.assign(new Error(canaries.slice(1).join(' ')), { secret: canaries[0], headers: { authorization: canaries[1] } }) })
      listener.get('/early', async () => { throw Object.assign(new Error('too early'), { statusCode: 425 }) })
      listener.get('/odd', async () => { throw Object.assign(new Error('odd'), { statusCode: 302 }) })
    }
  })
  const { status, headers, text, json } = await fetch(`${origin}/boom`, { headers: { authorization: `Bearer ${deployment.apiKey}` } })
  t.equal(status, 500)
  const { instance: _, ...rest } = json()
  t.strictSame(rest, {
    type: `${DOCUMENTATION}#err_internal`,
    title: 'Internal error',
    status: 500,
    detail: 'unexpected error; its cause is in the log under this instance',
    code: 'ERR_INTERNAL'
  })
  t.match(headers, { 'content-type': 'application/problem+json' })
  const record = log.map(line => JSON.parse(line)).find(({ msg }) => msg === 'unexpected error')
  t.match(record, { level: 'error', reqId: json().instance.slice('urn:uuid:'.length), err: { type: 'Error', message: /^\[secret\] \[secret\] \[secret\]/ } })
  for (const canary of canaries) t.notOk(text.includes(canary), 'not in the reply')
  for (const canary of [...canaries.slice(0, 3), 'BEGIN PRIVATE KEY', '\\ncanary']) t.notOk(log.join('').includes(canary), 'not in the log')
  t.match((await fetch(`${origin}/early`)).json(), { status: 400, code: 'ERR_BAD_REQUEST', detail: 'too early' }, 'a refusal of the framework')
  t.equal((await fetch(`${origin}/odd`)).status, 500, 'a status that is no refusal is not believed')
  t.equal((await fetch(`${origin}/livez`)).status, 200, 'the process goes on')
})

t.test('what is not HTTP gets a problem document and is hung up on', async t => {
  const deployment = await deploy(t)
  const { port, origin, fetch } = await openListener(t, deployment)
  const tls = { port, ca: deployment.ca, servername: 'localhost' }
  const refused = async (bytes: string): Promise<any> => {
    const [head, body] = (await exchange(tls, bytes)).split('\r\n\r\n') as [string, string]
    t.match(head, /\r\nContent-Type: application\/problem\+json\r\n/)
    t.match(head, new RegExp(`\r\nContent-Length: ${body.length}\r\nConnection: close$`))
    return { line: head.split('\r\n')[0], ...JSON.parse(body) }
  }
  const bad = { line: 'HTTP/1.1 400 Bad Request', status: 400, code: 'ERR_BAD_REQUEST', instance: /^urn:uuid:/ }
  for (const bytes of ['nonsense\r\n\r\n', 'GET / HTTP/9.9\r\n\r\n', 'GET / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n', 'GET /\0 HTTP/1.1\r\n\r\n',
    'POST /sign HTTP/1.1\r\nHost: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n']) {
    t.match(await refused(bytes), bad, JSON.stringify(bytes))
  }
  t.match(await refused(`GET / HTTP/1.1\r\nHost: a\r\nX: ${'a'.repeat(20_000)}\r\n\r\n`),
    { line: 'HTTP/1.1 431 Request Header Fields Too Large', status: 431, code: 'ERR_HEADERS_TOO_LARGE' })
  const speakPlainly = async (bytes: string): Promise<string> => {
    const plain = connectPlain(port, '127.0.0.1').on('error', () => {}).setEncoding('utf8')
    let answer = ''
    plain.on('data', (text: string) => { answer += text }).write(bytes)
    await once(plain, 'close')
    return answer
  }
  t.match(await speakPlainly('GET / HTTP/1.1\r\n\r\n'), /^HTTP\/1\.1 400 Bad Request\r\nContent-Type: text\/plain\r\n[^]*speaks TLS: use https:/)
  t.equal(await speakPlainly('neither TLS nor HTTP\r\n\r\n'), '')
  const rude = connect(tls, () => { rude.write('nonsense\r\n\r\n', () => rude.destroy()) })
  await once(rude, 'close')
  t.equal((await fetch(`${origin}/livez`)).status, 200, 'the process goes on')
})

t.test('a method that a URL does not have is answered with those that it has', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  const ask = async (method: string, path: string) => {
    const { status, headers } = await fetch(origin + path, { method })
    return [status, headers.allow]
  }
  t.strictSame(await ask('GET', '/sign'), [405, 'POST'])
  t.strictSame(await ask('OPTIONS', '/sign?x=1'), [405, 'POST'])
  t.strictSame(await ask('DELETE', '/docs/static/index.css'), [405, 'GET, HEAD'])
  t.strictSame(await ask('POST', '/readyz'), [405, 'GET, HEAD'])
  t.strictSame(await ask('POST', '/openapi_json'), [404, undefined], 'control: a dot is a dot')
  t.strictSame(await ask('POST', '/a/b/.well-known/jwks.json'), [404, undefined], 'control: a set is one segment')
})

t.test('refusals of a busy server wait; answers do not', async t => {
  const deployment = await deploy(t)
  const { origin, fetch } = await openListener(t, deployment)
  const order: string[] = []
  const ask = async (path: string): Promise<void> => {
    const { status } = await fetch(origin + path)
    order.push(`${status} ${path}`)
  }
  const beBusy = (): void => {
    const end = performance.now() + 400 // so long that the requests between are a small part also where they take a while
    while (performance.now() < end);
  }
  await ask('/missing')
  for (let i = 0; i < 6; i++) {
    beBusy()
    await ask('/missing')
  }
  beBusy()
  await Promise.all([ask('/missing'), ask('/livez')])
  t.strictSame(order.slice(-2), ['200 /livez', '404 /missing'])
})
