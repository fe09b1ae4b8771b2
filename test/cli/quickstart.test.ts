// Quickstart: what it makes, what it reuses, what it never touches, and that it stays on this machine.

import { X509Certificate } from 'node:crypto'
import { appendFileSync, mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { QUICKSTART_CONFIG } from '../../src/cli/io.ts'
import t, { type Test } from 'tap'
import { load } from '../../src/state/load.ts'
import { DEV_TOKEN, prepareQuickstart, QUICKSTART_CERT, requireLoopback } from '../../src/cli/quickstart.ts'
import { apiKeyId, hashApiKey } from '../../src/core/clients/api-key.ts'
import { faultsOf } from '../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'

const NOW = Math.floor(Date.now() / 1000)
const DAY = 86_400
const home = process.cwd()

/** Runs a test in a directory of its own, with these key files. */
function checkout (t: Test, keys: Record<string, string> = {}): void {
  process.chdir(t.testdir())
  t.teardown(() => { process.chdir(home) })
  for (const [name, pem] of Object.entries(keys)) {
    mkdirSync(path.dirname(path.join('keys', name)), { recursive: true })
    writeFileSync(path.join('keys', name), pem, { mode: 0o600 })
  }
}
const start = async (env: Record<string, string> = {}, now = NOW) => {
  const environment = await prepareQuickstart(env, now)
  return await load({ file: QUICKSTART_CONFIG, env: environment, now, listeners: 'both' })
}
const contents = () => [QUICKSTART_CONFIG, DEV_TOKEN, QUICKSTART_CERT, ...readdirSync('keys').map(name => path.join('keys', name))]
  .map(file => [file, readFileSync(file, 'utf8')])
const modeOf = (file: string) => statSync(file).mode & 0o777

t.test('a fresh checkout: a key, a certificate, an API key and a configuration that loads', async t => {
  checkout(t)
  const { config, snapshot, publicTls } = await start()
  const [key] = snapshot.sets.get('default')!.keys
  t.match(key, { alg: 'RS384', file: `keys/default-${new Date(NOW * 1000).toISOString().slice(0, 10)}.pem` })
  t.equal(key!.publicKey.asymmetricKeyDetails?.modulusLength, 3072)
  t.strictSame([key!.file, DEV_TOKEN, QUICKSTART_CONFIG].map(modeOf), [0o600, 0o600, 0o600])
  t.match(config, { listen: { host: '127.0.0.1', port: 8443 }, sign: { listen: 'public' }, audit: { file: path.resolve('.jwksd/audit.jsonl') } })
  const certificate = new X509Certificate(publicTls!.cert)
  t.ok(certificate.checkHost('localhost') && certificate.checkIP('127.0.0.1') && !certificate.ca)
  const token = readFileSync(DEV_TOKEN, 'utf8').trim()
  t.match(snapshot.policy.clients.get('dev'), { apiKeys: [{ id: apiKeyId(token), sha256: hashApiKey(token) }] })
  t.notOk(readFileSync(QUICKSTART_CONFIG, 'utf8').includes(token), 'the configuration keeps only the hash')
  t.equal(snapshot.policy.profiles.size, 1)
})

t.test('the next start reuses everything, byte for byte', async t => {
  checkout(t)
  await start()
  const before = contents()
  await start({}, NOW + DAY)
  t.strictSame(contents(), before)
})

t.test('what is missing or at its end is made again, the rest stays', async t => {
  checkout(t)
  await start()
  const [, , certificate, key] = contents()
  writeFileSync(DEV_TOKEN, 'not a token\n')
  const { snapshot } = await start()
  const token = readFileSync(DEV_TOKEN, 'utf8').trim()
  t.ok(apiKeyId(token), 'a damaged API key is replaced')
  t.match(snapshot.policy.clients.get('dev'), { apiKeys: [{ id: apiKeyId(token) }] }, 'and the configuration follows')
  t.strictSame(contents().slice(2), [certificate, key])
  const year = NOW + 365 * DAY
  t.ok((await start({}, year)).publicTls, 'a certificate that ends within a day is replaced')
  t.not(readFileSync(QUICKSTART_CERT, 'utf8'), certificate![1])
  rmSync('.jwksd/tls/key.pem')
  t.ok((await start({}, year)).publicTls, 'a certificate without its key too')
})

t.test('an edited configuration is the user\'s: it is never written again', async t => {
  checkout(t)
  await start()
  appendFileSync(QUICKSTART_CONFIG, 'logLevel: debug\n')
  const edited = readFileSync(QUICKSTART_CONFIG, 'utf8')
  writeFileSync('keys/second.pem', privatePem('P-256'), { mode: 0o600 })
  t.equal((await start()).config.logLevel, 'debug')
  t.equal(readFileSync(QUICKSTART_CONFIG, 'utf8'), edited)
})

t.test('keys of the user are used as they are; keys without dates get a profile each', async t => {
  const halves = makePrivateKey('P-384')
  checkout(t, {
    'Vendor One.pem': privatePem('P-256'),
    'two.pem': privatePem('P-256'),
    'half.pem': privatePem(halves),
    'half-public.pem': publicPem(halves),
    'ecw/k.pem': privatePem('Ed25519'),
    'cdata/k.pem': privatePem('RSA')
  })
  const { snapshot } = await start()
  t.strictSame(readdirSync('keys').sort(), ['Vendor One.pem', 'cdata', 'ecw', 'half-public.pem', 'half.pem', 'two.pem'], 'no key is added')
  t.match([...snapshot.policy.profiles.values()].map(({ set, alg, key }) => ({ set, alg, key })).sort((a, b) => a.alg < b.alg ? -1 : 1), [
    { alg: 'ES256', key: /(Vendor One|two)\.pem/ }, { alg: 'ES256', key: /(Vendor One|two)\.pem/ }, { alg: 'ES384', set: 'default' }, { alg: 'EdDSA', set: 'ecw' }, { alg: 'RS384', set: 'cdata' }
  ])
  const names = [...snapshot.policy.profiles.keys()]
  t.strictSame(names, [...names].sort(), 'by name: sets are listed with the default first')
  t.strictSame(snapshot.policy.clients.get('dev')!.profiles, names)
})

t.test('a bad key file stops it with its reason', async t => {
  checkout(t, { 'bad.pem': 'x' })
  t.match(await faultsOf(start), [{ where: 'keys/bad.pem', problem: /no PEM block/ }])
})

t.test('key directory and port from the environment', async t => {
  checkout(t)
  const { config } = await start({ JWKSD_KEYS: 'elsewhere', JWKSD_LISTEN: '[::1]:0' })
  t.match(config, { keys: path.resolve('elsewhere'), listen: { host: '::1', port: 0 } })
  t.equal(readdirSync('elsewhere').length, 1)
})

t.test('loopback only', async t => {
  for (const listen of ['127.0.0.1:8443', '127.9.9.9:1', '[::1]:0', 'localhost:8443']) t.doesNotThrow(() => { requireLoopback(listen) }, listen)
  for (const listen of ['0.0.0.0:8443', '[::]:8443', '10.0.0.1:1', '192.0.2.1:8443', 'example.com:1', '127.0.0.1.example.com:1', 'nonsense', '[::ffff:10.0.0.1]:1']) {
    t.match(await faultsOf(() => { requireLoopback(listen) }), [{ where: listen, problem: /loopback only/, hint: /jwksd\.example\.yaml/ }], listen)
  }
  checkout(t)
  t.match(await faultsOf(async () => await start({ JWKSD_LISTEN: '0.0.0.0:8443' })), [{ where: '0.0.0.0:8443' }])
  t.strictSame(readdirSync('.'), [], 'nothing was made')
})

t.test('a key of the user\'s own under another name is not joined by one that nobody has registered', async t => {
  checkout(t, { 'private.key': privatePem('RSA') })
  t.match(await faultsOf(async () => await start()), [{ where: 'keys/private.key', problem: /is not read/, hint: /mv keys\/private\.key keys\/private\.pem/ }])
  t.strictSame(readdirSync('keys'), ['private.key'])
})

t.test('where the only key is revoked, the profile stays, and so do the commands that make the next key', async t => {
  checkout(t, { 'a.pem': `# revoked: 2026-01-01T00:00:00Z\n${privatePem('P-256')}` })
  t.strictSame([...(await start()).config.profiles.keys()], ['default'])
  t.match(readdirSync('keys'), ['a.pem'])
  writeFileSync('keys/b.pem', `# revoked: 2026-01-01T00:00:00Z\n${privatePem('P-256')}`, { mode: 0o600 })
  t.strictSame([...(await start()).config.profiles.keys()], ['default-a', 'default-b'], 'two without dates')
  writeFileSync('keys/c.pem', privatePem('RSA'), { mode: 0o600 })
  t.match((await start()).config.profiles.get('default'), { alg: 'RS384' }, 'one that signs is enough')
})

t.test('only a public key: it is published, and nothing signs', async t => {
  checkout(t, { 'a.pem': publicPem(makePrivateKey('P-256')) })
  await start()
  const { config, snapshot } = await start()
  t.equal(config.profiles.size, 0)
  t.equal(snapshot.sets.get('default')!.keys.length, 1)
  t.strictSame(readdirSync('keys'), ['a.pem'])
})

t.test('an empty variable is none', async t => {
  checkout(t, { 'a.pem': privatePem('P-256') })
  t.match([...(await start({ JWKSD_KEYS: '', JWKSD_KEY_PASSPHRASE: '' })).snapshot.sets.keys()], ['default'])
})
