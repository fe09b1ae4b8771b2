// Who may sign: no token without the right API key, one answer for every failure, and limits that hit only the guilty.

import { crc32 } from 'node:zlib'
import t from 'tap'
import { makeApiKey } from '../../../src/core/clients/api-key.ts'
import { deploy } from '../../support/deployment.ts'
import { NOW, openListener } from '../../support/listener.ts'
import { postSign } from '../../support/request.ts'

const day = (seconds: number): string => new Date(seconds * 1000).toISOString().replace(/\.\d+Z$/, 'Z')
const auth = ({ id, sha256 }: { id: string, sha256: string }, expires?: string): object =>
  ({ apiKey: { id, sha256, ...(expires && { expires }) } })

t.test('every failed authentication has one and the same answer', async t => {
  const expired = makeApiKey()
  const deployment = await deploy(t, {
    config: {
      profiles: { plain: { preset: 'jwt' } },
      clients: { app: { auth: [auth(expired, day(NOW - 1))], profiles: ['plain'] } }
    }
  })
  const { origin, fetch } = await openListener(t, deployment)
  const { token } = expired
  const headers: Record<string, Record<string, string>> = {
    missing: {},
    empty: { authorization: '' },
    'another scheme': { authorization: `Basic ${Buffer.from(`app:${token}`).toString('base64')}` },
    malformed: { authorization: 'Bearer nonsense' },
    'two words': { authorization: `Bearer ${token} ${token}` },
    'wrong checksum': { authorization: `Bearer ${token.slice(0, -1)}${token.endsWith('A') ? 'B' : 'A'}` },
    'unknown id': { authorization: `Bearer ${makeApiKey().token}` },
    'an id that is a member of every object': { authorization: 'Bearer jwksd_toString0_' + 'a'.repeat(49) },
    expired: { authorization: `Bearer ${token}` },
    'a cookie': { cookie: `authorization=${token}` },
    'another header': { 'x-api-key': token }
  }
  const body = JSON.stringify({ claims: { sub: 'me' } })
  const bodies = new Set<string>()
  for (const [name, given] of Object.entries(headers)) {
    const answer = await fetch(`${origin}/sign`, { method: 'POST', headers: { 'content-type': 'application/json', ...given }, body })
    t.equal(answer.status, 401, name)
    t.match(answer.headers, { 'www-authenticate': 'Bearer realm="jwksd"', 'content-type': 'application/problem+json', 'cache-control': 'no-store' })
    const { instance, ...rest } = answer.json()
    t.match(instance, /^urn:uuid:[0-9a-f-]{36}$/)
    bodies.add(JSON.stringify(rest))
  }
  t.equal(bodies.size, 1, 'the body is uniform')
  t.match([...bodies][0], /"code":"ERR_UNAUTHENTICATED"/)
})

t.test('a wrong secret under a known id, with a right checksum, is refused', async t => {
  const deployment = await deploy(t)
  const { origin, fetch } = await openListener(t, deployment)
  const [, id] = deployment.apiKey.split('_')
  const forged = `jwksd_${id}_${'A'.repeat(43)}`
  const check = Buffer.alloc(4)
  check.writeUInt32BE(crc32(forged))
  t.equal((await postSign(fetch, origin, forged + check.toString('base64url'), {})).status, 401)
  t.equal((await postSign(fetch, origin, deployment.apiKey, {})).status, 200, 'control: the right one passes')
})

t.test('who is not known gets no parser\'s time: 401 before the body is looked at', async t => {
  const { origin, fetch } = await openListener(t, await deploy(t))
  for (const body of ['not JSON', '{"a":1,"a":2}']) t.equal((await postSign(fetch, origin, 'nonsense', body)).status, 401)
})

t.test('a client may have two live keys, and each expires by itself', async t => {
  const [old, successor] = [makeApiKey(), makeApiKey()]
  const time = { now: NOW }
  const deployment = await deploy(t, {
    config: { clients: { app: { auth: [auth(old, day(NOW + 60)), auth(successor)], profiles: ['plain'] } } }
  })
  const { origin, fetch } = await openListener(t, deployment, { time })
  const status = async ({ token }: { token: string }): Promise<number> => (await postSign(fetch, origin, token, {})).status
  t.strictSame([await status(old), await status(successor)], [200, 200])
  time.now = NOW + 59
  t.equal(await status(old), 200)
  time.now = NOW + 60
  t.strictSame([await status(old), await status(successor)], [401, 200], 'refused from its date on')
})

t.test('a client uses only its own profiles; others cannot even be probed', async t => {
  const [mine, theirs] = [makeApiKey(), makeApiKey()]
  const deployment = await deploy(t, {
    config: {
      profiles: { mine: { preset: 'jwt' }, theirs: { preset: 'jwt' }, second: { preset: 'jwt' } },
      clients: {
        me: { auth: [auth(mine)], profiles: ['mine'] },
        them: { auth: [auth(theirs)], profiles: ['theirs', 'second'] }
      }
    }
  })
  const { origin, fetch } = await openListener(t, deployment)
  const sign = async ({ token }: { token: string }, body: object) => await postSign(fetch, origin, token, body)
  t.equal((await sign(mine, { profile: 'mine' })).status, 200)
  t.equal((await sign(mine, {})).status, 200, 'the only profile need not be named')
  const [another, none] = [await sign(mine, { profile: 'theirs' }), await sign(mine, { profile: 'no-such' })]
  for (const { status, json } of [another, none]) {
    t.match({ status, ...json() }, { status: 403, code: 'ERR_FORBIDDEN', field: 'profile', rule: 'client-profiles' })
  }
  t.strictSame({ ...another.json(), instance: '' }, { ...none.json(), instance: '' }, 'a profile of others looks like none')
  for (const profile of ['__proto__', 'constructor']) t.equal((await sign(mine, { profile })).status, 403, profile)
  const several = await sign(theirs, {})
  t.match({ status: several.status, ...several.json() }, { status: 400, code: 'ERR_BAD_REQUEST', field: 'profile', hint: 'name one of: theirs, second' })
})

t.test('a client\'s rate: 429 with Retry-After beyond it, and only for that client', async t => {
  const [slow, fast] = [makeApiKey(), makeApiKey()]
  const deployment = await deploy(t, {
    config: {
      clients: {
        slow: { auth: [auth(slow)], profiles: ['plain'], rate: '2/h' },
        fast: { auth: [auth(fast)], profiles: ['plain'] }
      }
    }
  })
  const { origin, fetch } = await openListener(t, deployment)
  const sign = async ({ token }: { token: string }) => await postSign(fetch, origin, token, {})
  t.strictSame([(await sign(slow)).status, (await sign(slow)).status], [200, 200])
  const { status, headers, json } = await sign(slow)
  t.match({ status, ...json() }, { status: 429, code: 'ERR_RATE_LIMITED', detail: 'the client "slow" has used up its rate' })
  const wait = Number(headers['retry-after'])
  t.ok(Number.isInteger(wait) && wait > 0 && wait <= 3600, `Retry-After: ${wait}`)
  t.equal((await sign(fast)).status, 200)
})

t.test('failures are limited for each address, and a valid key from it always passes', async t => {
  const deployment = await deploy(t)
  const { origin, fetch } = await openListener(t, deployment)
  const statuses: number[] = []
  for (let i = 0; i < 35; i++) statuses.push((await postSign(fetch, origin, makeApiKey().token, {})).status)
  t.strictSame(statuses, [...Array<number>(30).fill(401), ...Array<number>(5).fill(429)])
  const limited = await postSign(fetch, origin, 'nonsense', {})
  t.match(limited.json(), { code: 'ERR_RATE_LIMITED', detail: 'too many failed attempts from this address' })
  t.ok(Number(limited.headers['retry-after']) > 0)
  const forwarded = await fetch(`${origin}/sign`, { method: 'POST', headers: { 'x-forwarded-for': '192.0.2.1', forwarded: 'for=192.0.2.1' } })
  t.equal(forwarded.status, 429, 'X-Forwarded-For buys no new attempts')
  t.equal((await postSign(fetch, origin, deployment.apiKey, {})).status, 200, 'a good neighbour behind the same address is not locked out')
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).status, 200, 'nor is who fetches keys')
})
