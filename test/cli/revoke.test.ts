// jwksd revoke: the note in every file of the key, who signs next, and for how long whom the key still deceives.

import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { revokeCommand } from '../../src/cli/revoke.ts'
import { DEFAULT_SET } from '../../src/config/types.ts'
import { CONSUMERS, trustAfter } from '../../src/core/keys/consumers.ts'
import { load } from '../../src/state/load.ts'
import { publishedKeys } from '../../src/core/keys/key-set.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

const pem = privatePem('P-256')
const published = async (file: string, set = 'default'): Promise<string[]> => {
  const { snapshot } = await load({ file, env: {}, now: NOW, listeners: 'both' })
  return snapshot.published.get(set)!.flatMap(one => publishedKeys(one, NOW)).map(key => path.basename(key.file))
}

t.test('the only key: gone, and the state that follows can be loaded although nothing signs', async t => {
  const key = makePrivateKey('P-256')
  const { file, keys } = await deploy(t, { keys: { 'a.pem': '\uFEFF# from the vault\r\n' + privatePem(key), 'a-public.pem': publicPem(key) } })
  const { code, stdout } = await runCommand(revokeCommand, ['a.pem', '--config', file])
  t.equal(code, 0)
  t.match(stdout, new RegExp(`^revoked: [0-9a-f]{16} \\(.*a.pem\\), set default\n.*within 10s, by ${formatTime(NOW + 10)}.\n`))
  t.match(stdout, new RegExp(`keep to Cache-Control +${formatTime(NOW + 610)}`), 'maxAge after the reload')
  t.match(stdout, /go-oidc +no clock ends it/)
  t.match(stdout, /1. Nothing signs ES256 in the set "default" now. At once: jwksd rotate default\n/)
  for (const name of await readdir(keys)) t.match(await readFile(path.join(keys, name), 'utf8'), new RegExp(`# revoked: ${formatTime(NOW)}\n-----BEGIN`), name)
  t.strictSame(await published(file), [], 'it is loaded and publishes no key: an empty set ends what caches trust')

  const again = await runCommand(revokeCommand, ['a.pem', '--config', file, '--json'], { now: NOW + 100 })
  t.match(JSON.parse(again.stdout), { set: 'default', gone: formatTime(NOW + 10), signs: null })
  t.notMatch(await readFile(path.join(keys, 'a.pem'), 'utf8'), formatTime(NOW + 100), 'a second call changes nothing')
})

t.test('the active key: its predecessor signs again', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': pem, 'b.pem': `# activates: ${formatTime(NOW - 100)}\n${privatePem('P-256')}` } })
  const { stdout } = await runCommand(revokeCommand, ['b.pem', '--config', file, '--json'])
  const said = JSON.parse(stdout)
  t.match(said, { file: /b.pem$/, gone: formatTime(NOW + 10), trust: CONSUMERS.map(() => ({ name: String, note: String })) })
  t.type(said.signs, 'string')
  t.equal(said.trust.at(-1).until, null)
  t.strictSame(await published(file), ['a.pem'])
  t.match((await runCommand(revokeCommand, ['b.pem', '--config', file])).stdout, /1. [0-9a-f]{16} \(.*a.pem\) signs now: vendors have known it all along/)
})

t.test('refused: a name that is none, or of several keys; faults elsewhere are reported after the deed', async t => {
  const { file, keys } = await deploy(t, { keys: { 'a.pem': pem, 'two/b.pem': privatePem('P-256'), 'two/a.pem': `# alg: ES256\n# kid: x\n${privatePem('P-256')}`, 'bad/c.pem': privatePem('P-256') } })
  const revoke = async (name: string) => await runCommand(revokeCommand, [name, '--config', file])
  t.match(await revoke('nobody'), { code: 1, stderr: /error: nobody: there is no such key\nhint: name one: [0-9a-f]{16} \(.*a.pem\), / })
  t.match(await revoke('a.pem'), { code: 1, stderr: /is the name of several keys/ })
  await chmod(path.join(keys, 'bad', 'c.pem'), 0o644)
  const said = await revoke('two/b.pem')
  t.match(said, { code: 1, stdout: /^revoked: /, stderr: /c.pem: .*the world can read it/ }, 'servers stay with their last good state until this is fixed')
  const empty = await runCommand(revokeCommand, ['x'], { env: { JWKSD_KEYS: t.testdir({ empty: {} }) } })
  t.match(empty, { code: 1, stderr: /name one: \(none\)/ })
})

t.test('every copy of the key is taken, whatever set, alg, kid or encoding it has there', async t => {
  const key = makePrivateKey('RSA')
  const keys = {
    'a.pem': privatePem(key), 'cdata/b.pem': `# alg: RS256\n# kid: theirs\n${privatePem(key)}`, 'dmz/c.pem': publicPem(key), 'other/d.pem': privatePem('P-256')
  }
  for (const name of ['cdata/b.pem', 'theirs', 'c.pem']) {
    const { file, keys: directory } = await deploy(t, { keys })
    const before = await load({ file, env: {}, now: NOW, listeners: 'both' })
    t.match(before.warnings.filter(text => text.includes('same key')), [/a\.pem: is the same key as .*b\.pem and .*c\.pem: .* jwksd revoke [0-9a-f]{16} takes them together/])
    const dry = await runCommand(revokeCommand, [name, '--dry-run', '--json', '--config', file])
    t.match(JSON.parse(dry.stdout), { dryRun: true, set: 'default', copies: [{ set: 'cdata', kid: 'theirs' }, { set: 'dmz' }] })
    t.notMatch(await readFile(path.join(directory, 'a.pem'), 'utf8'), /revoked/, 'a dry run changes nothing')
    t.match((await runCommand(revokeCommand, [name, '--dry-run', '--config', file])).stdout, /^would be revoked: /)
    const { code, stdout } = await runCommand(revokeCommand, [name, '--config', file])
    t.equal(code, 0)
    t.match(stdout, /^revoked: .*a\.pem\), set default\nrevoked: theirs \(.*b\.pem\), set cdata\nrevoked: .*c\.pem\), set dmz\n/)
    t.match(stdout, /"kid":"[0-9a-f]{16}" or "kid":"theirs"/)
    for (const set of ['default', 'cdata', 'dmz']) t.strictSame(await published(file, set), [], set)
    t.strictSame(await published(file, 'other'), ['d.pem'], 'negative control: another key')
  }
})

t.test('on a terminal it asks first, unless --yes', async t => {
  const { file, keys } = await deploy(t, { keys: { 'a.pem': pem } })
  const revoke = async (terminal: string, ...args: string[]) => await runCommand(revokeCommand, ['a.pem', '--config', file, ...args], { terminal })
  for (const answer of ['\r', 'n\r', '\x03']) {
    t.match(await revoke(answer), { code: 1, stderr: /nothing signs ES256 there then\nRevoke it now\? \[y\/N\] / })
    t.notMatch(await readFile(path.join(keys, 'a.pem'), 'utf8'), /revoked/)
  }
  t.match(await revoke('yes\r'), { code: 0, stdout: /^revoked: / })
  t.notMatch((await revoke('', '--yes')).stderr, /Revoke it now/)
})

t.test('on a terminal it says what signs then', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': pem, 'b.pem': `# activates: ${formatTime(NOW - 100)}\n${privatePem('P-256')}` } })
  t.match((await runCommand(revokeCommand, ['b.pem', '--config', file], { terminal: 'y\n' })).stderr, /set default: [0-9a-f]{16} signs then\n/)
})

t.test('a revoked key that a profile names is no fault', async t => {
  const { file, keys } = await deploy(t, {
    keys: { 'a.pem': pem, 'b.pem': privatePem('P-256') },
    config: { profiles: { plain: { preset: 'jwt', key: 'a.pem' } } }
  })
  t.equal((await runCommand(revokeCommand, ['a.pem', '--config', file])).code, 0)
  t.strictSame(await published(file), ['b.pem'])
  const half = await readFile(path.join(keys, 'a.pem'), 'utf8')
  await writeFile(path.join(keys, 'a.pem'), half.replace(/-----BEGIN[\s\S]*/, publicPem(makePrivateKey('P-256'))), { mode: 0o600 })
  t.strictSame(await published(file), ['b.pem'], 'nor is one without its private half')
})

t.test('every consumer keeps a key at least for max-age where it has no time of its own', async t => {
  for (const maxAge of [60, 600, 7200]) {
    for (const { name, until } of trustAfter(NOW, { ...DEFAULT_SET, maxAge })) t.ok(until >= NOW + Math.min(60, maxAge), `${name}, ${maxAge}`)
  }
  t.equal(trustAfter(0, { ...DEFAULT_SET, maxAge: 30 }).find(({ name }) => name === 'node-oidc-provider')!.until, 60, 'it keeps keys for a minute at least')
  const stale = (rules: object): number => trustAfter(0, { ...DEFAULT_SET, ...rules }).find(({ name }) => name.includes('stale-if-error'))!.until
  t.equal(stale({}), 1200, 'once more max-age while the server is down')
  t.equal(stale({ staleIfError: 7200 }), 7800, 'what the set says')
})

t.test('a copy that is a link is revoked with its file; one that cannot be changed stops no other', async t => {
  const key = privatePem('P-256')
  const { file, keys } = await deploy(t, { keys: { 'm/k.pem': key, 'z.pem': privatePem('RSA') }, config: { profiles: {}, clients: {} } })
  for (const set of ['a', 'y']) {
    await mkdir(path.join(keys, set))
    await symlink('../m/k.pem', path.join(keys, set, 'link.pem'))
  }
  const { code, stdout } = await runCommand(revokeCommand, ['k.pem', '--config', file, '--json'])
  t.equal(code, 0)
  t.strictSame([JSON.parse(stdout).set, ...JSON.parse(stdout).copies.map(({ set }: { set: string }) => set)].sort(), ['a', 'm', 'y'])
  for (const set of ['a', 'm', 'y']) t.strictSame(await published(file, set), [])
  const elsewhere = path.join(keys, '..', 'elsewhere.pem')
  const shared = privatePem('P-384')
  await writeFile(elsewhere, shared, { mode: 0o600 })
  await writeFile(path.join(keys, 'm', 's.pem'), shared, { mode: 0o600 })
  await symlink(elsewhere, path.join(keys, 'a', 's.pem'))
  const partly = await runCommand(revokeCommand, ['s.pem', '--config', file])
  t.match(partly, { code: 1, stdout: /^revoked: .*m\/s\.pem\), set m\nEvery server/, faults: [{ where: /a\/s\.pem$/, problem: /is a symbolic link/ }] })
  t.match(await readFile(path.join(keys, 'm', 's.pem'), 'utf8'), '# revoked: ')
  t.match(await runCommand(revokeCommand, ['s.pem', '--config', file]), { code: 1, faults: [{ problem: /is a symbolic link/ }] })
})

t.test('a key whose public file cannot be changed is revoked, and both are said', async t => {
  const key = makePrivateKey('P-256')
  const { file, keys } = await deploy(t, { keys: { 'a.pem': privatePem(key) }, config: { profiles: {}, clients: {} } })
  const elsewhere = path.join(keys, '..', 'public.pem')
  await writeFile(elsewhere, publicPem(key), { mode: 0o644 })
  await symlink(elsewhere, path.join(keys, 'a-public.pem'))
  const { code, stdout, faults } = await runCommand(revokeCommand, ['a.pem', '--config', file])
  t.match({ code, stdout, faults }, { code: 1, stdout: /^revoked: /, faults: [{ where: /a-public\.pem$/, problem: /is a symbolic link/ }] })
  t.strictSame(await published(file), [])
})
