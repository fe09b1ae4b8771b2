// Presets of the user's own: the same vocabulary, the same schema, every serialization; and what is refused in them, in
// profiles, and in certificates beside keys.

import { createPublicKey } from 'node:crypto'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { decodeJwt, decodeProtectedHeader } from 'jose'
import t, { type Test } from 'tap'
import { presets, written } from '../../src/presets/index.ts'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { load, type Loaded } from '../../src/state/load.ts'
import { stringify } from 'yaml'
import { signCommand } from '../../src/cli/sign.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW, openListener } from '../support/listener.ts'
import { faultsOf } from '../support/faults.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { makeCertificate } from '../support/openssl.ts'
import { postSign } from '../support/request.ts'
import { openJws } from '../support/verify-jws.ts'

const key = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem' }) as string
const publicKey = createPublicKey(key)
const oracle = written['oracle-flattened-jws']!
const jwt = written.jwt!

/** A configuration's faults as one text. */
function faultsIn (config: object): string {
  const whole = { url: 'https://a.example', listen: '127.0.0.1:0', keys: 'k', tls: { cert: 'c', key: 'k' }, ...config }
  const text = stringify(whole, { aliasDuplicateObjects: false })
  return readConfig(readYaml('jwksd.yaml', text), {}, NOW).faults.map(({ where, problem, hint }) => `${where}: ${problem}; ${hint}`).join('\n')
}

t.test('every serialization, also over an unencoded payload, and each media type of RFC 7515', async t => {
  const own = (serialization: string, header: object): object =>
    ({ ...oracle, header: { ...oracle.header, ...header }, form: { ...oracle.form, serialization } })
  const unencoded = { protected: { b64: false, crit: ['b64'] } }
  const forms = {
    flat: own('flattened', {}),
    general: own('general', {}),
    detached: own('detached', { unprotected: undefined }),
    'flat-unencoded': { ...own('flattened', unencoded), form: { ...oracle.form, payload: ['json', 'text'] } },
    'detached-unencoded': own('detached', { ...unencoded, unprotected: undefined }),
    compact: own('compact', { unprotected: undefined })
  }
  const strip = JSON.parse(JSON.stringify(forms))
  const profiles = Object.fromEntries(Object.keys(forms).map(name => [name, { preset: name }]))
  const deployment = await deploy(t, { keys: { 'a.pem': key }, config: { presets: strip, profiles }, client: { profiles: Object.keys(profiles) } })
  const { fetch, origin } = await openListener(t, deployment)
  const accept = async (profile: string, type: string) => await fetch(`${origin}/sign`, {
    method: 'POST',
    headers: { authorization: `Bearer ${deployment.apiKey}`, 'content-type': 'application/json', accept: type },
    body: JSON.stringify({ profile, payload: 'déjà vu.' })
  })
  for (const profile of Object.keys(forms)) {
    const { token, jws, ...rest } = (await accept(profile, '*/*')).json()
    const opened = openJws(token ?? jws, publicKey, Buffer.from('déjà vu.'))
    t.equal(opened.valid, true, profile)
    t.equal(opened.payload.toString(), 'déjà vu.')
    t.strictSame(Object.keys(rest).sort(), ['alg', 'kid'], 'no times where there are none')
    const bare = await accept(profile, token ? 'text/html, application/jose;q=0.9' : 'application/jose+json')
    t.equal(bare.status, 200)
    t.equal(bare.headers['content-type'], token ? 'application/jose' : 'application/jose+json')
    t.equal(openJws(token ? bare.text : bare.json(), publicKey, Buffer.from('déjà vu.')).valid, true)
    const other = token ? 'application/jose+json' : 'application/jose'
    t.match((await accept(profile, other)).json(), { status: 406, code: 'ERR_NOT_ACCEPTABLE', hint: new RegExp(`^accept ${token ? 'application/jose' : 'application/jose\\+json'} or`) })
    t.match((await accept(profile, `${other}, application/json;q=0.5`)).json(), token ? { token: /./ } : { jws: {} }, 'what the profile makes is taken, too')
    const second = token ? 'application/jwt' : 'application/jose+json'
    t.match((await accept(profile, `${other}, ${second};q=0.1, text/html`)), { status: 200, headers: { 'content-type': second } })
  }
  const bytes = await postSign(fetch, origin, deployment.apiKey, { profile: 'flat-unencoded', payload_b64u: 'AQAB' })
  t.match(bytes.json(), { status: 422, rule: 'payload-type', field: 'payload_b64u', source: oracle.form.source })
  const decisions = readFileSync(deployment.audit, 'utf8').trim().split('\n').map(line => JSON.parse(line))
  const records = decisions.filter(({ event }) => event === 'granted')
  t.equal(decisions.length - records.length, Object.keys(forms).length + 1, 'each refusal has its record')
  t.equal(records.length, 4 * Object.keys(forms).length, 'what was not acceptable was not signed')
  for (const record of records) {
    t.match(record, { payloadSha256: /^[\da-f]{64}$/, tokenSha256: /^[\da-f]{64}$/ })
    t.notOk('jti' in record || 'iat' in record || 'exp' in record)
  }
})

t.test('the built-in presets fit the schema of the user\'s own', t => {
  const renamed = Object.fromEntries(Object.entries(written).map(([name, data]) => [`own-${name}`, data]))
  t.equal(faultsIn({ presets: renamed }), '')
  t.equal(presets.size, Object.keys(written).length)
  t.end()
})

t.test('a preset that cannot be signed with is refused with all of its faults', t => {
  const bad = (changes: object): string => faultsIn({ presets: { mine: { ...jwt, ...changes } }, profiles: { p: { preset: 'mine' } } })
  const header = (members: object, unprotected?: object): object =>
    ({ header: { ...jwt.header, protected: members, ...(unprotected && { unprotected }) } })
  const rule = { id: 'a', claim: 'a', text: 'is', source: 'us', verified: true }
  t.match(bad({ title: '', extra: 1 }), /title: is empty[\s\S]*extra: is not a field/)
  t.match(bad(header({ kid: '${key.nothing}' })), /presets\.mine\.header\.protected: holds \$\{key\.nothing\}/)
  t.match(bad(header({ alg: 'none' })), /names alg/)
  t.match(bad(header({ kid: 'a' }, { kid: 'b' })), /protected too[\s\S]*no place in the compact/)
  t.match(bad(header({ crit: ['exp'] })), /crit names "exp"/)
  t.match(bad(header({ crit: 'b64', b64: false })), /cannot carry an unencoded payload/)
  t.match(bad(header({ b64: false })), /without naming it in crit/)
  t.match(bad({ rules: [{ ...rule, schema: { type: 'strin' } }, { ...rule, value: '${x}' }] }), /rules\.0\.schema: is not a JSON Schema[\s\S]*rules\.1\.value/)
  t.match(bad({ rules: [{ ...rule, claims: { type: 'strin' } }, { ...rule, fixed: '${x}' }] }), /rules\.0\.claims: is not a JSON Schema[\s\S]*rules\.1\.fixed/)
  t.match(bad({ rules: [{ ...rule, schema: 5 }] }), /rules\.0\.schema: is no JSON Schema; write an object/)
  t.match(bad({ form: { ...jwt.form, payload: ['json'] } }), /is no claims set/)
  t.match(faultsIn({ presets: { epic: jwt } }), /is the name of a built-in preset/)
  t.match(faultsIn({ profiles: { p: { preset: 'nobody' } } }), /there is no preset "nobody"[\s\S]*jwksd presets/)
  t.end()
})

t.test('a profile chooses typ and backdate, and may name the URL of its set', async t => {
  const claims = { jku: '${set.url}' }
  const { file } = await deploy(t, {
    keys: { 'a.pem': key, 'own/b.pem': privatePem('P-256') },
    config: { profiles: { p: { preset: 'jwt', typ: 'at+jwt', backdate: '30s', claims }, q: { preset: 'jwt', set: 'own', claims } } },
    client: { profiles: ['p', 'q'] }
  })
  const token = async (profile: string): Promise<{ header: unknown, claims: Record<string, unknown> }> => {
    const { stdout } = await runCommand(signCommand, ['--profile', profile, '--config', file])
    return { header: decodeProtectedHeader(stdout), claims: decodeJwt(stdout.trim()) }
  }
  const { header, claims: { iat, exp, jku } } = await token('p')
  t.match(header, { typ: 'at+jwt' })
  t.strictSame([iat, exp, jku], [NOW - 30, NOW - 30 + 300, 'https://localhost/.well-known/jwks.json'])
  const other = await token('q')
  t.match(other, { header: { typ: 'JWT' }, claims: { iat: NOW, jku: 'https://localhost/own/.well-known/jwks.json' } })
})

t.test('a preset whose tokens have no exp takes no ttl', async t => {
  const endless = { ...JSON.parse(JSON.stringify(jwt)), time: { ...jwt.time, set: ['iat'] } }
  const { file } = await deploy(t, { keys: { 'a.pem': key }, config: { presets: { endless }, profiles: { p: { preset: 'endless' } } }, client: { profiles: ['p'] } })
  const sign = async (...args: string[]) => await runCommand(signCommand, ['--claims', '{"iss":"me"}', '--config', file, ...args])
  t.match((await sign('--ttl', '5m')).stderr, /tokens have no exp, so no ttl/)
  t.strictSame(Object.keys(decodeJwt((await sign()).stdout.trim())), ['iss', 'iat'])
})

t.test('a vendor that gives keys their names: ours in its place is a fault', async t => {
  const load = async (pem: string, claims?: object): Promise<string> => {
    const { file } = await deploy(t, { keys: { 'k.pem': pem }, config: { profiles: { p: { preset: 'happypathology', claims } } }, client: { profiles: ['p'] } })
    const { stderr } = await runCommand(signCommand, ['--claims', '{"iss":"org-1","sub":"user-1"}', '--config', file])
    return stderr
  }
  const pem = `# alg: RS256\n${makePrivateKey('RSA').export({ type: 'pkcs8', format: 'pem' })}`
  t.match(await load(pem), /profiles\.p\.claims: has no kid, and .*k\.pem is named by jwksd: HappyPathology .*\nhint: write that id as claims\.kid, or as a line "# kid: …"/)
  t.equal(await load(pem, { kid: 'theirs' }), '')
  t.equal(await load('# kid: theirs\n' + pem), '')
})

t.test('a profile that contradicts its preset is refused with all of its faults', t => {
  const bad = (preset: string, profile: object): string => faultsIn({ profiles: { p: { preset, ...profile } } })
  t.match(bad('epic', { alg: 'PS256' }), /alg: Epic on FHIR does not take PS256/)
  t.match(bad('epic', { claims: { exp: 1 } }), /claims\.exp: is set by jwksd itself/)
  t.match(bad('epic', { claims: { sub: '${nobody}' } }), /claims: holds \$\{nobody\}/)
  t.match(bad('epic', { claims: { sub: '${claims.iss}' } }), /not known when claims are forced/)
  t.match(bad('epic', { allow: { type: 'objekt' } }), /allow: is not a JSON Schema/)
  t.match(bad('epic', { payload: ['json'] }), /payload: has no effect/)
  t.match(bad('epic', { params: { a: 'b' } }), /params\.a: has no effect[\s\S]*remove it/)
  t.match(bad('epic', { ttl: { default: '30s' } }), /ttl\.default: must be longer than 30s, by which Epic on FHIR dates tokens back/)
  t.equal(bad('epic', { ttl: { default: '31s' } }), '', 'control')
  t.equal(bad('epic', { ttl: { default: '20s' }, backdate: '10s' }), '')
  t.match(bad('epic', { ttl: { max: '6m' } }), /ttl\.max: is longer than 5m/)
  t.match(bad('jwt', { ttl: { default: '0s' } }), /ttl\.default: must be from 1s to ttl\.max, 1h/)
  t.match(bad('fapi2', {}), /params\.issuer: is missing: FAPI 2\.0 needs it/)
  t.match(bad('private-key-jwt', { params: { issuer: 'https://as.example' }, typ: 'at+jwt' }), /typ: is "at\+jwt".*use one of: client-authentication\+jwt, JWT/)
  t.equal(bad('fapi2', { params: { issuer: 'https://as.example' }, typ: 'client-authentication+jwt' }), '')
  t.match(bad('epic', { typ: 'at+jwt' }), /typ: cannot be chosen: Epic on FHIR fixes it; remove it/)
  t.match(bad('jwt', { typ: 'at+jtw' }), /typ: is "at\+jtw", which .* does not take; did you mean "at\+jwt"\? use one of: at\+jwt, /)
  t.match(bad('oracle-flattened-jws', { backdate: '10s' }), /backdate: has no effect/)
  t.match(bad('jwt', { backdate: '5m' }), /backdate: must be shorter .*; use less than ttl\.default, 5m/)
  t.equal(bad('jwt', { typ: 'at+jwt', backdate: '299s' }), '')
  t.match(bad('uk-open-banking', {}), /params\.iss: is missing/)
  t.match(bad('uk-open-banking', { params: { iss: 'a', tan: 'b' } }), /params\.tan: has no effect[\s\S]*known here: iss/)
  t.match(bad('oracle-flattened-jws', { claims: { a: 1 }, allow: {}, aud: ['a'] }), /claims: has no effect[\s\S]*allow: has no[\s\S]*aud: has no/)
  t.equal(bad('jwt', { ttl: { max: '8h' }, allow: { type: 'object' } }), '', 'where no vendor names a limit, the profile may')
  t.end()
})

interface Setting { preset: string, set?: object, now?: number }

async function loadWith (t: Test, keys: Record<string, string>, { preset, set = {}, now = NOW + 600 }: Setting): Promise<Loaded> {
  const profile = { preset, set: 'own', ...(preset === 'jwt' && { claims: { sub: '${key.uri}' } }) }
  const { file } = await deploy(t, { keys, config: { sets: { own: set }, profiles: { p: profile } }, client: { profiles: ['p'] } })
  return await load({ file, env: {}, now, listeners: 'both', tls: false })
}

t.test('certificates beside keys: pair, order and validity', async t => {
  const directory = path.join(t.testdir(), '..')
  const ca = makeCertificate(directory, 'custom-ca', { ca: true })
  const leaf = makeCertificate(directory, 'custom-leaf', { issuer: ca, san: 'DNS:a.example,URI:https://app.example' })
  const plain = makeCertificate(directory, 'custom-plain', { issuer: ca })
  const read = (file: string): string => readFileSync(file, 'utf8')
  const pem = read(leaf.key)
  const good = { 'own/a.pem': pem, 'own/a.crt': read(leaf.cert) + read(ca.cert) }
  const { snapshot } = await loadWith(t, good, { preset: 'udap-software-statement' })
  t.equal(snapshot.sets.get('own')!.keys[0]!.certificate!.x5c.length, 2, 'the whole chain')
  const faults = async (keys: Record<string, string>, preset = 'udap') => await faultsOf(async () => await loadWith(t, keys, { preset }))
  t.match(await faults({ 'own/a.pem': pem, 'own/a.crt': read(plain.cert) }), [{ problem: /not that of the key/ }])
  t.match(await faults({ 'own/a.pem': pem, 'own/a.crt': read(leaf.cert) + read(plain.cert) }), [{ problem: /did not issue/ }])
  t.match(await faults({ 'own/a.pem': pem, 'own/a.crt': pem }), [{ problem: /there is no certificate in it/ }])
  const broken = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  t.match(await faults({ 'own/a.pem': pem, 'own/a.crt': broken }), [{ problem: /damaged/ }])
  t.match(await faults({ 'own/a.pem': pem }), [{ problem: /needs the certificate of/ }])
  t.match(await faults({ 'own/a.pem': read(plain.key), 'own/a.crt': read(plain.cert) }, 'udap-software-statement'), [{ problem: /no URI among its names/ }])
  t.match(await faults({ 'own/a.pem': pem }, 'jwt'), [{ problem: /needs the certificate of/ }], 'a profile\'s own template')
  t.match(await faults({ 'own/a.pem': privatePem('P-256') }, 'smart-health-cards'), [{ where: /retire/ }])
  const set = { retire: '4000d' }
  t.match(await faultsOf(async () => await loadWith(t, { 'own/a.pem': pem }, { preset: 'smart-health-cards', set })), [{ problem: /names keys by pem-sha256/ }])
  const published = async (preset: string, set: object, keys: Record<string, string> = good) =>
    (await loadWith(t, keys, { preset, set })).snapshot.sets.get('own')!.keys[0]!
  const card = await published('smart-health-cards', { kid: 'thumbprint', retire: '4000d' })
  t.strictSame(card.jwk.x5c, card.certificate!.x5c, 'the chain of a health card\'s key is in its JWK')
  t.equal((await published('jwt', { x5c: true })).jwk.x5c!.length, 2, 'and in that of a set that says so')
  t.notOk('x5c' in (await published('udap', {})).jwk, 'and in no other')
  const bare = await published('smart-health-cards', { kid: 'thumbprint', retire: '4000d' }, { 'own/a.pem': pem })
  t.notOk('x5c' in bare.jwk, 'nor where there is no certificate')
  const config = { presets: { ours: { ...jwt, key: { ...jwt.key, x5c: true } } }, profiles: { p: { preset: 'ours', set: 'own' } } }
  const { file } = await deploy(t, { keys: good, config, client: { profiles: ['p'] } })
  const loaded = await load({ file, env: {}, now: NOW + 600, listeners: 'both', tls: false })
  t.equal(loaded.snapshot.sets.get('own')!.keys[0]!.jwk.x5c!.length, 2, 'a set without rules of its own publishes them for a preset of one\'s own')
  const late = await loadWith(t, { ...good, 'own/b.crt': read(plain.cert) }, { preset: 'udap', now: NOW + 40 * 86400 })
  t.match(late.warnings.join('\n'), /its certificate expired on[\s\S]*/)
  t.match(late.warnings.join('\n'), /b\.crt: is not read: there is no key of this name/)
})

t.test('a certificate that has expired signs nothing, and the answer says why', async t => {
  const directory = path.join(t.testdir(), '..')
  const { cert, key } = makeCertificate(directory, 'custom-short', { days: 1 })
  const keys = { 'a.pem': readFileSync(key, 'utf8'), 'a.crt': readFileSync(cert, 'utf8') }
  const deployment = await deploy(t, { keys, config: { profiles: { p: { preset: 'udap' } } }, client: { profiles: ['p'] } })
  const time = { now: NOW + 600 }
  const { fetch, origin } = await openListener(t, deployment, { time })
  const body = { claims: presets.get('udap')!.example.claims }
  t.equal((await postSign(fetch, origin, deployment.apiKey, body)).status, 200)
  time.now += 3 * 86400
  t.match((await postSign(fetch, origin, deployment.apiKey, body)).json(), { status: 503, code: 'ERR_NO_ACTIVE_KEY', detail: /certificate .* expired/ })
})
