// The key directory as operators leave it: sets, modes, and things that are no key files. Every bad file is told.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { readKeyDirectory } from '../../src/keystore/key-directory.ts'
import { closePrimesModulus, rsaPublicPem } from '../support/bad-keys.ts'
import { faultsOf } from '../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'

const ec = privatePem('P-256')

/** Writes a file with exactly this mode, whatever the umask. */
function write (file: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

t.test('files directly in it are the default set, each sub-directory is a set of its own', async t => {
  const dir = t.testdir()
  for (const file of ['b.pem', 'a.pem', 'ecw/k.pem', 'ecw/deeper/ignored.pem', '.hidden.pem', '.git/x.pem', 'notes.txt']) write(path.join(dir, file), privatePem('P-256'))
  mkdirSync(path.join(dir, 'empty'))
  const { sets, faults, warnings } = await readKeyDirectory(dir)
  t.strictSame(Object.fromEntries([...sets].map(([name, keys]) => [name, keys.map(({ file }) => path.basename(file))])),
    { default: ['a.pem', 'b.pem'], ecw: ['k.pem'], empty: [] })
  t.strictSame([faults, warnings], [[], []])
})

t.test('a file is named from the working directory, and in full where it lies elsewhere', async t => {
  const named = async (directory: string): Promise<string> => (await readKeyDirectory(directory)).sets.get('default')![0]!.file
  const inside = t.testdir()
  const outside = mkdtempSync(path.join(tmpdir(), 'jwksd-keys-'))
  t.teardown(() => rmSync(outside, { recursive: true }))
  for (const directory of [inside, outside]) write(path.join(directory, 'a.pem'), ec)
  t.equal(await named(inside), path.relative(process.cwd(), path.join(inside, 'a.pem')))
  t.equal(await named(outside), path.join(outside, 'a.pem'))
})

t.test('names that are no set, and files that look like keys but are not read, are warned of', async t => {
  const dir = t.testdir()
  for (const file of ['Upper/k.pem', 'default/k.pem', 'a b/k.pem', 'server.key', 'old.p12', 'K.DER']) write(path.join(dir, file), ec)
  const { sets, warnings } = await readKeyDirectory(dir)
  t.equal(sets.size, 0)
  for (const name of ['Upper', 'default', 'a b', 'server.key', 'old.p12', 'K.DER']) t.ok(warnings.some(text => text.includes(`/${name}: is not read`)), name)
  t.equal(warnings.length, 6)
})

t.test('modes: readable by the world or writable by others is refused, readable by the group is warned of', async t => {
  const dir = t.testdir()
  const refused: Array<[string, number, RegExp]> = [
    ['world-readable', 0o604, /the world can read it/], ['open', 0o644, /the world can read it/],
    ['group-writable', 0o620, /others can write it/], ['world-writable', 0o602, /others can write it/]
  ]
  for (const [name, mode] of refused) write(path.join(dir, `${name}.pem`), privatePem('P-256'), mode)
  for (const [name, mode] of [['tight', 0o400], ['usual', 0o600], ['group', 0o640]] as const) write(path.join(dir, `${name}.pem`), privatePem('P-256'), mode)
  write(path.join(dir, 'public.pem'), publicPem(makePrivateKey('P-256')), 0o666)
  const { sets, faults, warnings } = await readKeyDirectory(dir)
  t.strictSame(sets.get('default')!.map(({ file }) => path.basename(file)), ['group.pem', 'public.pem', 'tight.pem', 'usual.pem'])
  for (const [name, , problem] of refused) {
    t.match(faults.find(({ where }) => where.endsWith(`/${name}.pem`)), { problem, hint: /chmod 600/ }, name)
  }
  t.equal(faults.length, refused.length)
  t.match(warnings, [/group\.pem: its group can read the private key \(mode 0640\)/])
})

t.test('special files are refused', { timeout: 20_000 }, async t => {
  const dir = t.testdir()
  const at = (name: string) => path.join(dir, name)
  execFileSync('mkfifo', [at('fifo.pem')])
  mkdirSync(at('directory.pem'))
  symlinkSync('loop-b.pem', at('loop-a.pem'))
  symlinkSync('loop-a.pem', at('loop-b.pem'))
  symlinkSync('nowhere', at('dangling.pem'))
  symlinkSync('/dev/zero', at('device.pem'))
  writeFileSync(at('sparse.pem'), '')
  truncateSync(at('sparse.pem'), 2 ** 30)
  const socket = createServer().listen(path.relative('.', at('socket.pem'))) // a socket's path is short
  t.teardown(() => { socket.close() })
  await once(socket, 'listening')
  write(at('empty.pem'), '')
  write(at('weak.pem'), rsaPublicPem(closePrimesModulus()))
  write(at('target'), ec)
  symlinkSync('target', at('link.pem'))
  const { sets, faults } = await readKeyDirectory(dir)
  const reasons: Record<string, RegExp> = {
    'fifo.pem': /is a FIFO/,
    'directory.pem': /is a directory/,
    'loop-a.pem': /loop of symbolic links/,
    'loop-b.pem': /loop of symbolic links/,
    'dangling.pem': /symbolic link that points nowhere/,
    'device.pem': /is a device/,
    'sparse.pem': /has 1073741824 bytes; a key file has at most 65536/,
    'socket.pem': /is a socket/,
    'empty.pem': /no PEM block/,
    'weak.pem': /too close together/
  }
  for (const [name, problem] of Object.entries(reasons)) {
    t.match(faults.find(({ where }) => where.endsWith(`/${name}`)), { problem, hint: /./ }, name)
  }
  t.equal(faults.length, Object.keys(reasons).length, 'all faults at once')
  t.strictSame(sets.get('default')!.map(({ file }) => path.basename(file)), ['link.pem'], 'a link to a sound key is read')
})

t.test('a key directory that cannot be read is one fault', async t => {
  const dir = t.testdir({ file: '' })
  for (const name of ['missing', 'file']) {
    t.match(await faultsOf(() => readKeyDirectory(path.join(dir, name))), [{ where: /./, problem: /cannot be read \(ENO/, hint: /keygen/ }], name)
  }
})

t.test('a set that cannot be listed is told beside the others\' faults', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'ecw', 'k.pem'), ec)
  write(path.join(dir, 'bad.pem'), 'x')
  symlinkSync('k.pem', path.join(dir, 'ecw', '..data'))
  t.match((await readKeyDirectory(dir)).faults.map(({ where }) => path.basename(where)).sort(), ['bad.pem', 'ecw'])
})

t.test('a dangling link beside the sets does no harm', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'k.pem'), ec)
  symlinkSync('nowhere', path.join(dir, 'dangling'))
  const { sets } = await readKeyDirectory(dir)
  t.equal(sets.get('default')?.length, 1)
})

t.test('Kubernetes: a volume is read through ..data, and a swap shows the new files alone', async t => {
  const dir = t.testdir()
  const release = (version: string, name: string): void => {
    write(path.join(dir, version, name), privatePem('P-256'), 0o440)
    symlinkSync(version, path.join(dir, '..data_tmp'))
    renameSync(path.join(dir, '..data_tmp'), path.join(dir, '..data'))
  }
  const names = async () => {
    const { sets, faults, warnings } = await readKeyDirectory(dir)
    t.strictSame(faults, [])
    t.match(warnings, [/its group can read/])
    return sets.get('default')!.map(({ file }) => file)
  }
  release('..2026_11_23', 'one.pem')
  symlinkSync('..data/one.pem', path.join(dir, 'one.pem'))
  t.strictSame((await names()).map(file => path.basename(file)), ['one.pem'])
  t.equal(path.resolve((await names())[0]!), path.join(dir, 'one.pem'), 'told by the name that the operator knows')
  release('..2026_11_24', 'two.pem')
  t.strictSame((await names()).map(file => path.basename(file)), ['two.pem'])
})

t.test('a public listener keeps public halves alone and says that a private key is in the wrong place', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'k.pem'), ec)
  const { sets, warnings } = await readKeyDirectory(dir, { publicOnly: true })
  const [key] = sets.get('default')!
  t.notOk('privateKey' in key!)
  t.equal(key!.publicKey.type, 'public')
  t.match(warnings, [/a private key beside a public listener/])
})

t.test('files below the working directory are told by their relative name', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'keys', 'bad.pem'), 'x')
  const home = process.cwd()
  process.chdir(dir)
  t.teardown(() => { process.chdir(home) })
  t.match((await readKeyDirectory(path.join(dir, 'keys'))).faults, [{ where: 'keys/bad.pem' }])
  t.match((await readKeyDirectory('.')).faults, [])
  t.match(await faultsOf(() => readKeyDirectory('missing')), [{ where: 'missing' }])
  t.match((await readKeyDirectory('keys')).faults, [{ where: 'keys/bad.pem' }])
})
