// Configuration, keys and certificates together: what opens a listener, and every fault of all three at once.

import { appendFileSync, chmodSync, renameSync, rmSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import type { KeyKind } from '../../src/core/keys/alg.ts'
import { type Key, toKey } from '../../src/core/keys/key.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { type Listeners, load, selfTestAll } from '../../src/state/load.ts'
import { loadSettings } from '../../src/state/settings.ts'
import type { FaultsError } from '../../src/core/errors.ts'
import { deploy } from '../support/deployment.ts'
import { faultsOf } from '../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { openssl } from '../support/openssl.ts'
import { readPassphrase } from '../../src/keystore/passphrase.ts'

const now = Math.floor(Date.now() / 1000)
const kidNote = (kid: string, pem: string) => `# kid: ${kid}\n${pem}`
type Setup = Parameters<typeof deploy>[1]

async function setUp (t: Test, options: Setup = {}) {
  const deployment = await deploy(t, options)
  return {
    ...deployment,
    load: async (listeners: Listeners = 'both', env: Record<string, string> = {}, tls = true) => await load({ file: deployment.file, env, now, listeners, tls })
  }
}
/** The faults of a set-up, named by the last part of their place. */
const faultsIn = async (t: Test, options: Setup, listeners?: Listeners) =>
  await faultsOf(async () => await (await setUp(t, options)).load(listeners))

t.test('a sound set-up', async t => {
  const { load } = await setUp(t, { keys: { 'default.pem': privatePem('P-256'), 'ecw/rsa.pem': privatePem('RSA') } })
  const { snapshot, publicTls, internalTls, warnings } = await load()
  t.strictSame([...snapshot.published.keys()].sort(), ['default', 'ecw'])
  t.match(snapshot.policy.profiles.get('plain'), { alg: 'ES256', set: 'default' })
  t.ok(publicTls)
  t.equal(internalTls, undefined, 'sign.listen is public')
  t.match(warnings, [/names localhost/])
})

t.test('faults of configuration, keys and certificates are reported in one pass', async t => {
  const { load, directory, file } = await setUp(t, {
    keys: { 'weak.pem': 'x', 'ecw/two.pem': privatePem('P-256') + privatePem('P-256'), 'open.pem': privatePem('P-256') },
    config: { sets: { ecw: { lead: '1s' } }, unknown: 1 }
  })
  chmodSync(path.join(directory, 'keys/open.pem'), 0o644)
  writeFileSync(path.join(directory, 'tls/key.pem'), privatePem('P-256'))
  const faults = await faultsOf(load)
  const places: Array<[string, RegExp]> = [
    ['unknown', /not a field/], ['sets.ecw.lead', /too short/], ['keys/weak.pem', /no PEM block/], ['keys/ecw/two.pem', /one key is needed/],
    ['keys/open.pem', /world can read/], ['tls/key.pem', /is not the private key/]
  ]
  for (const [place, problem] of places) t.match(faults.find(({ where }) => where.endsWith(place)), { problem, hint: /./ }, place)
  t.equal(faults.length, places.length, 'and nothing twice')
  t.ok(faults.some(({ where }) => where.startsWith(`${file}:`)))
})

t.test('a configuration that cannot be read, is no YAML, or names no key directory', async t => {
  const { load, file } = await setUp(t, { config: { keys: 'missing' } })
  t.match(await faultsOf(load), [{ where: /missing$/, problem: /key directory cannot be read \(ENOENT\)/ }])
  writeFileSync(file, 'listen: 127.0.0.1:0\n')
  t.match((await faultsOf(load)).map(({ where }) => where.split(' ')[1]).sort(), ['keys', 'tls', 'url'])
  writeFileSync(file, 'a: [')
  t.match(await faultsOf(load), [{ where: /:1$/ }])
  rmSync(file)
  t.match(await faultsOf(load), [{ where: file, problem: /cannot be read \(ENOENT\)/, hint: /jwksd\.example\.yaml/ }])
  t.match(await faultsOf(async () => await loadSettings(file, {}, now)), [{ where: file }])
})

t.test('a configuration or certificate that every user can change is warned of; so is what a fault would hide', async t => {
  const { load, file, directory, keys } = await setUp(t)
  chmodSync(file, 0o666)
  chmodSync(path.join(directory, 'tls/cert.pem'), 0o646)
  t.match((await load()).warnings.filter(text => text.includes('every user')), [/jwksd\.yaml: every user can change it \(mode 0666\)/, /cert\.pem: .*0646/])
  renameSync(path.join(keys, 'default.pem'), path.join(keys, 'private.key'))
  const error = await load().catch((error: unknown) => error) as FaultsError
  t.match(error.faults, [{ where: / keys$/, problem: /private\.key is not read: key files end in \.pem/, hint: /mv \S+private\.key \S+private\.pem/ }])
  t.equal(error.faults.length, 1, 'profiles do not repeat it')
  t.ok(error.warnings.some(text => text.includes('private.key: is not read')))
  rmSync(path.join(keys, 'private.key'))
  t.match((await faultsOf(load)).map(({ hint }) => hint), ['make one with: jwksd keygen'], 'keygen is for an empty directory')
  const bare = await setUp(t, { keys: {}, config: { profiles: undefined, clients: undefined, sign: undefined } })
  t.match((await faultsOf(bare.load)).map(({ hint }) => hint), ['make one with: jwksd keygen'], 'no profile names a set')
  const named = await setUp(t, { keys: {}, config: { profiles: { plain: { preset: 'jwt', set: 'ecw' } } } })
  t.match((await faultsOf(named.load)).map(({ hint }) => hint), ['make one with: jwksd keygen ecw'])
})

t.test('onBadKey: skip leaves a bad file out, with a warning, and keeps the rest', async t => {
  const { load } = await setUp(t, { keys: { 'a.pem': privatePem('P-256'), 'bad.pem': 'x' }, config: { onBadKey: 'skip' } })
  const { snapshot, warnings } = await load()
  t.equal(snapshot.sets.get('default')!.keys.length, 1)
  t.ok(warnings.some(text => /bad\.pem: left out: there is no PEM block/.test(text)))
})

t.test('encrypted keys: passphrase from a variable or the first line of a file', async t => {
  const deployment = await setUp(t)
  const key = path.join(deployment.keys, 'default.pem')
  openssl(deployment.keys, 'pkcs8', '-topk8', '-in', key, '-out', 'enc.pem', '-passout', 'pass:canary phrase')
  rmSync(key)
  const phrase = path.join(deployment.directory, 'phrase')
  writeFileSync(phrase, 'canary phrase\r\nsecond line\n')
  t.ok(await deployment.load('both', { JWKSD_KEY_PASSPHRASE: 'canary phrase' }))
  t.ok(await deployment.load('both', { JWKSD_KEY_PASSPHRASE_FILE: phrase }))
  const wrong = await faultsOf(async () => await deployment.load('both', { JWKSD_KEY_PASSPHRASE: 'canary wrong' }))
  t.match(wrong, [{ where: /enc\.pem$/, problem: /cannot be decrypted/ }])
  t.notMatch(JSON.stringify(wrong), /canary/)
  t.equal(wrong.length, 1, 'that the set is empty then is no news')
  t.match(await faultsOf(async () => await deployment.load()), [{ problem: /no passphrase is given/ }])
  t.match(await faultsOf(async () => await deployment.load('both', { JWKSD_KEY_PASSPHRASE_FILE: phrase + 'x' })),
    [{ where: 'JWKSD_KEY_PASSPHRASE_FILE', problem: /cannot be read \(ENOENT\)/ }])
  writeFileSync(phrase, Buffer.from('canary phrase', 'utf16le'))
  t.match(await faultsOf(async () => await deployment.load('both', { JWKSD_KEY_PASSPHRASE_FILE: phrase })),
    [{ where: `JWKSD_KEY_PASSPHRASE_FILE: ${phrase}`, problem: /in UTF-16/, hint: 'save it as UTF-8' }])
  t.equal(await readPassphrase({ JWKSD_KEY_PASSPHRASE_FILE: '' }), undefined)
})

t.test('listeners: each loads only what it needs', async t => {
  const { load, directory } = await setUp(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  t.match(await load(), { publicTls: Object, internalTls: Object })
  const internal = await load('internal')
  t.ok(internal.internalTls && !internal.publicTls)
  const open = await load('public')
  t.ok(open.publicTls && !open.internalTls)
  t.equal(open.snapshot.policy.clients.size + open.snapshot.policy.profiles.size, 0, 'a public listener knows nobody who may sign')
  t.ok([...open.snapshot.sets.values()].every(({ keys }) => keys.every(key => !key.privateKey)), 'and holds no private key')
  rmSync(path.join(directory, 'tls'), { recursive: true })
  t.ok(await load('both', {}, false), 'commands that open no listener read no certificate')
  t.ok((await faultsOf(load)).length > 0, 'negative control')
})

t.test('--only internal needs an internal listener; its own certificate need not cover url', async t => {
  t.match(await faultsIn(t, {}, 'internal'), [{ where: /sign$/, problem: /names no internal listener/ }])
  const { load, directory } = await setUp(t, { config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' } } } })
  const elsewhere = { JWKSD_URL: 'https://other.example.com' }
  t.ok((await load('internal', elsewhere)).internalTls)
  t.match(await faultsOf(async () => await load('both', elsewhere)), [{ where: path.join(directory, 'tls/cert.pem'), problem: /does not cover other\.example\.com/ }])
})

t.test('a public listener runs from only public files, at the same bytes', async t => {
  const key = makePrivateKey('P-256')
  const whole = await setUp(t, { keys: { 'k.pem': privatePem(key) } })
  const jwks = async (options: { load: typeof whole.load }) => (await options.load('public')).snapshot.sets.get('default')!.keys.map(({ jwk }) => jwk)
  const before = await jwks(whole)
  writeFileSync(path.join(whole.keys, 'k.pem'), publicPem(key))
  t.strictSame(await jwks(whole), before)
  t.match(await faultsOf(async () => await whole.load()), [{ where: /profiles\.plain\.key$/, problem: /no private ES256 key/ }], 'but it cannot sign')
})

t.test('sets: includes, empty sets, kids that clash under one URL', async t => {
  const a = kidNote('a', privatePem('P-256'))
  const { load } = await setUp(t, { keys: { 'ecw/a.pem': a, 'cdata/b.pem': privatePem('P-256') }, config: { sets: { all: { include: ['ecw', 'cdata'] } }, profiles: { plain: { preset: 'jwt', set: 'ecw' } } } })
  t.equal((await load()).snapshot.published.get('all')!.flatMap(set => set.keys).length, 2)
  const profiles = { plain: { preset: 'jwt', set: 'ecw' } }
  t.match(await faultsIn(t, { keys: { 'ecw/a.pem': a, 'two/b.pem': kidNote('a', privatePem('P-256')) }, config: { profiles, sets: { all: { include: ['ecw', 'two'] } } } }),
    [{ where: /two\/b\.pem$/, problem: /kid a is also that of .*ecw\/a\.pem, and the set "all" publishes both/, hint: /pin another kid/ }])
  t.match(await faultsIn(t, { keys: { 'ecw/a.pem': a }, config: { profiles, sets: { all: { include: ['nobody'] }, bare: {} } } }), [
    { where: /sets\.all\.include\.0$/, problem: /"nobody" holds no key/ }, { where: /sets\.all$/ }, { where: /sets\.bare$/, problem: /"bare" holds no key/, hint: /keygen bare/ }
  ])
  t.match(await faultsIn(t, { keys: { 'ecw/a.pem': a, 'two/b.key': privatePem('P-256') }, config: { profiles, sets: { two: {} } } }),
    [{ where: /sets\.two$/, problem: /the set "two" holds no key: .*b\.key is not read: key files end in \.pem/, hint: /rename it: mv/ }])
  const clash = await faultsIn(t, { keys: { 'ecw/a.pem': a, 'ecw/b.pem': kidNote('a', privatePem('P-256')) }, config: { profiles, sets: { ecw: {} } } })
  t.match(clash, [{ where: /ecw\/b\.pem$/, problem: /its kid a is also that of/ }])
  t.equal(clash.length, 1, 'that the refused set is empty is no news')
  t.match(await faultsIn(t, { keys: {}, config: { profiles: {}, clients: {} } }), [{ where: /keys$/, problem: /no key in the key directory/, hint: /keygen/ }])
})

t.test('a consumer of a set without keys is a fault', async t => {
  const faultOf = async (set: string) => await faultsIn(t, { keys: { 'ecw/a.pem': privatePem('P-256') }, config: { profiles: {}, clients: {}, consumers: { epic: { set, userAgent: 'x' } } } })
  t.match(await faultOf('ewc'), [{ where: /consumers\.epic\.set$/, problem: /the set "ewc" holds no key/, hint: /^did you mean "ecw"/ }])
  t.strictSame(await faultOf('ecw'), [], 'control')
})

t.test('profiles and keys must fit', async t => {
  const ec = privatePem('P-256')
  const keys = { 'a.pem': ec, 'b.pem': privatePem('P-384'), 'ecw/one.pem': privatePem('RSA'), 'ecw/two.pem': privatePem('RSA') }
  const faultOf = async (profile: object) => await faultsIn(t, { keys, config: { profiles: { plain: profile } } })
  t.match(await faultOf({ preset: 'jwt', set: 'gone' }), [{ where: /profiles\.plain\.set$/, problem: /the set "gone" holds no key/, hint: /^make one with: jwksd keygen gone$/ }])
  t.match(await faultOf({ preset: 'jwt', set: 'ewc' }), [{ problem: /the set "ewc" holds no key/, hint: /^did you mean "ecw"\? make one with/ }])
  t.match(await faultOf({ preset: 'cdata-connect-ai', set: 'ecw' }), [{ problem: /has keys for RS384; .* takes RS256/, hint: /^write sets\.ecw\.alg: RS256, or a line "# alg: RS256"/ }])
  t.match(await faultOf({ preset: 'cdata-connect-ai' }), [{ problem: /takes RS256/, hint: /^make a key for a set of its own: jwksd keygen default-rs256 --alg RS256$/ }])
  t.match(await faultOf({ preset: 'jwt' }), [{ where: /profiles\.plain\.alg$/, problem: /signs with ES\d+ and ES\d+/, hint: /ES256/ }])
  t.match(await faultOf({ preset: 'jwt', alg: 'RS256' }), [{ where: /profiles\.plain\.set$/, problem: /has keys for ES\d+, ES\d+; .* takes RS256/ }])
  t.match(await faultOf({ preset: 'smart-backend-services', key: 'a.pem' }), [{ where: /profiles\.plain\.set$/, problem: /takes RS384, ES384/ }])
  t.match(await faultOf({ preset: 'jwt', key: 'c.pem' }), [{ where: /profiles\.plain\.key$/, problem: /there is no key "c\.pem"/, hint: /a\.pem/ }])
  t.match(await faultOf({ preset: 'smart-backend-services', set: 'ecw' }),
    [{ where: /profiles\.plain\.key$/, problem: /2 RS384 keys of the set "ecw" have no activation date, so none signs by itself/, hint: /(one|two)\.pem.*(one|two)\.pem/ }])
  t.strictSame(await faultOf({ preset: 'smart-backend-services', set: 'ecw', key: 'two.pem' }), [], 'a profile that names its key')
  t.strictSame(await faultOf({ preset: 'jwt', alg: 'ES384' }), [])
})

t.test('an alg of a set that fits no key is a fault; one that fits some is none', async t => {
  const profiles = { plain: { preset: 'jwt', set: 'ecw' } }
  const faultsOfAlg = async (keys: Record<string, string>, alg: string) =>
    await faultsIn(t, { keys, config: { profiles, sets: { ecw: { alg } } } })
  const rsa = privatePem('RSA')
  t.match(await faultsOfAlg({ 'ecw/rsa.pem': rsa }, 'ES384'), [{
    where: /sets\.ecw\.alg$/,
    problem: /^is ES384, which fits no key of the set: .*ecw\/rsa\.pem is a key of kind RSA and has RS384$/,
    hint: 'write RS384, or make a key with: jwksd keygen ecw --alg ES384'
  }])
  t.strictSame(await faultsOfAlg({ 'ecw/rsa.pem': rsa }, 'PS256'), [])
  t.strictSame(await faultsOfAlg({ 'ecw/rsa.pem': '# alg: RS256\n' + rsa }, 'RS384'), [], 'a note chooses another')
})

t.test('a certificate of both listeners: a fault once, and a warning where it does not cover the internal address', async t => {
  const internal = (listen: string): Setup => ({ config: { sign: { listen } } })
  const { load, directory } = await setUp(t, internal('127.0.0.1:0'))
  t.strictSame((await load()).warnings.filter(text => text.includes('internal listener')), [])
  t.match((await (await setUp(t, internal('10.0.0.5:0'))).load()).warnings.filter(text => text.includes('internal listener')),
    [/cert\.pem: the certificate of the internal listener does not cover 10\.0\.0\.5 \(it covers DNS:localhost,.*sign\.tls$/])
  t.match((await (await setUp(t, internal('signer.internal:0'))).load()).warnings.filter(text => /does not cover signer\.internal/.test(text)), { length: 1 })
  for (const any of ['0.0.0.0:0', '[::]:0', 'localhost:0']) {
    t.strictSame((await (await setUp(t, internal(any))).load()).warnings.filter(text => text.includes('internal listener')), [], any)
  }
  writeFileSync(path.join(directory, 'tls/key.pem'), privatePem('P-256'))
  t.match(await faultsOf(load), { length: 1, 0: { where: /tls\/key\.pem$/, problem: /is not the private key/ } })
})

t.test('settings for commands that make keys: the configuration\'s, or none yet', async t => {
  const { file, keys } = await setUp(t, { keys: {} })
  t.match(await loadSettings(file, {}, now), { keys })
  t.match(await loadSettings(undefined, {}, now), { keys: 'keys' })
  t.match(await loadSettings(undefined, { JWKSD_KEYS: 'elsewhere' }, now), { keys: 'elsewhere' })
  appendFileSync(file, 'issuers: { idp: { issuer: your-issuer, audience: a, algs: [RS256], jwksUrl: https://id.example.com } }\n')
  t.match(await loadSettings(file, {}, now), { keys }, 'a placeholder is no obstacle to making keys')
  appendFileSync(file, 'extra: 1\n')
  t.match(await faultsOf(async () => await loadSettings(file, {}, now)), [{ problem: /not a field/ }])
})

t.test('between the self-tests of many keys requests get their turn', async t => {
  const read = (kind: KeyKind, n: number): Key => toKey(parseKey(`${n}.pem`, privatePem(kind)), 'pem-sha256')
  const [first, ...keys] = Array.from({ length: 81 }, (_, n) => read('P-256', n))
  await selfTestAll([first!], async test => { await test() }) // jose verifies the first of each alg, elsewhere
  const state = { turns: 0, isDone: false }
  const count = (): void => {
    state.turns++
    if (!state.isDone) setImmediate(count)
  }
  setImmediate(count)
  const tested: number[] = []
  await selfTestAll(keys, async test => {
    await test()
    tested.push(state.turns)
  })
  state.isDone = true
  t.equal(tested.length, 80)
  for (let turn = tested[0]!; turn <= tested.at(-1)!; turn++) t.equal(tested.filter(one => one === turn).length, 16, `turn ${turn}`)
})
