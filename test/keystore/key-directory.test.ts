// The key directory as operators leave it: sets, modes, and things that are no key files. Every bad file is reported.

import { execFileSync } from 'node:child_process'
import { chmodSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync, symlinkSync, truncateSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t from 'tap'
import { readKeyDirectory } from '../../src/keystore/key-directory.ts'
import { MAX_KEY_FILES } from '../../src/keystore/list-keys.ts'
import { closePrimesModulus, rsaPublicPem } from '../support/bad-keys.ts'
import { faultsOf } from '../support/faults.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { inRepository } from '../support/program.ts'

const ec = privatePem('P-256')

/** Writes a file with exactly this mode, whatever the umask. */
function write (file: string, text: string, mode = 0o600): void {
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

t.test('files directly in it are the default set, each sub-directory is a set of its own', async t => {
  const dir = t.testdir()
  for (const file of ['b.pem', 'a.pem', 'ecw/k.pem', '.hidden.pem', '.git/x.pem']) write(path.join(dir, file), privatePem('P-256'))
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
  write(path.join(dir, 'public.pem'), publicPem(makePrivateKey('P-256')), 0o664)
  write(path.join(dir, 'planted.pem'), publicPem(makePrivateKey('P-256')), 0o666)
  const { sets, faults, warnings } = await readKeyDirectory(dir)
  t.strictSame(sets.get('default')!.map(({ file }) => path.basename(file)), ['group.pem', 'public.pem', 'tight.pem', 'usual.pem'])
  for (const [name, , problem] of refused) {
    t.match(faults.find(({ where }) => where.endsWith(`/${name}.pem`)), { problem, hint: /chmod 600/ }, name)
  }
  t.match(faults.find(({ where }) => where.endsWith('/planted.pem')), { problem: /public key with mode 0666: every user can replace/, hint: /chmod 644/ })
  t.equal(faults.length, refused.length + 1)
  t.match(warnings, [/group\.pem: its group can read the private key \(mode 0640\)/])
})

t.test('special files are refused', { timeout: 20_000 }, async t => {
  const dir = t.testdir()
  const at = (name: string) => path.join(dir, name)
  execFileSync('mkfifo', [at('fifo.pem')])
  mkdirSync(at('directory.pem'))
  symlinkSync('loop-b.pem', at('loop-a.pem'))
  symlinkSync('loop-a.pem', at('loop-b.pem'))
  symlinkSync('loop-c', at('loop-c'))
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

t.test('a set that cannot be listed is reported beside the others\' faults', async t => {
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
  symlinkSync('loop', path.join(dir, 'loop'))
  symlinkSync('nowhere', path.join(dir, '..data'))
  const { sets } = await readKeyDirectory(dir)
  t.equal(sets.get('default')?.length, 1)
})

t.test('Kubernetes: a volume is read through ..data, and a swap shows only the new files', async t => {
  const dir = t.testdir()
  const release = (version: string, name: string): void => {
    write(path.join(dir, version, name), privatePem('P-256'), 0o440)
    symlinkSync(version, path.join(dir, '..data_tmp'))
    renameSync(path.join(dir, '..data_tmp'), path.join(dir, '..data'))
  }
  const names = async () => {
    const { sets, faults, warnings } = await readKeyDirectory(dir)
    t.strictSame(faults, [])
    t.strictSame(warnings, [], 'fsGroup makes the mode 0440 by design')
    return sets.get('default')!.map(({ file }) => file)
  }
  release('..2026_11_23', 'one.pem')
  symlinkSync('..data/one.pem', path.join(dir, 'one.pem'))
  t.strictSame((await names()).map(file => path.basename(file)), ['one.pem'])
  t.equal(path.resolve((await names())[0]!), path.join(dir, 'one.pem'), 'named as the operator knows')
  release('..2026_11_24', 'two.pem')
  t.strictSame((await names()).map(file => path.basename(file)), ['two.pem'])
  chmodSync(path.join(dir, '..2026_11_24', 'two.pem'), 0o444)
  t.match((await readKeyDirectory(dir)).faults, [{ problem: /the world can read it/, hint: /defaultMode: 0400/ }])
})

t.test('a public listener keeps only public halves and says that a private key is in the wrong place', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'k.pem'), ec)
  const { sets, warnings } = await readKeyDirectory(dir, { publicOnly: true })
  const [key] = sets.get('default')!
  t.notOk('privateKey' in key!)
  t.equal(key!.publicKey.type, 'public')
  t.match(warnings, [/a private key beside a public listener/])
})

t.test('files below the working directory are reported by their relative name', async t => {
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

t.test('every file that looks like a key is named with the command that makes it one', async t => {
  const dir = t.testdir()
  const at = (name: string): string => path.join(dir, name)
  const certificate = '-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n'
  const der = makePrivateKey('P-256').export({ type: 'pkcs8', format: 'der' })
  const files: Record<string, [string | Buffer, RegExp, RegExp]> = {
    'private.key': [ec, /key files end in \.pem/, /mv \S+private\.key \S+private\.pem/],
    'k.p8': [ec, /end in \.pem/, /mv \S+k\.p8 \S+k\.pem/],
    'k.pk8': [ec, /end in \.pem/, /mv \S+k\.pk8 \S+k\.pem/],
    'UPPER.PEM': [ec, /end in \.pem/, /mv \S+UPPER\.PEM \S+UPPER\.pem/],
    id_rsa: [ec, /end in \.pem/, /mv \S+id_rsa \S+id_rsa\.pem/],
    'leaf.cer': [certificate, /certificates end in \.crt/, /mv \S+leaf\.cer \S+leaf\.crt/],
    'alone.crt': [certificate, /no key of this name beside the certificate/, /name of its key/],
    'alone.passphrase': ['x', /no key of this name beside the passphrase/, /name of its key/],
    'store.jks': [Buffer.from('feedfeed00000002', 'hex'), /it is a Java key store/, /keytool -importkeystore/],
    'binary.key': [der, /it is DER/, /jwksd import \S+binary\.key/],
    'account.json': ['{"type":"service_account","private_key":"x"}', /Google service account/, /jwksd import/],
    'id_ed25519.pub': ['ssh-ed25519 AAAAC3NzaC1lZDI1NTE5 me', /OpenSSH public key/, /ssh-keygen -e -m PKCS8/],
    'empty.key': ['', /end in \.pem/, /mv /]
  }
  for (const [name, [content]] of Object.entries(files)) writeFileSync(at(name), content, { mode: 0o600 })
  writeFileSync(at('package.json'), '{}')
  writeFileSync(at('README.md'), readFileSync(inRepository('keys/README.md')))
  for (const name of ['Prod', 'ecw/prod', 'old.key', 'ecw/older.key']) mkdirSync(at(name), { recursive: true })
  const { unread, warnings, sets } = await readKeyDirectory(dir)
  const said = (name: string) => unread.find(({ where }) => where.endsWith(`/${name}`))
  for (const [name, [, problem, hint]] of Object.entries(files)) t.match(said(name), { set: 'default', problem, hint }, name)
  t.match(said('Prod'), { set: 'prod', problem: /lower-case letters/, hint: /mv \S+Prod \S+prod/ })
  t.match(said('ecw/prod'), { set: 'ecw', problem: /no sets in it/, hint: /mv \S+ecw\/prod \S+\/ecw-prod$/ })
  t.match([said('old.key'), said('ecw/older.key')], [{ problem: /lower-case letters/ }, { problem: /no sets in it/ }], 'a directory is no key, whatever its name')
  t.equal(unread.length, Object.keys(files).length + 4)
  t.equal(warnings.length, unread.length)
  t.strictSame([...sets.keys()], ['ecw'])
})

t.test('names of sets: what a better one would be', async t => {
  const dir = t.testdir()
  for (const name of ['A b', '--', 'default']) mkdirSync(path.join(dir, name))
  const { unread } = await readKeyDirectory(dir)
  t.match(unread.map(({ set }) => set), ['NAME', 'a-b', 'default'])
})

t.test('a passphrase of its own beside a key comes before the common one', async t => {
  const dir = t.testdir()
  const encrypted = (passphrase: string): string => makePrivateKey('P-256').export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase }) as string
  write(path.join(dir, 'own.pem'), encrypted('its own'))
  write(path.join(dir, 'own.passphrase'), '\uFEFFits own\r\n')
  write(path.join(dir, 'common.pem'), encrypted('common'))
  const read = async () => await readKeyDirectory(dir, { passphrase: 'common' })
  t.equal((await read()).sets.get('default')!.length, 2)
  t.strictSame((await read()).faults, [])
  chmodSync(path.join(dir, 'own.passphrase'), 0o644)
  t.match((await read()).faults, [{ where: /own\.passphrase$/, problem: /the world can read it/ }])
  write(path.join(dir, 'own.passphrase'), '')
  writeFileSync(path.join(dir, 'own.passphrase'), Buffer.from('its own', 'utf16le'))
  t.match((await read()).faults, [{ where: /own\.passphrase$/, problem: /in UTF-16/, hint: /save it as UTF-8/ }])
})

t.test('a directory that every user can write is warned of', async t => {
  const dir = t.testdir()
  write(path.join(dir, 'ecw/k.pem'), ec)
  chmodSync(path.join(dir, 'ecw'), 0o777)
  t.match((await readKeyDirectory(dir)).warnings, [/ecw: every user can put keys here that vendors would trust \(mode 0777\); chmod 755/])
  chmodSync(path.join(dir, 'ecw'), 0o775)
  t.strictSame((await readKeyDirectory(dir)).warnings, [])
})

t.test('a set has at most 100 key files: above that none is read', async t => {
  const dir = t.testdir()
  for (let i = 0; i <= MAX_KEY_FILES; i++) write(path.join(dir, 'ecw', `${i}.pem`), ec)
  write(path.join(dir, 'other.pem'), ec)
  const { sets, faults } = await readKeyDirectory(dir)
  t.match(faults, [{ set: 'ecw', where: /ecw$/, problem: 'holds 101 key files; a set has at most 100', hint: /divide/ }])
  t.match([sets.get('ecw')!.length, sets.get('default')!.length], [0, 1])
  rmSync(path.join(dir, 'ecw', '0.pem'))
  t.equal((await readKeyDirectory(dir)).sets.get('ecw')!.length, MAX_KEY_FILES, 'negative control')
})
