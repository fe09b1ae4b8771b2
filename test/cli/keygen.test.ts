// jwksd keygen: the first key of a set, and a refusal where a second one would need a plan.

import { createHash, createPrivateKey, createPublicKey } from 'node:crypto'
import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { keygenCommand } from '../../src/cli/keygen.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'
import { findPrivate } from '../support/deep-scan.ts'

const DATE = new Date(NOW * 1000).toISOString().slice(0, 10)

t.test('the first key: a private PEM of mode 0600, its kid by the guide\'s rule, no private member shown', async t => {
  const keys = path.join(t.testdir(), 'keys')
  const { code, stdout, stderr } = await runCommand(keygenCommand, ['--bits', '2048', '--json'], { env: { JWKSD_KEYS: keys } })
  t.strictSame([code, stderr], [0, ''])
  const said = JSON.parse(stdout)
  const file = path.join(keys, `default-${DATE}.pem`)
  t.equal((await stat(file)).mode & 0o777, 0o600)
  const pem = await readFile(file, 'utf8')
  const publicKey = createPublicKey(createPrivateKey(pem))
  const { n, e } = publicKey.export({ format: 'jwk' })
  const kid = createHash('sha256').update(publicKey.export({ type: 'spki', format: 'pem' })).digest('hex').slice(0, 16)
  t.strictSame(said, {
    file, set: 'default', kid, alg: 'RS384', jwk: { kty: 'RSA', alg: 'RS384', n, e, key_ops: ['verify'], ext: true, use: 'sig', kid }
  })
  t.strictSame(findPrivate(stdout), [])
  t.not(findPrivate({ ...said, pem }).length, 0, 'control: the private key would be found')
})

t.test('every alg has a key that fits; a note says what is not the usual alg', async t => {
  const keys = path.join(t.testdir(), 'keys')
  const made: Record<string, string> = {}
  for (const alg of ['RS256', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA']) {
    const set = alg.toLowerCase()
    const { code, stdout } = await runCommand(keygenCommand, [set, '--alg', alg, '--bits', '2048'], { env: { JWKSD_KEYS: keys } })
    t.equal(code, 0)
    t.match(stdout, new RegExp(`^kid:  [0-9a-f]{16}\nalg:  ${alg}\nfile: ${keys}/${set}/${set}-${DATE}.pem\n{\n`))
    made[alg] = (await readFile(path.join(keys, set, `${set}-${DATE}.pem`), 'utf8')).split('\n')[0]!
  }
  const plain = '-----BEGIN PRIVATE KEY-----'
  t.strictSame(made, { RS256: '# alg: RS256', PS512: '# alg: PS512', ES256: plain, ES384: plain, ES512: plain, EdDSA: plain })
})

t.test('the set\'s own rules in the configuration hold: alg and kid scheme', async t => {
  const { file, keys } = await deploy(t, { config: { sets: { vendor: { alg: 'RS256', kid: 'thumbprint', include: ['default'] } } } })
  const { stdout } = await runCommand(keygenCommand, ['vendor', '--bits', '2048', '--json', '--config', file])
  t.match(JSON.parse(stdout), { alg: 'RS256', kid: /^[\w-]{43}$/ })
  t.strictSame(await readdir(path.join(keys, 'vendor')), [`vendor-${DATE}.pem`])
  t.notMatch(await readFile(path.join(keys, 'vendor', `vendor-${DATE}.pem`), 'utf8'), /# alg/, 'the set says it already')
})

t.test('a second key of one alg is refused, another alg is not; no file is ever replaced', async t => {
  const keys = path.join(t.testdir(), 'keys')
  const env = { JWKSD_KEYS: keys }
  t.equal((await runCommand(keygenCommand, ['ecw', '--alg', 'ES256'], { env })).code, 0)
  const again = await runCommand(keygenCommand, ['ecw', '--alg', 'ES256'], { env, now: NOW + 7 * 86400 })
  t.equal(again.code, 1)
  t.match(again.stderr, /^error: .*ecw-[\d-]+\.pem: the set "ecw" has an ES256 key already\nhint: /)
  const sameDay = await runCommand(keygenCommand, ['ecw', '--alg', 'ES384'], { env })
  t.equal(sameDay.code, 0)
  const pems = (await readdir(path.join(keys, 'ecw'))).filter(name => !name.startsWith('.'))
  t.equal(pems.length, 2, 'the file of the same day stays')
})

t.test('what it refuses: bad names, bad lengths, unknown algs, a directory with a bad file', async t => {
  const keys = path.join(t.testdir(), 'keys')
  const run = async (...args: string[]) => await runCommand(keygenCommand, args, { env: { JWKSD_KEYS: keys } })
  for (const name of ['../up', 'UPPER', '.hidden', 'a/b', 'a'.repeat(64)]) t.match(await run(name), { code: 1, stderr: /is not a name for a set/ })
  for (const bits of ['1024', '2049', '9000', 'many', '2048.5']) t.match(await run('--bits', bits), { code: 2, stderr: /multiple of 8 from 2048 to 8192/ })
  t.match(await run('--alg', 'HS256'), { code: 2, stderr: /Allowed choices are RS256/ })
  t.match(await run('--no-such'), { code: 2 })
  await t.rejects(readdir(keys), { code: 'ENOENT' }, 'nothing was made')
  t.equal((await run('good', '--alg', 'ES256')).code, 0)
  await writeFile(path.join(keys, 'good', 'bad.pem'), 'no key')
  t.match(await run('good', '--alg', 'ES384'), { code: 1, stderr: /bad\.pem: there is no PEM block in it/ })
})

t.test('a key under another name is pointed out, since vendors may know it already', async t => {
  const keys = t.testdir({ 'private.key': privatePem('RSA') })
  t.match(await runCommand(keygenCommand, ['--alg', 'ES256'], { env: { JWKSD_KEYS: keys } }),
    { code: 0, stderr: /^warning: .*private\.key: is not read: key files end in \.pem; if it is one, rename it: mv / })
})

t.test('Ed25519 beside another kind only where the set is mixed', async t => {
  const keys = { 'a.pem': privatePem('P-256') }
  const run = async (file: string) => await runCommand(keygenCommand, ['--alg', 'Ed25519', '--json', '--config', file])
  t.match(await run((await deploy(t, { keys })).file), { code: 1, stderr: /Ed25519 and ES256 do not go together/ })
  const { stdout } = await run((await deploy(t, { keys, config: { sets: { default: { mixed: true } } } })).file)
  t.match(JSON.parse(stdout), { alg: 'Ed25519', jwk: { kty: 'OKP', crv: 'Ed25519', alg: 'Ed25519' } })
})

t.test('a set whose name is nearly one of the configuration is made with a warning', async t => {
  const { file } = await deploy(t, { config: { sets: { ecw: {} } } })
  const make = async (set: string): Promise<string> => (await runCommand(keygenCommand, [set, '--alg', 'ES256', '--config', file])).stderr
  t.equal(await make('ewc'), 'warning: the configuration has no set "ewc": did you mean "ecw"?\n')
  t.equal(await make('ecw'), '')
  t.equal(await make('cdata'), '', 'control: no name is near')
})

t.test('beside a public half there is no successor to make here', async t => {
  const keys = t.testdir({ 'a.pem': publicPem(makePrivateKey('RSA')) })
  const { faults } = await runCommand(keygenCommand, [], { env: { JWKSD_KEYS: keys } })
  t.match(faults, [{ where: /a\.pem$/, problem: /has an RS384 key already/, hint: /^its private half is elsewhere: make its successor there; or / }])
})
