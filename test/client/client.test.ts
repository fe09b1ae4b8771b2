// The client of POST /sign for Node.js, against a real listener, and against servers that misbehave.

import { readFileSync, writeFileSync } from 'node:fs'
import type { IncomingMessage, RequestListener } from 'node:http'
import path from 'node:path'
import t, { type Test } from 'tap'
import { JwksdClient, type JwksdClientOptions, JwksdError } from '../../src/client/index.ts'
import { deploy } from '../support/deployment.ts'
import { serve, theSite } from '../support/jwks-server.ts'
import { addClients, NOW, openInternalListener, openListener } from '../support/listener.ts'
import { makeCertificate } from '../support/openssl.ts'
import { until } from '../support/until.ts'

const TOKEN = { token: 'a.b.c', kid: 'k', alg: 'ES256' }

interface Served { client: JwksdClient, seen: IncomingMessage[] }

/** Answers with each in turn, the last again and again. */
async function serveAnswers (t: Test, answers: RequestListener[], options: Partial<JwksdClientOptions> = {}): Promise<Served> {
  const seen: IncomingMessage[] = []
  const port = await serve(t, (request, response) => {
    seen.push(request)
    answers[Math.min(seen.length, answers.length) - 1]!(request, response)
  })
  return { seen, client: new JwksdClient({ url: `https://localhost:${port}`, ca: (await theSite()).ca, ...options }) }
}

const grant: RequestListener = (_request, response) => { response.setHeader('content-type', 'application/json; charset=utf-8').end(JSON.stringify(TOKEN)) }
const refuse = (status: number, retryAfter?: string, type = 'application/problem+json'): RequestListener => (_request, response) => {
  response.writeHead(status, { 'content-type': type, ...(retryAfter !== undefined && { 'retry-after': retryAfter }) })
  response.end(JSON.stringify({ status, code: 'ERR_BUSY', detail: 'busy' }))
}
const hangUp: RequestListener = request => { request.socket.destroy() }
const stall: RequestListener = () => {}

t.test('a real listener', async t => {
  const deployment = await deploy(t, { config: { profiles: { plain: { preset: 'jwt', claims: { iss: 'billing' } } } } })
  const { origin } = await openListener(t, deployment)
  const file = path.join(deployment.directory, 'api-key')
  const client = new JwksdClient({ url: origin, apiKeyFile: file, ca: deployment.ca })
  t.test('signs with the API key that the file has now', async t => {
    writeFileSync(file, 'no key\n')
    await t.rejects(client.sign({ profile: 'plain' }), { name: 'JwksdError', status: 401, code: 'ERR_UNAUTHENTICATED' })
    writeFileSync(file, `${deployment.apiKey}\n`)
    const { token, exp, iat } = await client.sign({ claims: { sub: 'me' }, ttl: 60 })
    t.match(JSON.parse(Buffer.from(token.split('.')[1]!, 'base64url').toString()), { iss: 'billing', sub: 'me' })
    t.equal(exp! - iat!, 60)
  })

  t.test('a refusal has the members of the problem document', async t => {
    const refused = await client.sign({ claims: { iss: 'other' } }).catch((error: unknown) => error)
    t.ok(refused instanceof JwksdError)
    t.match(refused, { status: 403, code: 'ERR_FORCED_CLAIM', field: 'claims.iss', rule: String, problem: { title: String, instance: /^urn:uuid:/ }, retryAfter: undefined })
    t.match(await client.sign({ profile: 'nobody' }).catch((error: unknown) => error), { status: 403, code: 'ERR_FORBIDDEN' })
    t.match(await client.sign({ ttl: 0 }).catch((error: unknown) => error), { status: 400, code: 'ERR_BAD_REQUEST', field: 'ttl' })
  })
})

t.test('a client certificate takes the place of an API key', async t => {
  const deployment = await deploy(t, {
    config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'clients.crt.pem' } } }
  })
  await addClients(deployment.file, { billing: { auth: [{ mtls: { san: 'DNS:billing.internal' } }], profiles: ['plain'] } })
  const issuer = makeCertificate(deployment.directory, 'clients', { ca: true })
  const files = makeCertificate(deployment.directory, 'client', { san: 'DNS:billing.internal', issuer })
  const { origin } = await openInternalListener(t, deployment, { now: NOW })
  const own = { cert: readFileSync(files.cert, 'utf8'), key: readFileSync(files.key, 'utf8') }
  t.match(await new JwksdClient({ url: origin, ca: deployment.ca, ...own }).sign(), { token: String })
  await t.rejects(new JwksdClient({ url: origin, ca: deployment.ca }).sign(), { code: 'ERR_UNAUTHENTICATED' }, 'negative control')
  await t.rejects(new JwksdClient({ url: origin, ...own }).sign(), { code: /SIGNED_CERT|UNABLE_TO/ }, 'an authority that is not trusted')
})

t.test('429, 503 and a lost connection are repeated, other answers are not', async t => {
  const repeated = async (...answers: RequestListener[]): Promise<void> => {
    const { client, seen } = await serveAnswers(t, [...answers, grant], { apiKey: 'an API key' })
    t.strictSame(await client.sign({ profile: 'p' }), TOKEN)
    t.equal(seen.length, answers.length + 1)
    t.match(seen.at(-1)!.headers, { authorization: 'Bearer an API key', 'content-type': 'application/json', accept: 'application/json' })
  }
  await repeated(refuse(503, '0'), refuse(429, '0'), hangUp)
  const final = async (answer: RequestListener, error: object, options: Partial<JwksdClientOptions> = {}, count = 1): Promise<void> => {
    const { client, seen } = await serveAnswers(t, [answer], options)
    t.match(await client.sign().catch((error: unknown) => error), error)
    t.equal(seen.length, count)
  }
  await final(refuse(503, '0'), { status: 503, code: 'ERR_BUSY', retryAfter: 0 }, { retries: 2 }, 3)
  await final(refuse(403), { status: 403, message: 'busy' })
  await final(refuse(429, '3600'), { status: 429, retryAfter: 3600 })
  await final(refuse(503, 'Sat, 28 Nov 2026 00:00:00 GMT'), { status: 503, retryAfter: undefined }, { retries: 0 })
})

t.test('without Retry-After the first wait is a second', async t => {
  const { client, seen } = await serveAnswers(t, [refuse(503), grant])
  const start = performance.now()
  t.strictSame(await client.sign(), TOKEN)
  t.ok(performance.now() - start > 950)
  t.equal(seen.length, 2)
})

t.test('what is no answer of jwksd is reported as such', async t => {
  for (const [answer, message] of [
    [refuse(502, undefined, 'text/html'), /answered 502 with text\/html, which is no answer of jwksd/],
    [refuse(200, undefined, 'text/html; charset=utf-8'), /200 with text\/html/],
    [(_request, response) => { response.writeHead(302, { location: 'https://example.com' }).end() }, /302 with no content type/]
  ] as Array<[RequestListener, RegExp]>) {
    const { client } = await serveAnswers(t, [answer])
    await t.rejects(client.sign(), { code: 'ERR_UNEXPECTED_ANSWER', message })
  }
  t.throws(() => new JwksdClient({ url: 'http://localhost' }), { name: 'TypeError', message: 'url must begin with https://, not http://' })
})

t.test('JWS in JSON has a method of its own', async t => {
  const signed = { jws: { payload: 'e30', signature: 's' }, kid: 'k', alg: 'ES256' }
  const { client } = await serveAnswers(t, [(_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify(signed)) }])
  t.strictSame(await client.signJson(), signed)
  await t.rejects(client.sign(), { message: /use signJson/ })
  const { client: compact } = await serveAnswers(t, [grant])
  await t.rejects(compact.signJson(), { message: /use sign$/ })
})

t.test('a call ends in time, or when its caller wants', async t => {
  const { client } = await serveAnswers(t, [stall], { timeout: 50 })
  await t.rejects(client.sign(), { name: 'TimeoutError' })
  const half = await serveAnswers(t, [(_request, response) => { response.writeHead(200, { 'content-type': 'application/json' }).write('{') }], { timeout: 500 })
  await t.rejects(half.client.sign(), { name: 'TimeoutError' }, 'an answer that stops')

  const busy = await serveAnswers(t, [refuse(503, '20')])
  const caller = new AbortController()
  const called = busy.client.sign({}, { signal: caller.signal })
  await until(() => busy.seen.length === 1)
  caller.abort(new Error('no longer needed'))
  await t.rejects(called, { message: 'no longer needed' })
  t.equal(busy.seen.length, 1, 'it waited, and did not ask again')
})
