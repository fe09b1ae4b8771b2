// jwksd onboard: every value in the text is what the live JWK Set of the configuration says, for every preset.

import { createHash, createPublicKey, X509Certificate } from 'node:crypto'
import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { parse } from 'yaml'
import { onboardCommand, onboardingOf } from '../../src/cli/onboard.ts'
import { presets } from '../../src/presets/index.ts'
import { load } from '../../src/state/load.ts'
import { cases } from '../presets/cases/index.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { openListener } from '../support/listener.ts'
import { SIGNED_AT } from '../support/preset-case.ts'
import { deployPresets } from '../support/preset-deployment.ts'
import type { Answer } from '../support/request.ts'

const ORIGIN = 'https://localhost'
const DAY = 86400

/** Each value of the text that differs from what the URL answers, by its name. */
function differences (text: string, url: string, answer: Answer): string[] {
  const { keys } = answer.json() as { keys: Array<Record<string, any>> }
  const wrong: string[] = []
  const check = (name: string, found: readonly string[], allowed: readonly string[]): void => {
    wrong.push(...found.filter(one => !allowed.includes(one)).map(one => `${name}: ${one}`))
  }
  const all = (pattern: RegExp): string[] => [...text.matchAll(pattern)].map(([whole, inner]) => inner ?? whole)
  const publicKeys = keys.map(key => createPublicKey({ key, format: 'jwk' }))
  const der = publicKeys.map(key => key.export({ type: 'spki', format: 'der' }))
  const issuer = url.replace('/.well-known/jwks.json', '')
  check('URL', all(/https:\/\/localhost[^\s"',;)}]*/g).map(one => one.replace(/[.:]$/, '')), [url, issuer])
  check('kid', all(/^kid +(\S+)$/gm), keys.map(({ kid }) => kid))
  check('kid in a sentence', all(/(?:by|with) the kid (\S+)[.:](?: |$)/gm), keys.map(({ kid }) => kid))
  check('alg', all(/^alg +(\S+),/gm), keys.map(({ alg }) => alg))
  check('fingerprint', all(/^SHA-256 +(\S+) \(/gm), der.map(one => createHash('sha256').update(one).digest('base64')))
  check('fingerprint in a step', all(/SHA256:([A-Za-z0-9+/=]+)/g), der.map(one => createHash('sha256').update(one).digest('base64')))
  check('base64', all(/RSA_PUBLIC_KEY='(.*?)'/g), der.map(one => one.toString('base64')))
  check('PEM', all(/-----BEGIN PUBLIC KEY-----[^-]*-----END PUBLIC KEY-----\n/g), publicKeys.map(key => String(key.export({ type: 'spki', format: 'pem' }))))
  check('body', all(/^\{"keys":.*$/gm), [String(answer.body)])
  check('length', all(/body of (\d+) bytes/g), [answer.headers['content-length'] as string])
  check('Cache-Control', all(/Cache-Control (.*),/g), [answer.headers['cache-control']!])
  check('Content-Type', all(/Content-Type (.*),/g), [answer.headers['content-type']!])
  check('JWK', all(/^\{\n[\s\S]*?^\}/gm), keys.map(key => JSON.stringify(key, null, 2)))
  for (const pem of all(/-----BEGIN CERTIFICATE-----[^-]*-----END CERTIFICATE-----\n/g)) {
    const certificate = new X509Certificate(pem)
    if (!publicKeys.some(key => certificate.publicKey.equals(key))) wrong.push('certificate: another key\'s')
    const plain = (fingerprint: string): string => fingerprint.replaceAll(':', '')
    check('thumbprint', all(/\b([0-9A-F]{40})\b/g), [plain(certificate.fingerprint)])
    check('SHA-256 thumbprint', all(/\b([0-9A-F]{64})\b/g), [plain(certificate.fingerprint256)])
  }
  return wrong
}

/** Placeholders that nobody explains. */
function unexplained (text: string): string[] {
  return [...text.matchAll(/\{[a-z]\w*\}|<\w+>|undefined|NaN/g)].map(([found]) => found).filter(found => !text.includes(`in place of ${found} `))
}

t.test('every preset: the text equals what the live set says', async t => {
  const deployment = await deployPresets(t, { ...cases, salesforce: { ...cases.salesforce!, certified: true } })
  const { file } = deployment
  const { fetch, origin } = await openListener(t, deployment, { time: { now: SIGNED_AT } })
  const loaded = await load({ file, env: {}, now: SIGNED_AT, listeners: 'both', tls: false })
  const config = parse(await readFile(file, 'utf8'))
  for (const [name, preset] of presets) {
    const { registration, message, steps, yaml } = onboardingOf(loaded, loaded.snapshot.policy.profiles.get(name)!, SIGNED_AT)
    const text = message + steps
    const answer = await fetch(`${origin}/${name}/.well-known/jwks.json`)
    t.strictSame(differences(text, `${ORIGIN}/${name}/.well-known/jwks.json`, answer), [], name)
    t.strictSame(unexplained(text), [], name)
    const { keys: [key] } = answer.json()
    t.match(message, `kid             ${key.kid}\nalg             ${key.alg}, key`, name)
    const shown = {
      'jwks-url': String(answer.body), jwk: JSON.stringify(key, null, 2), pem: 'BEGIN PUBLIC KEY', certificate: 'BEGIN CERTIFICATE', vendor: 'nothing to send'
    }
    t.ok(message.includes(shown[preset.key.given]), `${name}: the key as the vendor takes it`)
    for (const one of [...registration.steps, ...registration.ask]) t.ok(one.source.length > 3 && text.includes(one.text), `${name}: ${one.text}`)
    for (const value of registration.values) t.ok(text.includes(value.text), `${name}: ${value.name}`)
    const snippet = parse(yaml).profiles[name] ?? {}
    for (const section of ['claims', 'params']) {
      for (const [member, value] of Object.entries(snippet[section] ?? {})) {
        t.equal(value, config.profiles[name][section]?.[member] ?? value, `${name}: ${section}.${member}`)
      }
    }
  }
})

t.test('negative control: the text of another key, and a placeholder, are found', async t => {
  const { eclinicalworks, snowflake, 'microsoft-entra': entra } = cases
  const one = await deployPresets(t, { eclinicalworks: eclinicalworks!, snowflake: snowflake!, 'microsoft-entra': entra! })
  const texts = new Map<string, string>()
  for (const name of ['eclinicalworks', 'snowflake', 'microsoft-entra']) {
    const args = [name, '--profile', name, '--config', one.file]
    const { stdout, stderr } = await runCommand(onboardCommand, args, { now: SIGNED_AT })
    t.equal(JSON.parse((await runCommand(onboardCommand, [...args, '--json'], { now: SIGNED_AT })).stdout).message, stdout)
    texts.set(name, stdout + stderr)
  }
  const other = await deploy(t, { keys: { 'a/k.pem': privatePem('RSA') }, config: { profiles: { plain: { preset: 'jwt', set: 'a' } } } })
  const { fetch, origin } = await openListener(t, other)
  const answer = await fetch(`${origin}/a/.well-known/jwks.json`)
  const names = (name: string): string[] => differences(texts.get(name)!, `${ORIGIN}/a/.well-known/jwks.json`, answer).map(each => each.split(':')[0]!)
  t.strictSame([...new Set(names('eclinicalworks'))], ['URL', 'kid', 'fingerprint', 'body'])
  t.strictSame([...new Set(names('snowflake'))], ['URL', 'kid', 'alg', 'fingerprint', 'fingerprint in a step', 'base64', 'PEM'])
  t.match(names('microsoft-entra'), ['URL'])
  t.ok(names('microsoft-entra').includes('certificate'))
  t.strictSame(unexplained('ALTER USER <user>; {url}'), ['<user>', '{url}'])
})

const RULES = { lead: '30h' }

t.test('a rotation: the successor is in the text with its date, and after it only that', async t => {
  const later = new Date((SIGNED_AT + DAY) * 1000).toISOString().replace(/\.\d+/, '')
  const keys = { 'v/one.pem': privatePem('RSA'), 'v/two.pem': `# activates: ${later}\n${privatePem('RSA')}` }
  const claims = { iss: 'not-assigned-yet', sub: 'not-assigned-yet', aud: 'https://tenant.auth0.com/' }
  const { file } = await deploy(t, {
    keys, config: { sets: { v: { ...RULES, alg: 'RS256' } }, profiles: { v: { preset: 'auth0', set: 'v', claims } } }, client: { profiles: ['v'] }
  })
  const run = async (now: number, ...args: string[]) => await runCommand(onboardCommand, ['--config', file, ...args], { now })
  const { stdout, stderr } = await run(SIGNED_AT)
  t.equal(stdout.split('BEGIN PUBLIC KEY').length, 3)
  t.match(stdout, `signs           from ${later}`)
  t.match(stdout, /Please send us the value of iss, which is the application's Client ID/)
  t.match(stdout, /Please confirm aud, which .*: https:\/\/tenant\.auth0\.com\//)
  t.match(stderr, /iss: not-assigned-yet +# <-- is the application's Client ID/)
  t.equal((await run(SIGNED_AT + 2 * DAY)).stdout.split('BEGIN PUBLIC KEY').length, 2)
  const config = await readFile(file, 'utf8')
  await writeFile(path.join(path.dirname(file), 'keys/v/two.pem'), `# activates: ${later}\n# revoked: ${later}\n${privatePem('RSA')}`, { mode: 0o600 })
  await writeFile(file, config.replace('set: v', 'set: v\n    key: two.pem'))
  t.match(await run(SIGNED_AT), { code: 1, stderr: /no RS256 key of the set "v" signs/ })
})

t.test('which profile is meant, and what is missing', async t => {
  const { file } = await deploy(t, {
    keys: { 'v/one.pem': privatePem('RSA') },
    config: {
      sets: { v: { ...RULES, alg: 'RS256' } },
      profiles: { a: { preset: 'salesforce', set: 'v' }, b: { preset: 'auth0', set: 'v' }, c: { preset: 'auth0', set: 'v' } }
    },
    client: { profiles: ['a'] }
  })
  const run = async (...args: string[]) => await runCommand(onboardCommand, ['--config', file, ...args], { now: SIGNED_AT })
  t.match(await run(), { code: 1, stderr: /onboard: several profiles are possible\nhint: name one with --profile: a, b, c/ })
  t.match(await run('auth0'), { code: 1, stderr: /auth0: several.*\nhint: .*: b, c/ })
  t.match(await run('auth0', '--profile', 'a'), { code: 1, stderr: /a: there is no such profile with the preset auth0/ })
  t.match(await run('--profile', 'bb'), { code: 1, stderr: /bb: there is no such profile\nhint: name one: a, b, c/ })
  t.match(await run('snowflaek'), { code: 1, stderr: /no such preset\nhint: did you mean "snowflake"/ })
  t.match((await run('epic')).stderr, /hint: add one to profiles: epic: \{ preset: epic, set: epic, alg: RS384, claims: \{ iss: not-assigned-yet, sub: not-assigned-yet, aud: .* \} \}; make its key with: jwksd keygen epic --alg RS384/)
  t.match(await run('salesforce'), { code: 1, stderr: /takes a certificate, and .*one\.pem has none\nhint: .*openssl req -x509 -new -key .*one\.pem .*one\.crt/ })
  const empty = await deploy(t, { config: { profiles: {}, clients: {} } })
  t.match(await runCommand(onboardCommand, ['--config', empty.file]), { code: 1, stderr: /onboard: the configuration has no profile for it\nhint: add one to profiles: jwt: \{ preset: jwt, set: jwt, alg: RS256 \}/ })
})
