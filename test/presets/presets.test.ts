// Every preset, end to end: the token is, member by member, what the vendor's document shows, its signature stands
// without any JOSE library, and for each rule a request that breaks it gets a 422 that names it.

import { inflateRawSync } from 'node:zlib'
import jsonwebtoken from 'jsonwebtoken'
import t, { type Test } from 'tap'
import { presets } from '../../src/presets/index.ts'
import { type Preset, SERVER_CLAIMS, type ServerClaim } from '../../src/core/tokens/preset.ts'
import { openListener } from '../support/listener.ts'
import { deployPresets } from '../support/preset-deployment.ts'
import { type PresetCase, SIGNED_AT } from '../support/preset-case.ts'
import { postSign } from '../support/request.ts'
import { openJws } from '../support/verify-jws.ts'
import { cases } from './cases/index.ts'

const deployment = await deployPresets(t, cases)
const { fetch, origin } = await openListener(t, deployment, { time: { now: SIGNED_AT } })
const sign = async (profile: string, body: object) => await postSign(fetch, origin, deployment.apiKey, { profile, ...body })

/** What a request can break; the other sections are kept by jwksd itself. */
function breakable ({ rules, form, time }: Preset): string[] {
  const types = form.payload !== 'claims' && form.payload.length < 3 ? ['payload-type'] : []
  const life = time.expOnRequest ? [] : [form.payload === 'claims' && time.set.includes('exp') ? 'ttl-max' : 'ttl-none']
  const asked = rules.filter(({ claim }) => !SERVER_CLAIMS.includes(claim as ServerClaim)) // no request can name the others
  return [...asked.map(({ id }) => id), 'payload', ...types, ...life]
}

t.test('every preset has a case, and every case a preset', async t => {
  t.same(Object.keys(cases).sort(), [...presets.keys()].sort())
})

for (const [name, one] of Object.entries(cases)) {
  const preset = presets.get(name)!
  t.test(`${name}: the token of the vendor's document`, async t => {
    const answer = await sign(name, one.request)
    t.equal(answer.status, 200, answer.text)
    const issued = answer.json()
    const key = deployment.publicKey(name)
    const opened = openJws(issued.token ?? issued.jws, key, one.payload === undefined ? undefined : Buffer.from(one.payload))
    t.equal(opened.valid, true, 'node:crypto verifies the signature')
    const facts = deployment.facts(name)
    t.strictSame(opened.header, one.header(facts))
    t.strictSame(opened.unprotected, one.unprotected?.(facts))
    t.equal(opened.header.alg, one.alg)
    if (one.payload === undefined) checkClaims(t, one, opened.header.zip === 'DEF' ? inflateRawSync(opened.payload) : opened.payload, issued)
    else t.strictSame(opened.payload, Buffer.from(one.payload), 'the payload is signed byte for byte')
    if (preset.form.serialization !== 'compact' || opened.header.zip !== undefined || one.alg === 'EdDSA') return
    // jsonwebtoken, which many vendors run, must take it too; it has no EdDSA.
    const verified = jsonwebtoken.verify(issued.token, key, { algorithms: [one.alg as 'RS256'], clockTimestamp: SIGNED_AT, complete: true })
    t.strictSame(verified.header, opened.header)
  })

  t.test(`${name}: every rule has a source and a request that breaks it`, async t => {
    t.same(Object.keys(one.breaks).sort(), breakable(preset).sort())
    for (const section of [preset.key, preset.alg, preset.header, preset.form, preset.time, ...preset.rules]) {
      t.match(section, { source: /\w{3}/, verified: /^(true|false)$/ })
    }
    for (const [rule, { claims, body, field = `claims.${preset.rules.find(({ id }) => id === rule)?.claim}` }] of Object.entries(one.breaks)) {
      const good = one.claims?.(deployment.facts(name))
      const answer = await sign(`${name}-open`, body ?? { claims: { ...good, ...claims } })
      const source = preset.rules.find(({ id }) => id === rule)?.source
      const { detail, hint, ...problem } = answer.json()
      t.match({ status: answer.status, ...problem }, { status: 422, code: 'ERR_RULE_BROKEN', rule, ...(source && { source }) }, answer.text)
      t.ok(String(problem.field).startsWith(field), `${rule}: ${problem.field} is ${field}`)
      t.ok(detail && hint, 'it says what is wrong and how to hint it')
    }
  })

  t.test(`${name}: its own example keeps every rule`, async t => {
    const { params: _, ...example } = preset.example
    const answer = await sign(`${name}-open`, example)
    t.equal(answer.status, 200, answer.text)
  })
}

t.test('a health card ends only where the request asks for it', async t => {
  const { request } = cases['smart-health-cards']!
  const issued = (await sign('smart-health-cards', { ...request, ttl: 86400 })).json()
  const { payload } = openJws(issued.token, deployment.publicKey('smart-health-cards'))
  t.match(JSON.parse(inflateRawSync(payload).toString()), { nbf: SIGNED_AT, exp: SIGNED_AT + 86400 })
  t.equal(issued.exp, SIGNED_AT + 86400)
})

function checkClaims (t: Test, one: PresetCase, payload: Buffer, issued: Record<string, unknown>): void {
  const { iat, nbf, exp, jti } = one.times!
  const claims = JSON.parse(payload.toString())
  t.equal('jti' in claims, jti === true)
  if (jti) t.match(claims.jti, /^[\da-f]{8}(-[\da-f]{4}){3}-[\da-f]{12}$/)
  const times = Object.entries({ iat, nbf, exp }).filter(([, at]) => at !== undefined).map(([claim, at]) => [claim, SIGNED_AT + at!])
  t.strictSame(claims, { ...one.claims!(deployment.facts(nameOf(one))), ...Object.fromEntries(times), ...(jti && { jti: claims.jti }) })
  for (const claim of ['iat', 'exp', 'jti']) t.equal(issued[claim], claims[claim], `the answer tells ${claim}`)
}

function nameOf (wanted: PresetCase): string {
  return Object.entries(cases).find(([, one]) => one === wanted)![0]
}
