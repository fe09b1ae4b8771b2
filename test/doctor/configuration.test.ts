// The doctor of an installation: a sound one has no fault, each thing that is wrong is found by its name, and nothing is changed.

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { readdirSync, readFileSync, statSync, symlinkSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { checkConfiguration } from '../../src/doctor/configuration.ts'
import type { Finding } from '../../src/doctor/finding.ts'
import { checkLoaded } from '../../src/doctor/loaded.ts'
import { checkAudit, checkClock, checkConnections, checkLedger } from '../../src/doctor/machine.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { makeCertificate } from '../support/openssl.ts'

const now = Math.floor(Date.now() / 1000)
const DAY = 86400
const date = (seconds: number): string => `${new Date(seconds * 1000).toISOString().slice(0, 19)}Z`
const dated = (seconds: number): string => `# activates: ${date(seconds)}\n${privatePem('P-256')}`

/** Each file and directory with its times, mode and content. */
function pictureOf (directory: string): string[] {
  return ['.', ...readdirSync(directory, { recursive: true, encoding: 'utf8' })].sort().map(name => {
    const found = statSync(path.join(directory, name))
    const content = found.isFile() ? createHash('sha256').update(readFileSync(path.join(directory, name))).digest('hex') : ''
    return [name, found.mtimeMs, found.ctimeMs, found.mode, found.ino, content].join(' ')
  })
}

async function look (t: Test, setup: Parameters<typeof deploy>[1] = {}, change = (_directory: string): void => {}) {
  const { directory, file } = await deploy(t, setup)
  change(directory)
  const before = pictureOf(directory)
  const { findings, loaded } = await checkConfiguration({ file, env: {}, now, listeners: 'both' })
  t.strictSame(pictureOf(directory), before, 'nothing is changed')
  return { findings, loaded, wrong: namesOf(findings), directory, file }
}

/** What is wrong, warnings in brackets. */
const namesOf = (findings: readonly Finding[]): string[] =>
  findings.filter(({ level }) => level !== 'ok').map(({ check, level }) => level === 'fault' ? check : `[${check}]`)
const find = (findings: readonly Finding[], check: string): Finding | undefined => findings.find(one => one.check === check)

t.test('a sound installation', async t => {
  const { findings, wrong } = await look(t, { keys: { 'default.pem': privatePem('P-256'), 'ecw/a.pem': dated(now - DAY), 'ecw/b.pem': dated(now + DAY) } })
  t.strictSame(wrong, ['[configuration]'], 'its URL is localhost')
  t.strictSame(findings.filter(({ level }) => level === 'ok').map(({ check }) => check),
    ['configuration', 'keys', 'keys', 'profile', 'vendor-alg', 'certificate', 'clients', 'audit', 'connections', 'clock'])
  t.match(find(findings, 'configuration'), { seen: /jwksd.yaml: no fault \(profiles: 1, clients: 1\)$/ })
  t.match(findings.filter(({ check }) => check === 'keys')[1], { seen: /^set ecw: 2 published; active: \w{16} \(ES256, until .*Z, in 24 h\)$/ })
  t.match(find(findings, 'profile'), { seen: /^profile plain: \w{16} signs with ES256 for JSON Web Token/ })
  t.match(find(findings, 'certificate'), { seen: /^the certificate for localhost.* ends on / })
})

t.test('every fault of configuration, keys and certificates, with file and line', async t => {
  const { findings, wrong, loaded, file } = await look(t, {
    keys: { 'weak.pem': 'x' }, config: { unknown: 1, sets: { ecw: { lead: '1s' } } }
  }, directory => { writeFileSync(path.join(directory, 'tls/key.pem'), privatePem('P-256')) })
  t.equal(loaded, undefined)
  t.strictSame(wrong.filter(name => !name.startsWith('[')).sort(), ['certificate', 'configuration', 'configuration', 'configuration', 'key-file'])
  t.ok(findings.some(({ seen }) => seen.startsWith(`${file}:`) && /:\d+ unknown: is not a field/.test(seen)))
  for (const { level, hint } of findings) t.ok(level === 'ok' || hint)
  const { wrong: unread } = await look(t, {}, directory => { writeFileSync(path.join(directory, 'jwksd.yaml'), 'a: [') })
  t.strictSame(unread, ['configuration'])
  const { file: sound } = await deploy(t)
  const env = { get JWKSD_KEY_PASSPHRASE (): string { throw new TypeError('of our own') } }
  await t.rejects(checkConfiguration({ file: sound, env, now, listeners: 'both' }), TypeError, 'an error of our own is no finding')
})

t.test('what is due and what ends', async t => {
  const keys = (...pems: string[]) => ({ keys: Object.fromEntries(pems.map((pem, i) => [`${i}.pem`, pem])) })
  const warnings = async (setup: Parameters<typeof deploy>[1]): Promise<string[]> => (await look(t, setup)).wrong.filter(name => name !== '[configuration]')
  t.strictSame(await warnings(keys(dated(now - 400 * DAY))), ['[key-age]'])
  t.strictSame(await warnings({ ...keys(dated(now - 400 * DAY)), config: { sets: { default: { rotation: { every: '500d' } } } } }), [], 'the server rotates it')
  t.strictSame(await warnings(keys(dated(now - 40 * DAY), dated(now - 20 * DAY))), ['[rotation-due]'], 'an old key to destroy')
  t.strictSame(await warnings(keys(dated(now + DAY))), ['profile'], 'no key signs yet')
  t.strictSame(await warnings({ ...keys(dated(now + DAY)), config: { profiles: { plain: { preset: 'jwt', key: '0.pem' } } } }), ['profile'], 'the named key does not sign yet')
  t.strictSame(await warnings({ config: { sets: { default: { lead: '20m' } } } }), ['[lead]'])
  t.strictSame(await warnings({
    config: { profiles: { plain: { preset: 'smart-backend-services', set: 'default', alg: 'ES384', claims: { iss: 'a', sub: 'b', aud: ['x'] } } } },
    keys: { 'a.pem': privatePem('P-384') }
  }), ['iss-is-sub', 'aud-string'])
  t.strictSame(await warnings({
    config: { profiles: { plain: { preset: 'smart-backend-services', claims: { sub: '${client.name}' } }, card: { preset: 'jwt', claims: { iss: 'a', sub: 'b' } } } },
    keys: { 'a.pem': privatePem('P-384') }
  }), [], 'claims that differ by client are not known')
  t.strictSame(await warnings({
    config: { profiles: { plain: { preset: 'eclinicalworks' } } }, keys: { 'a.pem': `# kid: registered\n${privatePem('RSA')}` }
  }), ['[vendor-kid]'])
})

t.test('certificates and API keys', async t => {
  const { loaded } = await look(t, {
    config: { sign: { listen: '127.0.0.1:0' } },
    client: { auth: [{ apiKey: { id: 'k7Qm2xR9', sha256: 'a'.repeat(64), expires: date(now + 400 * DAY) } }] }
  })
  const later = checkLoaded(loaded!, now + 350 * DAY)
  t.strictSame(namesOf(later), ['[certificate]'], 'once, though both listeners have it')
  t.match(find(later, 'clients'), { seen: /^1 may sign; the next API key expires on 2/ })
  const certified = await look(t, { keys: { 'a.pem': privatePem('P-256') } }, directory => {
    const { cert, key } = makeCertificate(directory, 'key', { days: 20 })
    writeFileSync(path.join(directory, 'keys/a.pem'), readFileSync(key))
    writeFileSync(path.join(directory, 'keys/a.crt'), readFileSync(cert))
  })
  t.match(find(certified.findings, 'key-certificate'), { level: 'warning', seen: /a.pem ends on/ })
  t.throws(() => checkLoaded({ ...loaded!, snapshot: { ...loaded!.snapshot, sets: new Map() } }, now), TypeError)
})

t.test('where the audit log goes', async t => {
  const directory = t.testdir({ 'audit.jsonl': '', directory: {} })
  const at = (name: string) => path.join(directory, name)
  symlinkSync(at('audit.jsonl'), at('link'))
  execFileSync('mkfifo', [at('fifo')])
  const before = pictureOf(directory)
  const audit = (file?: string, uid = 1000): Finding[] => checkAudit({ ...file !== undefined && { file }, sync: 'none' }, uid)
  t.match(checkAudit(undefined), [{ level: 'ok', seen: /standard output/ }])
  t.match(audit(), [{ level: 'ok', seen: /standard output/ }])
  t.match(audit(at('audit.jsonl')), [{ level: 'ok', seen: `${at('audit.jsonl')} can be written` }])
  t.match(audit(at('new'), 0), [{ level: 'ok', seen: `${at('new')} can be made by root, who runs this check` }])
  t.match(audit(at('fifo')), [{ level: 'ok' }])
  for (const [name, problem] of [['link', 'ELOOP'], ['directory', 'EISDIR'], ['none/audit', 'ENOENT'], ['audit.jsonl/x', 'E']] as const) {
    t.match(audit(at(name)), [{ check: 'audit', level: 'fault', seen: new RegExp(problem), hint: /./ }], name)
  }
  t.match(audit('/dev/null'), [{ level: 'fault', seen: /not a file/ }])
  t.match(audit('/proc/self/comm'), [{ level: 'ok' }, { check: 'audit-space', level: 'warning', seen: '0 MB are free for /proc/self/comm' }])
  t.strictSame(pictureOf(directory), before)
  t.strictSame(checkLedger(undefined), [])
  t.match(checkLedger({ file: at('ledger.json') }), [{ level: 'ok' }])
  t.match(checkLedger({ file: at('none/ledger.json') }), [{ check: 'ledger', level: 'fault', seen: /ENOENT/ }])
})

t.test('limits and clock', async t => {
  t.match(checkConnections(1, 'Max open files            256                  20000                files     \n'), [{ level: 'warning', seen: 'each listener may have 192 connections open' }])
  const directory = t.testdir({ a: '' })
  const file = path.join(directory, 'a')
  t.match(await checkClock([file, 'missing'], now), [{ level: 'ok' }])
  utimesSync(file, now + 7200, now + 7200)
  t.match(await checkClock([file, 'missing'], now), [{ level: 'warning', seen: `${file} is dated in 2 h` }])
})

t.test('a certificate that an authority will issue is no fault', async t => {
  const acme = { directory: 'https://ca.example.com/dir', storage: 'acme', termsOfServiceAgreed: true }
  const { findings } = await look(t, { config: { url: 'https://jwks.example.com', tls: { acme } } })
  t.match(find(findings, 'certificate'), { level: 'warning', seen: /no certificate yet/ })
  t.strictSame(findings.filter(({ level }) => level === 'fault'), [])
})
