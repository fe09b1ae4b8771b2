// The page at /docs, over TLS.

import type { FastifyInstance } from 'fastify'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { NOW, openInternalListener, openListener } from '../support/listener.ts'

t.test('the page shows the document of this listener, with its assets and the security headers', async t => {
  const { origin, fetch } = await openInternalListener(t, await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } }), { now: NOW })
  const [page, again] = await Promise.all([fetch(`${origin}/docs/`), fetch(`${origin}/docs/`)])
  t.match(page, { status: 200, headers: { 'content-type': /^text\/html/, 'x-content-type-options': 'nosniff' } })
  t.equal(again.text, page.text)
  t.match(page.text, /<title>jwksd<\/title>/)
  t.notMatch(page.text, /style=|<style|<script>/, 'no inline style or script, which the policy would block')
  const initializer = (await fetch(`${origin}/docs/static/swagger-initializer.js`)).text
  t.match(initializer, /"layout":"BaseLayout"/)
  t.notMatch(initializer, /data:image/)
  const script = await fetch(`${origin}/docs/static/swagger-ui-bundle.js`)
  t.match(script, { status: 200, headers: { 'content-type': /javascript/, 'content-length': String(Buffer.byteLength(script.text)) } })
  const etag = script.headers.etag as string
  t.equal((await fetch(`${origin}/docs/static/swagger-ui-bundle.js`, { headers: { 'if-none-match': etag } })).status, 304)
  t.match((await fetch(`${origin}/docs/static/nothing`)), { status: 404, headers: { 'content-type': 'application/problem+json' } })
  t.notOk(page.headers['strict-transport-security'], 'on localhost, as everywhere')
  const elsewhere = await fetch(`${origin}/docs/`, { headers: { host: 'jwks.example.com' } })
  t.equal(elsewhere.headers['strict-transport-security'], 'max-age=31536000')
  t.strictSame((await fetch(`${origin}/docs/json`)).json().paths, (await fetch(`${origin}/openapi.json`)).json().paths)
})

t.test('a route with a schema for Fastify fails at once: its bodies would not be checked strictly', async t => {
  const deployment = await deploy(t)
  const prepare = (listener: FastifyInstance): void => { listener.post('/x', { schema: { body: { type: 'object' } } }, async () => '') }
  await t.rejects(openListener(t, deployment, { prepare }), /routes have no schema here/)
})
