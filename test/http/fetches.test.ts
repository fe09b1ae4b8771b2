// Which requests count as fetches: GET answered with 200 or 304 and sent to its end, over real TLS. Nothing else proves
// that a consumer has a key.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { exchange } from '../support/request.ts'

const JWKS = '/.well-known/jwks.json'
const LOCAL = { epic: { set: 'default', from: ['127.0.0.1'], userAgent: 'epic' } }

t.test('200 and 304 count, on kept and on closed connections', async t => {
  const deployment = await deploy(t, { config: { consumers: LOCAL } })
  const { origin, port, fetch, recorder } = await openListener(t, deployment, { record: true })
  const headers = { 'user-agent': 'Epic/1' }
  const { headers: { etag }, json } = await fetch(origin + JWKS, { headers })
  await fetch(origin + JWKS, { headers: { ...headers, 'if-none-match': etag! } })
  await fetch(origin + JWKS, { headers: { ...headers, 'if-none-match': '"older"' } })
  await exchange({ port, ca: deployment.ca, servername: 'localhost' }, `GET ${JWKS} HTTP/1.0\r\nUser-Agent: epic\r\n\r\n`)
  await exchange({ port, ca: deployment.ca, servername: 'localhost' }, `GET ${JWKS} HTTP/1.1\r\nHost: a\r\nUser-Agent: epic\r\nConnection: close\r\n\r\n`)
  const [epic, ...others] = recorder.take()
  t.match(epic, { consumer: 'epic', set: 'default', count: 5, etag })
  t.strictSame([...epic!.kids.keys()], json().keys.map(({ kid }: { kid: string }) => kid))
  t.strictSame(others, [])
})

t.test('HEAD, OPTIONS, *, 404, 405 and a connection that was cut do not count', async t => {
  const { origin, fetch, recorder } = await openListener(t, await deploy(t), {
    record: true,
    prepare: listener => {
      listener.addHook('onSend', (request, reply, payload, done) => {
        if (request.headers.from === 'cut before') request.raw.socket.destroy()
        if (request.headers.from === 'cut while it is sent') reply.raw.prependOnceListener('finish', () => { request.raw.socket.destroy() })
        done(null, payload)
      })
    }
  })
  for (const method of ['HEAD', 'OPTIONS', 'POST', 'DELETE']) await fetch(origin + JWKS, { method })
  await fetch(origin + JWKS, { headers: { 'if-none-match': ' * ' } })
  await fetch(`${origin}/nobody${JWKS}`)
  // With a query, for the router with its hooks; test/server/prepared-jwks.test.ts cuts the prepared answers.
  await t.rejects(fetch(`${origin}${JWKS}?x`, { headers: { from: 'cut before' } }))
  await fetch(`${origin}${JWKS}?x`, { headers: { from: 'cut while it is sent' } }).catch(() => {})
  t.strictSame(recorder.take(), [])
  await fetch(origin + JWKS)
  t.strictSame(recorder.take().map(({ consumer, count }) => [consumer, count]), [['default', 1], ['127.0.0.0/24 none', 1]], 'control')
})

t.test('a union counts for each set in it, with the kids of that set', async t => {
  const revoked = `# revoked: 2020-01-01T00:00:00Z\n${privatePem('P-256')}`
  const keys = { 'ecw/a.pem': privatePem('P-256'), 'cdata/b.pem': privatePem('P-256'), 'gone/c.pem': revoked }
  const config = { sets: { all: { include: ['ecw', 'cdata', 'gone'] } }, profiles: { plain: { preset: 'jwt', set: 'ecw' } } }
  const { origin, fetch, recorder } = await openListener(t, await deploy(t, { keys, config }), { record: true })
  const [a, b] = (await fetch(`${origin}/all${JWKS}`)).json().keys.map(({ kid }: { kid: string }) => kid) as [string, string]
  const [ecw] = (await fetch(`${origin}/ecw${JWKS}`)).json().keys.map(({ kid }: { kid: string }) => kid)
  const own = recorder.take().filter(({ consumer, set }) => consumer === set)
  const found = Object.fromEntries(own.map(({ set, count, kids }) => [set, [count, ...kids.keys()]]))
  t.strictSame(found, { all: [1, a, b], ecw: [2, ecw], cdata: [1, a === ecw ? b : a] })
})

t.test('X-Forwarded-For of anybody but a trusted proxy is ignored: a consumer cannot be imitated', async t => {
  const consumers = { epic: { set: 'default', from: ['203.0.113.0/24'] } }
  const counted = async (config: object, forwarded: string) => {
    const { origin, fetch, recorder } = await openListener(t, await deploy(t, { config: { consumers, ...config } }), { record: true })
    await fetch(origin + JWKS, { headers: { 'x-forwarded-for': forwarded } })
    return recorder.take().map(({ consumer }) => consumer)
  }
  t.strictSame(await counted({}, '203.0.113.7'), ['127.0.0.0/24 none'])
  t.strictSame(await counted({ trustProxy: ['127.0.0.1'] }, '203.0.113.7, 198.51.100.1'), ['198.51.100.0/24 none'], 'the client put a consumer in front')
  t.strictSame(await counted({ trustProxy: ['127.0.0.1'] }, '203.0.113.7'), ['epic'], 'control')
})
