// Whatever JSON a client sends: the header is the preset's, forced claims hold, times are within limits, and no alg but
// the profile's signs. And the policy of a profile: allowed claims, audiences, payload types, templates.

import { createPublicKey } from 'node:crypto'
import fc from 'fast-check'
import t from 'tap'
import { RequestError } from '../../src/core/errors.ts'
import type { SigningRequest } from '../../src/core/tokens/profile.ts'
import { checkSignBody } from '../../src/http/sign.ts'
import { parseStrictJson } from '../../src/http/strict-json.ts'
import { makeSigner } from '../../src/signing/signer.ts'
import { load } from '../../src/state/load.ts'
import { Audit } from '../../src/observe/audit.ts'
import { deploy } from '../support/deployment.ts'
import { makePrivateKey } from '../support/keys.ts'
import { openJws } from '../support/verify-jws.ts'

const NOW = 1_795_380_000
const FORCED = { iss: 'CLIENT', sub: 'app', aud: 'https://as.example/token' }
const key = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem' }) as string
const publicKey = createPublicKey(key)

async function makeTestSigner (profiles: Record<string, object>) {
  const { file, audit } = await deploy(t, { keys: { 'a.pem': key }, config: { profiles }, client: { profiles: Object.keys(profiles) } })
  const { snapshot } = await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })
  const log = new Audit(audit, { clock: () => NOW })
  t.teardown(() => { log.close() })
  const signer = makeSigner({ current: () => snapshot, audit: log, clock: () => NOW })
  const client = snapshot.policy.clients.get('app')!
  return async (request: SigningRequest) => await signer.sign({ client, auth: 'apiKey', request: 'request' }, request)
}

const refusal = async (work: () => Promise<unknown>) => await work().then(() => 'signed', (error: unknown) => {
  if (!(error instanceof RequestError)) throw error
  return { code: error.code, ...error.details }
})

t.test('no JSON of a client changes header, forced claims, times or alg', async t => {
  const sign = await makeTestSigner({
    open: { preset: 'jwt', claims: FORCED, allow: { additionalProperties: true }, ttl: { default: '1m', max: '2m' } }
  })
  let signed = 0
  const name = fc.oneof(fc.string(), fc.constantFrom('iss', 'sub', 'aud', 'exp', 'iat', 'nbf', 'jti', 'alg', 'kid', 'crit', 'b64', 'jwk', '__proto__', 'constructor'))
  const value = fc.oneof(fc.jsonValue(), fc.constantFrom(...Object.values(FORCED), 'none', 'HS256', 1e21, -1))
  const asked = fc.record({
    claims: fc.oneof({ weight: 9, arbitrary: fc.dictionary(name, value, { maxKeys: 3 }) }, fc.jsonValue()),
    ttl: fc.oneof({ weight: 9, arbitrary: fc.integer({ min: 1, max: 180 }) }, fc.jsonValue())
  }, { requiredKeys: [] })
  const smuggled = fc.record({
    alg: fc.constantFrom('none', 'HS256', 'ES256'), header: fc.dictionary(name, value), payload: fc.jsonValue()
  }, { requiredKeys: [] })
  const body = fc.oneof({ weight: 4, arbitrary: asked }, fc.tuple(asked, smuggled).map(([first, second]) => ({ ...first, ...second })))
  await fc.assert(fc.asyncProperty(body, async sent => {
    const outcome = await refusal(async () => {
      const { token } = await sign(checkSignBody(parseStrictJson(Buffer.from(JSON.stringify(sent)))))
      const { header, payload, valid } = openJws(token!, publicKey)
      const claims = JSON.parse(payload.toString())
      t.equal(valid, true)
      t.strictSame(Object.keys(header), ['alg', 'kid', 'typ'])
      t.match(header, { alg: 'ES256', typ: 'JWT' })
      t.match(claims, FORCED)
      t.ok(claims.iat === NOW && claims.exp > NOW && claims.exp <= NOW + 120)
      signed++
    })
    t.ok(outcome === 'signed' || /^ERR_(BAD_REQUEST|FORCED_CLAIM|FORBIDDEN|RULE_BROKEN)$/.test((outcome as RequestError).code))
  }), { numRuns: 500 })
  t.ok(signed > 20, `${signed} of 500 were signed: the property was not empty`)
})

t.test('policy: claims by JSON Schema, audiences, templates; what is not allowed is refused', async t => {
  const narrow = await makeTestSigner({
    narrow: {
      preset: 'jwt',
      claims: { sub: '${client.name}', azp: 'at ${key.kid}, $${literal}', nested: { by: ['${client.name}', 1] } },
      allow: { properties: { aud: true, role: { enum: ['reader'] } } },
      aud: ['https://a.example', 'https://b.example']
    }
  })
  const { token, kid } = await narrow({ claims: { aud: ['https://a.example', 'https://b.example'], role: 'reader', sub: 'app' } })
  t.match(JSON.parse(openJws(token!, publicKey).payload.toString()), { sub: 'app', azp: `at ${kid}, \${literal}`, nested: { by: ['app', 1] }, role: 'reader' })
  const rule = async (claims: Record<string, unknown>) => await refusal(async () => await narrow({ claims }))
  t.match(await rule({ aud: 'https://a.example', admin: true }), { code: 'ERR_FORBIDDEN', rule: 'allowed-claims', field: 'claims.admin' })
  t.match(await rule({ aud: 'https://a.example', role: 'admin' }), { code: 'ERR_FORBIDDEN', rule: 'allowed-claims', field: 'claims.role' })
  t.match(await rule({ aud: 'https://c.example' }), { code: 'ERR_FORBIDDEN', rule: 'allowed-aud' })
  t.match(await rule({ aud: [] }), { code: 'ERR_FORBIDDEN', rule: 'allowed-aud' })
  t.match(await rule({}), { code: 'ERR_FORBIDDEN', rule: 'allowed-aud' })
  t.match(await rule({ sub: 'other', aud: 'https://a.example' }), { code: 'ERR_FORCED_CLAIM', field: 'claims.sub' })
})

t.test('without an allow of its own a profile takes the claims that its preset knows, and no others', async t => {
  const sign = await makeTestSigner({ apple: { preset: 'apple-app-store-connect', claims: { iss: 'ISSUER' } } })
  t.match(await refusal(async () => await sign({ claims: { admin: true } })), { code: 'ERR_FORBIDDEN', rule: 'allowed-claims', field: 'claims.admin' })
  t.equal(await refusal(async () => await sign({ claims: { scope: [] } })), 'signed')
})

t.test('payload types: the profile may take fewer; malformed payloads are told apart', async t => {
  const sign = await makeTestSigner({ oracle: { preset: 'oracle-flattened-jws', payload: ['json', 'bytes'] } })
  const rule = async (request: object) => await refusal(async () => await sign(request))
  t.match(await rule({ payload: 'text' }), { code: 'ERR_FORBIDDEN', rule: 'allowed-payload', field: 'payload' })
  t.match(await rule({}), { code: 'ERR_BAD_REQUEST', field: 'payload' })
  t.match(await rule({ payload: 1, payload_b64u: 'AQAB' }), { code: 'ERR_BAD_REQUEST' })
  for (const text of ['AQ==', 'A', 'A+/A', 'AQAB\n']) t.match(await rule({ payload_b64u: text }), { code: 'ERR_BAD_REQUEST', field: 'payload_b64u' }, text)
  const open = async (request: object) => openJws((await sign(request)).jws as never, publicKey).payload.toString('hex')
  t.equal(await open({ payload_b64u: 'AP-A' }), '00ff80')
  t.equal(await open({ payload: null }), Buffer.from('null').toString('hex'))
  t.equal(await open({ payload: { b: 1, a: [] } }), Buffer.from('{"b":1,"a":[]}').toString('hex'))
})
