// A look at a public URL as a stranger has it: which keys are really there, and why there is no look to rely on.

import { createHash } from 'node:crypto'
import type { RequestListener } from 'node:http'
import t from 'tap'
import type { Key } from '../../src/core/keys/key.ts'
import { type KeySet, publishedKeys } from '../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { fetchPublicUrls } from '../../src/doctor/public-urls.ts'
import { answerSet, makeCertificate, serve, theSite } from '../support/jwks-server.ts'
import { privatePem } from '../support/keys.ts'

const parsed = [0, 1].map(i => ({ ...parseKey(`${i}.pem`, privatePem('P-256')), notes: { activates: i, kid: `key-${i}` } }))
const setAt = (...publicUrls: string[]): KeySet => makeKeySet('ecw', parsed, { kid: 'thumbprint', maxAge: 600, lead: 5000, retire: 5000, publicUrls })
const [next, old] = publishedKeys(setAt(), 1000) as [Key, Key]
const bodyOf = (...jwks: object[]): string => JSON.stringify({ keys: jwks })
const urlOf = (port: number, host = 'localhost'): string => `https://${host}:${port}/ecw/.well-known/jwks.json`

/** What is seen of one URL: kids, or the problem. */
async function look (url: string, addresses = ['127.0.0.1']): Promise<string[] | string> {
  const { ca } = await theSite()
  const [record, ...others] = await fetchPublicUrls([setAt(url)], 1000, { ca, resolve: async () => addresses })
  t.strictSame(others, [])
  t.match(record, { consumer: url, set: 'ecw', first: 1000, last: 1000 })
  return record!.problem ?? [...record!.kids.keys()]
}

t.test('a key is there when its kid has its key material', async t => {
  const answers: Array<[string, string[]]> = [
    [bodyOf(next.jwk, old.jwk), ['key-1', 'key-0']],
    [bodyOf(old.jwk), ['key-0']],
    [bodyOf({ ...old.jwk, kid: 'key-1' }, old.jwk), ['key-0']],
    [bodyOf({ ...next.jwk, kid: 'other' }), []],
    [bodyOf(), []]
  ]
  for (const [body, kids] of answers) t.strictSame(await look(urlOf(await serve(t, answerSet(body)))), kids, body.slice(0, 60))
})

t.test('what gives no JWK Set is said', async t => {
  const etag = (text: string): string => `"${createHash('sha256').update(text).digest('base64url')}"`
  const body = bodyOf(next.jwk, old.jwk)
  const status: RequestListener = (_request, response) => { response.writeHead(301, { location: 'https://example.com' }).end() }
  const answers: Array<[RequestListener, string | string[]]> = [
    [status, 'HTTP status 301'],
    [answerSet('<!doctype html><title>Log in</title>', { 'content-type': 'text/html' }), 'a page with the title "Log in"'],
    [answerSet('{'), 'the body is not JSON'],
    [answerSet('{}'), 'there is no array "keys"'],
    [answerSet(body, { etag: etag('other bytes') }), 'the ETag is that of other bytes: the web server must reload its headers'],
    [answerSet(body, { etag: etag(body) }), ['key-1', 'key-0']],
    [answerSet(body, { etag: undefined }), ['key-1', 'key-0']]
  ]
  for (const [answer, seen] of answers) t.strictSame(await look(urlOf(await serve(t, answer))), seen)
})

t.test('only what any client trusts counts', async t => {
  const { authority } = await theSite()
  const body = answerSet(bodyOf(next.jwk))
  const expired = await makeCertificate({ issuer: authority, names: ['localhost'], notBefore: new Date('2020-01-01'), notAfter: new Date('2021-01-01') })
  t.equal(await look(urlOf(await serve(t, body, expired))), 'CERT_HAS_EXPIRED')
  t.equal(await look(urlOf(await serve(t, body), 'other.example')), 'ERR_TLS_CERT_ALTNAME_INVALID')
  const [strange] = await fetchPublicUrls([setAt(urlOf(await serve(t, body)))], 1000)
  t.match(strange, { problem: /UNABLE_TO_VERIFY|SELF_SIGNED/ }, 'the trust store of this machine')
})

t.test('every address that answers must have the key; one that cannot be reached from here says nothing', async t => {
  const port = await serve(t, answerSet(bodyOf(next.jwk, old.jwk)), {}, '127.0.0.1')
  t.strictSame(await look(urlOf(port), ['127.0.0.1', '127.0.0.2']), ['key-1', 'key-0'])
  await serve(t, answerSet(bodyOf(old.jwk)), {}, '127.0.0.2', port)
  t.strictSame(await look(urlOf(port), ['127.0.0.1', '127.0.0.2']), ['key-0'])
  t.equal(await look(urlOf(port), ['127.0.0.3']), 'ECONNREFUSED')
  const unknown = async (): Promise<never> => { throw Object.assign(new Error(), { code: 'ENOTFOUND' }) }
  t.match(await fetchPublicUrls([setAt(urlOf(1))], 1000, { resolve: unknown }), [{ problem: 'ENOTFOUND' }])
})

t.test('a URL that several sets share is fetched once; a set without URLs is not looked for', async t => {
  let count = 0
  const answer = answerSet(bodyOf(next.jwk))
  const port = await serve(t, (request, response) => {
    count++
    answer(request, response)
  })
  const { ca } = await theSite()
  const other = { ...setAt(urlOf(port)), name: 'other', keys: [] }
  const { publicUrls: _, ...without } = setAt()
  const found = await fetchPublicUrls([setAt(urlOf(port)), other, without], 1000, { ca, resolve: async () => ['127.0.0.1'] })
  t.strictSame(found.map(({ set, kids }) => [set, ...kids.keys()]), [['ecw', 'key-1'], ['other']])
  t.equal(count, 1)
})
