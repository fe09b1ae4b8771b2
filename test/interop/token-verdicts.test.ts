// What the doctor says of a token is what a server does with it: about 200 tokens, right and wrong, go to a real authorization
// server and to the rules that HL7's guide gives a SMART server. Where one of them is laxer, it is written here with
// its reason, and a token proves it; neither is stricter.

import { createPublicKey, verify } from 'node:crypto'
import { createServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import t, { type Test } from 'tap'
import { Agent, fetch } from 'undici'
import { compileTemplate } from '../../src/core/tokens/template.ts'
import type { Preset } from '../../src/core/tokens/preset.ts'
import { checkToken } from '../../src/doctor/token.ts'
import { presets } from '../../src/presets/index.ts'
import { issueCertificate, makeAuthority } from '../support/certificates.ts'
import { makePrivateKey } from '../support/keys.ts'
import { type Keys, makeDraft, makeToken, MUTATIONS } from '../support/token-mutations.ts'

const CLIENT = 'backend-service'
const JWKS_URL = 'https://jwks.example.com/.well-known/jwks.json'

const rsa = () => makePrivateKey('RSA')
const keys: Keys = { main: rsa(), other: rsa(), enc: rsa(), wrap: rsa(), double: rsa(), pss: rsa(), stranger: rsa(), curve: makePrivateKey('P-384') }
const publish = (name: keyof Keys, members: object = { alg: 'RS384', use: 'sig' }): Record<string, any> =>
  ({ ...createPublicKey(keys[name]).export({ format: 'jwk' }), kid: name, ...members })
const jwks = {
  keys: [
    publish('main'), publish('other', {}), publish('enc', { use: 'enc' }), publish('wrap', { key_ops: ['wrapKey'] }), publish('pss', { alg: 'PS384' }),
    publish('double'), { ...publish('other'), kid: 'double' }, publish('curve', { alg: 'ES384', use: 'sig' })
  ]
}

/** A finding that a server does not make, why, and in which tokens if not in all. */
type Laxer = readonly [check: string, why: string, tokens?: RegExp]
const LISTS = /aud: list of (one|two)$/

/** Whether a server takes a token. */
type Judge = (token: string) => Promise<boolean> | boolean

interface Comparison { readonly preset: Preset, readonly aud: string, readonly laxer: readonly Laxer[] }

/**
 * Compares the doctor with a judge. Each finding in `laxer` must be one of a token that the judge takes. A token
 * that the judge refuses although nothing is found fails the test: no judge is stricter.
 */
async function compare (t: Test, judge: Judge, { preset, aud, laxer }: Comparison): Promise<void> {
  const profile = { name: 'here', claims: compileTemplate({ iss: CLIENT, sub: CLIENT, aud }), params: { issuer: aud } }
  const proven = new Set<string>()
  let refused = 0
  for (const [name, change] of MUTATIONS) {
    const now = Math.floor(Date.now() / 1000)
    const draft = makeDraft({ iss: CLIENT, sub: CLIENT, aud }, keys, now)
    change(draft, keys, now)
    const token = makeToken(draft)
    const findings = checkToken(token, { jwks: JSON.stringify(jwks), preset, profile, url: JWKS_URL, now })
    const faults = findings.filter(({ level }) => level === 'fault').map(({ check }) => check)
    const counted = faults.filter(check => !laxer.some(([one, , tokens = /./]) => one === check && tokens.test(name)))
    const takes = await judge(token)
    t.equal(takes, counted.length === 0, `${name}: ${faults.join(', ') || 'no fault'}`)
    if (takes && faults.length > 0) for (const check of faults) proven.add(check)
    if (!takes) refused += 1
    for (const text of [token.slice(20), draft.key.export({ format: 'jwk' }).d as string]) {
      if (text.length > 30) t.notOk(JSON.stringify(findings).includes(text), `${name}: the token is not repeated`)
    }
  }
  t.strictSame(laxer.map(([check]) => check).filter(one => !proven.has(one)), [], 'each difference shows in a token')
  t.ok(refused > 150 && MUTATIONS.length - refused > 15, `${MUTATIONS.length} tokens, ${refused} refused`)
}

t.test('node-oidc-provider', async t => {
  const { default: Provider } = await import('oidc-provider')
  const authority = await makeAuthority()
  const server = createServer(await issueCertificate(authority))
  await new Promise<void>(resolve => { server.listen(0, '127.0.0.1', resolve) })
  t.teardown(() => { server.closeAllConnections(); server.close() })
  const issuer = `https://localhost:${(server.address() as AddressInfo).port}`
  const provider = new Provider(issuer, {
    clients: [{
      client_id: CLIENT,
      token_endpoint_auth_method: 'private_key_jwt',
      token_endpoint_auth_signing_alg: 'RS384',
      jwks,
      grant_types: ['client_credentials'],
      redirect_uris: [],
      response_types: []
    }],
    enabledJWA: { clientAuthSigningAlgValues: ['RS384'] },
    features: { clientCredentials: { enabled: true }, devInteractions: { enabled: false } }
  })
  server.on('request', provider.callback())
  const dispatcher = new Agent({ connect: { ca: authority.cert } })
  t.teardown(async () => { await dispatcher.close() })
  const judge: Judge = async assertion => {
    const answer = await fetch(`${issuer}/token`, {
      method: 'POST',
      dispatcher,
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: new URLSearchParams({
        grant_type: 'client_credentials', client_assertion_type: 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer', client_assertion: assertion
      }).toString()
    })
    await answer.arrayBuffer()
    return answer.status === 200
  }
  const { alg, time, ...rest } = presets.get('private-key-jwt')!
  const preset: Preset = { ...rest, alg: { ...alg, oneOf: ['RS384'] }, time: { ...time, leeway: 15 } } // its own algorithm and clock tolerance
  await compare(t, judge, {
    preset,
    aud: issuer,
    laxer: [
      ['kid-missing', 'without a kid it tries every key that fits; the preset shows a kid, since jose and others refuse to guess'],
      ['kid-not-unique', 'it tries both keys; RFC 7517 section 4.5 asks for distinct ones, and jose refuses the token'],
      ['typ', 'it reads no typ unless it is configured to; draft-ietf-oauth-rfc7523bis-11 section 4 asks for one of two'],
      ['aud-issuer-string', 'a list with its issuer will do; the draft asks for the issuer as the only value, a string', LISTS],
      ['profile-aud', 'the same, for the aud that the profile forces', LISTS],
      ['exp-milliseconds', 'it names no longest life, and milliseconds are seconds in the far future'],
      ['iat-milliseconds', 'it reads iat only where there is no exp']
    ]
  })
})

t.test('a SMART server, as the guide has it', async t => {
  const tokenUrl = 'https://ehr.example.com/oauth2/token'
  await compare(t, token => acceptsBySmart(token, tokenUrl), {
    preset: presets.get('smart-backend-services')!,
    aud: tokenUrl,
    laxer: [
      ['jwk-use', 'the guide finds the key by kid and kty; node-oidc-provider and jose also look at use and key_ops'],
      ['jwk-alg', 'the same for alg'],
      ['iat-type', 'the guide does not name iat; RFC 7519 section 4.1.6 wants a number, and libraries refuse another value'],
      ['iat-milliseconds', 'the same']
    ]
  })
})

/** HL7 SMART App Launch 2.2, client-confidential-asymmetric, and RFC 7523 section 3, rule by rule. */
function acceptsBySmart (token: string, tokenUrl: string): boolean {
  const now = Date.now() / 1000
  const parts = token.split('.')
  if (parts.length !== 3 || !parts.every(part => /^[\w-]+$/.test(part))) return false // RFC 7515 section 7.1
  const [header, claims] = parts.slice(0, 2).map(part => {
    try { return JSON.parse(Buffer.from(part, 'base64url').toString()) } catch { return undefined }
  })
  if (typeof header !== 'object' || typeof claims !== 'object') return false
  // Authentication JWT header values: alg, kid and typ are required.
  const kty = { RS384: 'RSA', ES384: 'EC' }[String(header.alg)]
  if (kty === undefined || typeof header.kid !== 'string' || header.typ !== 'JWT') return false
  if (header.jku !== undefined && header.jku !== JWKS_URL) return false
  if (header.crit !== undefined) return false // RFC 7515 section 4.1.11: none is understood
  // Signature verification, step 3: exactly one key of the kid and of the type. Step 4: it verifies.
  const candidates = jwks.keys.filter(key => key.kid === header.kid && key.kty === kty)
  if (candidates.length !== 1) return false
  const [key] = candidates as [Record<string, any>]
  if (!verify('sha384', Buffer.from(parts.slice(0, 2).join('.')), { key, format: 'jwk', dsaEncoding: 'ieee-p1363' }, Buffer.from(parts[2]!, 'base64url'))) return false
  // Authentication JWT claims: iss and sub are the client_id, aud the token URL, exp at most five minutes ahead, jti a text.
  if (claims.iss !== CLIENT || claims.sub !== CLIENT || claims.aud !== tokenUrl) return false
  if (typeof claims.exp !== 'number' || claims.exp <= now || claims.exp > now + 300) return false
  if (claims.nbf !== undefined && !(claims.nbf <= now)) return false // RFC 7523 section 3, item 5
  return typeof claims.jti === 'string' && claims.jti !== ''
}
