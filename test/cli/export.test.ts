// jwksd export: only public halves, for vendors and for a public listener that stands apart.

import { createPrivateKey, createPublicKey } from 'node:crypto'
import { readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { exportCommand } from '../../src/cli/export.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { load } from '../../src/state/load.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { findPrivate } from '../support/deep-scan.ts'
import { privatePem } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'
import { makeCertificate } from '../support/openssl.ts'

const publicOf = (pem: string): string => createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'pem' }) as string

t.test('one key as PEM or JWK, by kid or by file name', async t => {
  const pem = privatePem('RSA')
  const { file } = await deploy(t, { keys: { 'a.pem': pem } })
  const run = async (...args: string[]) => await runCommand(exportCommand, [...args, '--config', file])
  const byFile = await run('a.pem')
  t.match(byFile, { code: 0, stdout: publicOf(pem), stderr: '' })
  t.equal((await run('a.pem', '--pem')).stdout, byFile.stdout)
  const jwk = JSON.parse((await run('a.pem', '--jwk')).stdout)
  t.strictSame(Object.keys(jwk), ['kty', 'alg', 'n', 'e', 'key_ops', 'ext', 'use', 'kid'])
  t.equal((await run(jwk.kid)).stdout, byFile.stdout)
})

t.test('a name that is none, or that of several keys, is refused with the names there are', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': privatePem('P-256'), 'ecw/a.pem': privatePem('P-256') } })
  const run = async (...args: string[]) => await runCommand(exportCommand, [...args, '--config', file])
  t.match(await run('b.pem'), { code: 1, stderr: /hint: did you mean "a\.pem"\? name one: / })
  t.match(await run('none'), { code: 1, stderr: /^error: none: there is no such key\nhint: name one: [0-9a-f]{16} \(.*a\.pem\), [0-9a-f]{16} \([^\n]*\n$/ }, 'no warning')
  t.match(await run('a.pem'), { code: 1, stderr: /is the name of several keys/ })
  t.equal((await run('ecw/a.pem')).code, 0)
})

t.test('without a configuration, and of one key in several sets', async t => {
  const pem = privatePem('P-256')
  const { keys } = await deploy(t, { keys: { 'a.pem': pem, 'ecw/b.pem': `# kid: theirs\n${pem}` } })
  const home = process.cwd()
  process.chdir(keys)
  t.teardown(() => process.chdir(home))
  const run = async (...args: string[]) => await runCommand(exportCommand, args, { env: { JWKSD_KEYS: keys } })
  t.match(await run('a.pem'), { code: 0, stdout: publicOf(pem) })
  t.match(JSON.parse((await run('theirs', '--jwk')).stdout), { kid: 'theirs' })
  await writeFile(path.join(keys, 'ecw/a.pem'), `# kid: another\n${pem}`, { mode: 0o600 })
  t.match(await run('a.pem'), { code: 0, stdout: publicOf(pem) }, 'two files of that name hold one key')
  t.match(await run('a.pem', '--jwk'), { code: 1, stderr: /several sets, each with a JWK of its own\nhint: name a file: / })
  await writeFile(path.join(keys, 'bad.pem'), 'x')
  t.match(await run('--all', path.join(keys, '..', 'out')), { code: 1, stderr: /bad\.pem: there is no PEM block/ })
  t.equal((await run('b.pem')).code, 0, 'a bad file elsewhere is no obstacle for one key')
})

t.test('--all: every public half with the notes that make another listener publish the same', async t => {
  const keys = {
    'held.pem': `# activates: held since 2030-01-01T00:00:00Z, not before 2030-01-02T00:00:00Z\n${privatePem('RSA')}`,
    'a.pem': `# kid: mine\n# activates: 2030-01-01T00:00:00Z\n${privatePem('RSA')}`,
    'ecw/b.pem': privatePem('P-384'),
    'ed/c.pem': privatePem('Ed25519'),
    'ecw/d.pem': `# revoked: 2025-01-01T00:00:00Z\n${privatePem('P-521')}`
  }
  const { file, directory } = await deploy(t, { keys, config: { sets: { ecw: { kid: 'thumbprint' } }, profiles: {}, clients: {} } })
  const out = path.join(directory, 'out')
  const { code, stdout } = await runCommand(exportCommand, ['--all', out, '--config', file])
  t.equal(code, 0)
  t.strictSame(stdout.trim().split('\n').sort(), ['a.pem', 'ecw/b.pem', 'ecw/d.pem', 'ed/c.pem', 'held.pem'].map(name => path.join(out, name)))
  t.strictSame((await readdir(out)).sort(), ['a.pem', 'ecw', 'ed', 'held.pem'])
  for (const [name, pem] of Object.entries(keys)) {
    const text = await readFile(path.join(out, name), 'utf8')
    t.equal((await stat(path.join(out, name))).mode & 0o777, 0o644)
    t.notMatch(text, /PRIVATE/)
    t.strictSame(findPrivate(text), [])
    t.ok(text.endsWith(publicOf(pem.slice(pem.indexOf('-----')))))
    t.notOk(parseKey(name, text).privateKey)
  }
  t.match(await readFile(path.join(out, 'held.pem'), 'utf8'), /^# activates: held since 2030-01-01T00:00:00Z, not before 2030-01-02T00:00:00Z\n# alg/)
  t.match(await readFile(path.join(out, 'a.pem'), 'utf8'), /^# activates: 2030-01-01T00:00:00Z\n# alg: RS384\n# kid: mine\n-----BEGIN PUBLIC KEY-----\n/)
  t.match(await readFile(path.join(out, 'ecw/b.pem'), 'utf8'), /^# alg: ES384\n# kid: [\w-]{43}\n-----BEGIN PUBLIC KEY-----\n/)
  t.equal((await runCommand(exportCommand, ['--all', out, '--config', file])).code, 0, 'it can be run again')
})

t.test('usage: one key or --all, one format', async t => {
  const { file } = await deploy(t)
  for (const args of [[], ['a', '--all', 'out'], ['a', '--pem', '--jwk'], ['--all', 'out', '--jwk']]) {
    t.equal((await runCommand(exportCommand, [...args, '--config', file])).code, 2, args.join(' '))
  }
})

t.test('the pair of the eCW guide, a private file and its public file, is one key here as well', async t => {
  const pem = privatePem('RSA')
  const { file, directory } = await deploy(t, { keys: { 'rsa384-private.pem': pem, 'rsa384-public.pem': publicOf(pem) } })
  const out = path.join(directory, 'out')
  t.match(await runCommand(exportCommand, ['--all', out, '--config', file]), { code: 0, stdout: `${path.join(out, 'rsa384-private.pem')}\n`, stderr: '' })
  t.match(await readFile(path.join(out, 'rsa384-private.pem'), 'utf8'), publicOf(pem))
})

t.test('--all never replaces a private key, such as those of the key directory itself', async t => {
  const { file, keys } = await deploy(t, { keys: { 'a.pem': privatePem('P-256'), 'ecw/b.pem': privatePem('RSA') }, config: { profiles: {}, clients: {} } })
  const before = await readFile(path.join(keys, 'ecw/b.pem'), 'utf8')
  const link = path.join(keys, '..', 'link')
  await symlink(keys, link)
  for (const directory of [keys, link]) {
    const { code, stdout, faults } = await runCommand(exportCommand, ['--all', directory, '--config', file])
    t.strictSame([code, stdout], [1, ''])
    t.match(faults, [{ where: path.join(directory, 'a.pem'), problem: /holds a private key/ }, { where: path.join(directory, 'ecw/b.pem') }])
  }
  t.equal(await readFile(path.join(keys, 'ecw/b.pem'), 'utf8'), before)
})

t.test('certificates beside keys are exported, and a public listener publishes them, too', async t => {
  const directory = t.testdir()
  const ca = makeCertificate(directory, 'export-ca', { ca: true })
  const leaf = makeCertificate(directory, 'export-leaf', { issuer: ca })
  const chain = await readFile(leaf.cert, 'utf8') + await readFile(ca.cert, 'utf8')
  const keys = { 'own/a.pem': await readFile(leaf.key, 'utf8'), 'own/a.crt': chain }
  const config = { sets: { own: { x5c: true } }, profiles: {}, clients: {} }
  const { file, directory: place } = await deploy(t, { keys, config })
  const out = path.join(place, 'out')
  t.equal((await runCommand(exportCommand, ['--all', out, '--config', file])).code, 0)
  t.strictSame((await readdir(path.join(out, 'own'))).sort(), ['a.crt', 'a.pem'])
  const jwkOf = async (file: string, listeners: 'both' | 'public') =>
    (await load({ file, env: {}, now: NOW, listeners, tls: false })).snapshot.sets.get('own')!.keys[0]!.jwk
  const [jwk] = [await jwkOf(file, 'both')]
  t.equal(jwk.x5c!.length, 2)
  t.strictSame(await jwkOf(file, 'public'), jwk, 'of the same files')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/^keys: .*$/m, `keys: ${out}`))
  t.strictSame(await jwkOf(file, 'public'), jwk, 'of the exported ones')
})
