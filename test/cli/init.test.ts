// jwksd init: a configuration that serves and signs at once, for every preset; nothing is overwritten, and nobody is waited
// for who is not there.

import { createPublicKey } from 'node:crypto'
import { chmod, mkdir, readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { createLocalJWKSet, jwtVerify } from 'jose'
import t from 'tap'
import { parse } from 'yaml'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { initCommand } from '../../src/cli/init.ts'
import { presets } from '../../src/presets/index.ts'
import { runCommand } from '../support/command.ts'
import { disagreements, ofKind, readObjects } from '../support/kubernetes.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { NOW, openListener } from '../support/listener.ts'
import { makeCertificate, openssl } from '../support/openssl.ts'
import { inRepository } from '../support/program.ts'
import { postSign } from '../support/request.ts'
import { place, startsAndSigns } from '../support/init-place.ts'

const DATE = new Date(NOW * 1000).toISOString().slice(0, 10)
/** Certificates of openssl are valid from when they are made. */
const LATER = NOW + 600
const RSA = privatePem('RSA')
const CURVES: Record<string, string> = { ES256: privatePem('P-256') }

const LOCAL = ['--host', 'localhost', '--client', 'billing']

t.test('one preset for each way to give a key: the server would start, and the preset\'s own example is signed', async t => {
  const ways = new Map([...presets.values()].map(preset => [preset.key.given, preset]))
  t.ok(ways.size > 3)
  // And one with a thumbprint, one without claims, one with parameters. test/programs/init.test.ts tries them all.
  const others = ['smart-health-cards', 'oracle-flattened-jws', 'fapi2'].map(name => presets.get(name)!)
  for (const preset of new Set([...ways.values(), ...others])) await startsAndSigns(t, preset)
})

t.test('eClinicalWorks: it listens, publishes and signs with the files as they were written', async t => {
  const { directory, at, init } = place(t)
  const { code, stdout, stderr } = await init(['ecw', ...LOCAL, '--listen', '127.0.0.1:0', '--sign-listen', 'public', '--value', 'iss=hospital'])
  t.equal(code, 0, stderr)
  t.match(stdout, /^jwksd_\w{8}_\S{49}\n$/, 'standard output is the API key')
  const text = await readFile(at('jwksd.yaml'), 'utf8')
  t.notMatch(text, stdout.trim(), 'which is kept nowhere')
  t.match(stderr, new RegExp(`wrote .*keys/ecw/ecw-${DATE}\\.pem\n(?:.*\n)*Next:\n {2}jwksd serve --config .*\n {2}jwksd onboard eclinicalworks --config .*\n {2}jwksd sign --profile ecw --config`))
  t.match(stderr, /warning: .*profiles\.ecw\.claims\.aud: is "https:\/\/not-assigned-yet\.invalid\/token": the vendor gives the value/)
  t.notMatch(stderr, 'claims.iss')
  for (const name of ['jwksd.yaml', `keys/ecw/ecw-${DATE}.pem`, 'tls/key.pem']) t.equal((await stat(at(name))).mode & 0o777, 0o600, name)
  t.equal((await stat(at('keys'))).mode & 0o777, 0o700)
  const ca = await readFile(at('tls/cert.pem'), 'utf8')
  const { fetch, origin } = await openListener(t, { file: at('jwksd.yaml'), ca })
  const jwks = (await fetch(`${origin}/ecw/.well-known/jwks.json`)).json()
  const { token } = (await postSign(fetch, origin, stdout.trim(), {})).json()
  const { payload, protectedHeader } = await jwtVerify(token, createLocalJWKSet(jwks))
  t.match([payload.iss, payload.sub, protectedHeader.alg], ['hospital', 'hospital', 'RS384'])

  const before = await readdir(directory, { recursive: true })
  const again = await init(['ecw', ...LOCAL])
  t.equal(again.code, 1)
  for (const name of ['jwksd.yaml', `keys/ecw/ecw-${DATE}.pem`, 'tls/cert.pem', 'tls/key.pem']) t.match(again.stderr, `${at(name)}: is there already`)
  t.strictSame([await readdir(directory, { recursive: true }), await readFile(at('jwksd.yaml'), 'utf8')], [before, text], 'nothing was changed')
})

t.test('without a terminal, what is missing is named, and nothing is written', async t => {
  const { directory, init } = place(t)
  const usage = async (args: readonly string[], expected: RegExp): Promise<void> => {
    t.match(await init(args), { code: 2, stderr: expected }, args.join(' '))
  }
  await usage([], /without a terminal a preset, --host, --client must be given\nhint: --yes takes jwt, localhost, app/)
  await usage(['epic', '--host', 'a.org'], /without a terminal --client must be given/)
  await usage(['github-app', ...LOCAL], /GitHub App makes the key itself\nhint: give its file with --import/)
  await usage(['epic', ...LOCAL, '--cert', 'a'], /--cert and --key belong together/)
  await usage(['epic', '--host', '10.0.0.1', '--client', 'Bad Name', '--alg', 'ES256'], /error: url: .*\nhint: [\s\S]*error: clients\.Bad Name: is not a name/)
  await usage(['epic', ...LOCAL, '--systemd', '--compose'], /cannot be used with/)
  t.match(await init(['epik', ...LOCAL]), { code: 1, stderr: /no such preset\nhint: did you mean "epic"/ })
  t.match(await init(['epic', ...LOCAL, '--value', 'is=1']), { code: 1, stderr: /is=1 is no value of Epic.*\nhint: did you mean "iss"/ })
  t.match(await init(['epic', ...LOCAL, '--value', 'zzzz']), { code: 1, stderr: /hint: write NAME=VALUE with one of: iss, aud/ })
  t.match(await init(['jwt', ...LOCAL, '--value', 'zzzz']), { code: 1, stderr: /hint: leave it out/ })
  t.match(await init(['ecw', ...LOCAL, '--alg', 'ES256']), { code: 1, stderr: /a key of kind P-256 does not sign with ES256 for eClinicalWorks/ })
  t.strictSame(await readdir(directory), [])
  const wrong = place({ testdir: () => t.testdir({ 'ec.pem': CURVES.ES256! }) })
  t.match(await wrong.init(['ecw', ...LOCAL, '--yes']), { code: 1, stderr: /ec\.pem: a key of kind P-256 does not sign with RS384 for eClinicalWorks/ })
  t.match(await wrong.init(['epic', ...LOCAL, '--yes', '--alg', 'RS384']), { code: 1, stderr: /ec\.pem: a key of kind P-256 does not sign with RS384 for Epic/ })
})

t.test('in the working directory the commands need no --config; a directory that is not there is made', async t => {
  const before = process.cwd()
  process.chdir(t.testdir())
  t.teardown(() => { process.chdir(before) })
  t.match(await runCommand(initCommand, ['epic', ...LOCAL, '--alg', 'ES256']), { code: 0, stderr: /^wrote jwksd\.yaml\nwrote keys\/epic\/.*\n[\s\S]*Next:\n {2}jwksd serve\n {2}jwksd onboard epic {3}#/ })
  t.match(await runCommand(initCommand, ['udap', ...LOCAL, '--alg', 'ES256', '--directory', 'new/place']), { code: 0, stderr: /wrote new\/place\/keys\/udap\/udap-.*\.crt/ })
})

t.test('at a terminal: questions, with what is usual for Enter', async t => {
  const { at, init } = place(t)
  const { code, stderr } = await init(['--listen', '127.0.0.1:8443', '--alg', 'ES256'], { terminal: 'epic\r\rbilling\rapp-1\r\r' })
  t.equal(code, 0, stderr)
  t.match(stderr, /Vendor .*\[jwt\]: epic\n.*\[localhost\]: \n.*\[app\]: billing\niss, which is the client_id \[not-assigned-yet\]: app-1\naud, which .*: \n/)
  t.match(parse(await readFile(at('jwksd.yaml'), 'utf8')), {
    url: 'https://localhost:8443', sets: { epic: { alg: 'ES256' } }, profiles: { epic: { claims: { iss: 'app-1', sub: 'app-1' } } }, clients: { billing: {} }
  })
  t.match(await place({ testdir: () => t.testdir() }).init(['epic'], { terminal: '\x03' }), { code: 1, stderr: /no answer was given/ })
})

t.test('--yes: defaults', async t => {
  const { at, init } = place(t)
  t.match(await init(['--yes', '--alg', 'ES256', '--set', 'default'], { terminal: '' }), { code: 0, stderr: /at https:\/\/localhost:8443\/\.well-known\/jwks\.json/ })
  t.match(parse(await readFile(at('jwksd.yaml'), 'utf8')), { profiles: { default: { preset: 'jwt', set: 'default' } }, clients: { app: {} } })
  t.strictSame(await readdir(at('keys')), [`default-${DATE}.pem`])
})

t.test('a key of the directory is taken only when somebody says so, with the kid of the old jwks.json', async t => {
  const key = makePrivateKey('RSA')
  const other = makePrivateKey('RSA')
  const jwk = (one: typeof key, kid: unknown, alg?: string) => ({ ...createPublicKey(one).export({ format: 'jwk' }), kid, ...(alg && { alg }) })
  const old = { keys: [jwk(key, 'registered-2019', 'RS384'), jwk(other, 'lost'), jwk(other, 7), { kid: 'broken', kty: 'RSA' }, null] }
  const files = { 'private.key': privatePem(key), 'jwks.json': JSON.stringify(old), 'public.pem': 'x', 'note.txt': '' }
  const here = place(t, files)
  const kidOf = async (at: (name: string) => string) => await readFile(at(`keys/ecw/ecw-${DATE}.pem`), 'utf8')

  t.match(await here.init(['ecw', ...LOCAL]), { code: 2, stderr: /there are keys here: .*private\.key\nhint: use one with --import FILE, or make a new one with --new-key/ })
  const { code, stderr, stdout } = await here.init(['ecw', ...LOCAL, '--yes'])
  t.equal(code, 0, stderr)
  t.match(stdout, /^jwksd_/)
  t.match(await kidOf(here.at), /^# kid: registered-2019\n-----BEGIN PRIVATE KEY/)
  t.match(stderr, /its kid registered-2019 is kept/)
  t.match(stderr, /also has lost, whose private key is not taken over/)

  const asked = async (terminal: string) => {
    const one = place({ testdir: () => t.testdir(files) })
    return { ...one, result: await one.init(['ecw', ...LOCAL, '--value', 'iss=a', '--value', 'aud=b'], { terminal }) }
  }
  const first = await asked('1\r')
  t.match(first.result, { code: 0, stderr: /1 {2}.*private\.key\nThere are keys here/ })
  t.match(await kidOf(first.at), /registered-2019/)
  const named = await asked(`${path.join(t.testdirName, 'private.key')}\r`)
  t.equal(named.result.code, 0, named.result.stderr)
  t.match((await asked('9\r')).result, { code: 2, stderr: /9 is none of them/ })
  const fresh = await asked('\r')
  t.equal(fresh.result.code, 0)
  t.notMatch(await kidOf(fresh.at), /^# kid/m)
  const two = place({ testdir: () => t.testdir({ ...files, 'b.p8': RSA }) })
  t.match(await two.init(['ecw', '--yes']), { code: 2, stderr: /there are keys here: .*b\.p8, .*private\.key/ })
  t.match(await two.init(['ecw', '--yes', '--new-key']), { code: 0 })
})

t.test('an encrypted key: the passphrase is asked for or given; a vendor\'s key file is asked for', async t => {
  const files = { 'pass.txt': 'secret\n' }
  const make = () => {
    const one = place({ testdir: () => t.testdir(files) })
    openssl(one.directory, 'genpkey', '-quiet', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-aes-256-cbc', '-pass', 'pass:secret', '-out', 'k.pem')
    return one
  }
  const args = ['epic', ...LOCAL, '--value', 'iss=a', '--value', 'aud=b']
  const asked = make()
  t.match(await asked.init(args, { terminal: '1\rsecret\r' }), { code: 0, stderr: /Passphrase of .*k\.pem: \n/ })
  const given = make()
  t.match(await given.init([...args, '--import', given.at('k.pem')]), { code: 1, stderr: /is encrypted\nhint: give the passphrase with --passphrase-file/ })
  t.match(await given.init([...args, '--import', given.at('k.pem'), '--passphrase-file', given.at('pass.txt')], { env: { JWKSD_KEY_PASSPHRASE: 'other' } }), { code: 0 })
  t.match(await readFile(given.at(`keys/epic/epic-${DATE}.pem`), 'utf8'), /BEGIN ENCRYPTED/)
  const theirs = place({ testdir: () => t.testdir({ 'app.pem': RSA }) })
  t.match(await theirs.init(['github-app', ...LOCAL], { terminal: `${theirs.at('app.pem')}\r\r` }), { code: 0, stderr: /File of the key that GitHub App made/ })
})

t.test('certificates: given ones are used, for a public host without one it says how to get it', async t => {
  const one = place(t, { own: {} as never })
  const { cert, key } = makeCertificate(one.at('own'), 'host', { san: 'DNS:jwks.hospital.org' })
  await chmod(key, 0o600)
  const args = ['epic', '--alg', 'ES256', '--client', 'a', '--sign-listen', 'public']
  t.match(await one.init([...args, '--host', 'jwks.other.org', '--cert', cert, '--key', key], { now: LATER }), { code: 1, stderr: /jwks\.other\.org/ })
  t.notOk((await readdir(one.directory)).includes('jwksd.yaml'), 'what was written was taken back')
  t.strictSame(await readdir(one.at('keys/epic')), [])
  t.match(await one.init([...args, '--host', 'jwks.hospital.org', '--cert', cert, '--key', key], { now: LATER }), { code: 0, stderr: /Next:\n {2}jwksd serve/ })
  t.match(parse(await readFile(one.at('jwksd.yaml'), 'utf8')), { url: 'https://jwks.hospital.org', listen: '0.0.0.0:8443', tls: { cert: path.relative(one.directory, cert) } })
  const elsewhere = place({ testdir: () => path.join(one.directory, 'elsewhere') })
  await mkdir(elsewhere.directory)
  await elsewhere.init([...args, '--host', 'jwks.hospital.org', '--cert', cert, '--key', key], { now: LATER })
  t.match(parse(await readFile(elsewhere.at('jwksd.yaml'), 'utf8')), { tls: { cert: path.resolve(cert) } })
  const beside = place({ testdir: () => t.testdir() })
  const tls = makeCertificate(beside.directory, 'host', { san: 'DNS:jwks.hospital.org' })
  await chmod(tls.key, 0o600)
  const { code, stderr } = await beside.init([...args, '--host', 'jwks.hospital.org', '--yes', '--cert', tls.cert, '--key', tls.key], { now: LATER })
  t.equal(code, 0, stderr)
  const [made] = await readdir(beside.at('keys/epic'))
  t.not((await readFile(beside.at(`keys/epic/${made}`), 'utf8')).trim(), (await readFile(tls.key, 'utf8')).trim(), 'the key of the listener signs no tokens')
  const bare = place({ testdir: () => t.testdir() })
  t.match(await bare.init([...args, '--host', 'jwks.hospital.org']), { code: 0, stderr: /Next:\n {2}certbot certonly --standalone -d jwks\.hospital\.org && install .*\n {2}jwksd serve/ })
})

t.test('a host as people write it, and a directory with a space: commands that work, or the reason', async t => {
  const one = place(t)
  const init = async (host: string, ...more: string[]) => await runCommand(initCommand, ['epic', '--client', 'b', '--yes', '--host', host, ...more])
  for (const url of ['https://jwks.hospital.org/', 'jwks.hospital.org/keys']) {
    t.match(await init(url), { code: 1, stderr: /^error: --host: is a URL: .*\nhint: write its host only: jwks\.hospital\.org\n/ }, url)
  }
  const spaced = `${one.directory}/my dir`
  t.match(await init('jwks.hospital.org', '--systemd', '--directory', spaced), { code: 1, stderr: /^error: --systemd: cannot name the directory .*my dir\nhint: choose one of/ })
  const { stderr } = await init('jwks.hospital.org:8443', '--directory', spaced)
  const [, certbot] = /^ {2}certbot (.*) {3}#/m.exec(stderr)!
  t.equal(certbot, `certonly --standalone -d jwks.hospital.org && install -D -m 0600 -t '${spaced}/tls' /etc/letsencrypt/live/jwks.hospital.org/fullchain.pem /etc/letsencrypt/live/jwks.hospital.org/privkey.pem`)
  t.match(stderr, `jwksd serve --config '${spaced}/jwksd.yaml'\n`)
})

t.test('a vendor that knows keys by certificates: the one beside the key, else a self-signed one', async t => {
  const one = place(t, { own: {} as never })
  const { cert: crt, key } = makeCertificate(one.at('own'), 'host', { rsaBits: 2048, san: 'URI:https://a.org' })
  await writeFile(one.at('vendor.pem'), await readFile(key), { mode: 0o600 })
  await writeFile(one.at('vendor.crt'), await readFile(crt))
  t.match(await one.init(['salesforce', ...LOCAL, '--import', one.at('vendor.pem')], { now: LATER }), { code: 0 })
  t.equal(await readFile(one.at(`keys/salesforce/salesforce-${DATE}.crt`), 'utf8'), await readFile(crt, 'utf8'))
  const signed = place({ testdir: () => t.testdir({ 'a.pem': RSA }) })
  t.match(await signed.init(['udap', ...LOCAL, '--yes']), { code: 0, stderr: /warning: .*udap-.*\.crt is self-signed, for a year/ })
})

t.test('files to deploy it: derived from those of deploy/, with the names of the configuration', async t => {
  const make = async (...args: string[]) => {
    const one = place({ testdir: () => t.testdir() })
    const { code, stderr } = await one.init(['epic', '--alg', 'ES256', '--host', 'jwks.hospital.org', '--client', 'billing', ...args])
    t.equal(code, 0, stderr)
    return { ...one, stderr, read: async (name: string) => await readFile(one.at(name), 'utf8') }
  }
  const unit = await make('--systemd')
  const text = await unit.read('jwksd.service')
  t.match(text, `ExecStart=${process.execPath} ${inRepository('dist/main.js')} serve --config ${path.resolve(unit.directory)}/jwksd.yaml\n`)
  t.notMatch(text, /\/(etc|opt)\/jwksd/)
  t.match(parse(await unit.read('jwksd.yaml')), { audit: { file: '/var/log/jwksd/audit.jsonl' } }, 'the place that the unit may write to')
  t.match(unit.stderr, /systemctl enable --now .*jwksd\.service/)

  const compose = await make('--compose', '--image', 'registry.hospital.org/jwksd:1')
  t.match(parse(await compose.read('compose.yaml')).services.jwksd, { image: 'registry.hospital.org/jwksd:1', volumes: ['.:/etc/jwksd:ro'], read_only: true })
  t.match(parse(await compose.read('jwksd.yaml')), { listen: '0.0.0.0:8443', sign: { listen: '0.0.0.0:9443' }, audit: { file: '-' } })
  t.match(compose.stderr, /docker compose -f .*compose\.yaml up -d/)

  const cluster = await make('--kubernetes')
  const manifest = await cluster.read('kubernetes.yaml')
  const objects = readObjects(manifest)
  const secrets = [...manifest.matchAll(/create secret (?:generic|tls) (\S+)/g)].map(([, name]) => name!)
  t.strictSame(disagreements(objects, secrets), [], 'names, volumes, ports and paths agree')
  const [deployment] = ofKind(objects, 'Deployment')
  const config = ofKind(objects, 'ConfigMap')[0].data['jwksd.yaml']
  t.match(readConfig(readYaml('jwksd.yaml', config), {}, NOW), { faults: [], config: { url: { href: 'https://jwks.hospital.org/' }, keys: '/keys' } })
  t.equal(parse(config).clients.billing.auth[0].apiKey.id, parse(await cluster.read('jwksd.yaml')).clients.billing.auth[0].apiKey.id)
  t.match(deployment.spec.template.spec.containers[0].image, /^jwksd:\d/)
  t.match(manifest, `--from-file=keys/epic/epic-${DATE}.pem\n`)
  t.notMatch(manifest, /ecw|example\.com|Replace/)
  t.match(cluster.stderr, /kubectl apply -n jwksd -f .*kubernetes\.yaml/)
  t.match(ofKind(objects, 'CronJob')[0].spec.jobTemplate.spec.template.spec.containers[0].args, ['jwksd-keys-epic', 'epic', 'rotate', 'epic', '--every', '90d'])

  const inDefault = readObjects(await (await make('--kubernetes', '--set', 'default')).read('kubernetes.yaml'))
  t.strictSame(disagreements(inDefault, ['jwksd-keys-default', 'jwksd-tls', 'jwksd-internal-tls']), [], 'its keys lie in the key directory itself')
  const box = place({ testdir: () => t.testdir() })
  t.match(await box.init(['box', '--host', 'jwks.hospital.org', '--client', 'billing', '--kubernetes']), { code: 0 })
  t.strictSame(ofKind(readObjects(await readFile(box.at('kubernetes.yaml'), 'utf8')), 'CronJob'), [], 'a vendor that gets the key manually: nothing rotates it')
})
