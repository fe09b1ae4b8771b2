// Files are written whole or not at all, with the mode that they need, and a key is never overwritten. What fails leaves
// nothing behind.

import { spawnSync } from 'node:child_process'
import { chownSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { finalPath, readSmallFile, writeFileSafely, writeNewFiles } from '../../src/keystore/files.ts'
import { makeKeyDirectory, modeIn, ownerOf } from '../../src/keystore/owner.ts'
import { generateKeyFile } from '../../src/keystore/generate.ts'
import { toKey } from '../../src/core/keys/key.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { ALGS } from '../../src/core/keys/alg.ts'
import { faultsOf } from '../support/faults.ts'
import { inRepository, LOADER } from '../support/program.ts'

const modeOf = (file: string) => statSync(file).mode & 0o777

t.test('a written file is there whole with its mode, and nothing beside it', async t => {
  const dir = t.testdir()
  const file = path.join(dir, 'new', 'k.pem')
  await writeFileSafely(file, 'first', 0o600)
  t.strictSame(await readSmallFile(file), { text: 'first', mode: 0o600 })
  t.equal(modeOf(path.join(dir, 'new')), 0o700)
  await writeFileSafely(file, 'second', 0o640)
  t.strictSame(await readSmallFile(file), { text: 'second', mode: 0o640 })
  t.strictSame(readdirSync(path.join(dir, 'new')), ['k.pem'])
})

t.test('a failure without a name of its own is reported by its code', async t => {
  t.match(await faultsOf(() => readSmallFile('x'.repeat(300), 'long.pem')), [{ where: 'long.pem', problem: /cannot be read \(ENAMETOOLONG\)/ }])
})

t.test('several new files: all or none', async t => {
  const dir = t.testdir({ old: 'mine' })
  const at = (name: string) => ({ file: path.join(dir, name), text: name, mode: 0o600 })
  t.match(await faultsOf(() => writeNewFiles([at('a'), at('old')])), [{ where: path.join(dir, 'old'), problem: 'is there already' }])
  await t.rejects(writeNewFiles([at('a'), at('old/b')]), { code: /EEXIST|ENOTDIR/ })
  t.strictSame(readdirSync(dir), ['old'])
  const takeBack = await writeNewFiles([at('a'), at('b')])
  t.strictSame(readdirSync(dir), ['a', 'b', 'old'])
  await takeBack()
  t.strictSame(readdirSync(dir), ['old'])
})

t.test('exclusive: what is there stays as it is', async t => {
  const file = path.join(t.testdir(), 'k.pem')
  await writeFileSafely(file, 'first', 0o600, true)
  t.match(await faultsOf(() => writeFileSafely(file, 'second', 0o600, true)), [{ where: file, problem: /there already/, hint: /never overwrites/ }])
  t.equal(readFileSync(file, 'utf8'), 'first')
  t.strictSame(readdirSync(path.dirname(file)), ['k.pem'], 'no temporary file is left')
})

t.test('a write that fails leaves the old file', async t => {
  const file = path.join(t.testdir({ 'k.pem': 'old' }), 'k.pem')
  await t.rejects(writeFileSafely(path.join(file, 'below'), 'x', 0o600))
  t.equal(readFileSync(file, 'utf8'), 'old')
})

t.test('a write that fails leaves no temporary file, and says why it failed', async t => {
  const dir = t.testdir({ 'ledger.json': {} })
  const file = path.join(dir, 'ledger.json')
  for (let second = 0; second < 3; second++) await t.rejects(writeFileSafely(file, 'x', 0o640), { syscall: 'rename', code: /EISDIR|EEXIST/ })
  t.match(await faultsOf(() => writeFileSafely(file, 'x', 0o600, true)), [{ where: file, problem: 'is there already' }], 'a directory has the name')
  // Refused for everybody, root too, once the temporary file is open.
  await t.rejects(writeFileSafely(path.join(dir, 'k.pem'), 'x', 0o600, true, { uid: 0.5, gid: 0 }), { code: 'ERR_OUT_OF_RANGE' })
  t.strictSame(readdirSync(dir), ['ledger.json'])
  t.strictSame(readdirSync(file), [])
})

t.test('a file that has no room leaves no part of it', async t => {
  const dir = t.testdir()
  const write = (name: string, bytes: number) => {
    const code = `import { writeFileSafely } from '${inRepository('src/keystore/files.ts')}'
      await writeFileSafely('${path.join(dir, name)}', 'k'.repeat(${bytes}), 0o600, true)`
    // Without any environment: what tap or V8 would record of that process has no room either.
    return spawnSync('sh', ['-c', 'ulimit -f 8; exec env -i "$0" "$@"', process.execPath, LOADER, '--input-type=module', '-e', code], { encoding: 'utf8' })
  }
  const { status, stderr } = write('large.pem', 64 * 1024)
  t.match([status, stderr], [1, /EFBIG: file too large, write/])
  t.strictSame(readdirSync(dir), [])
  t.equal(write('small.pem', 1024).status, 0, 'control: what has room is written')
  t.strictSame(readdirSync(dir), ['small.pem'])
})

t.test('a made key is for its alg, of mode 0600, and named by set and date', async t => {
  const directory = t.testdir()
  const now = Date.UTC(2026, 10, 23, 12) / 1000
  for (const alg of ALGS.filter(alg => !/RS512|PS/.test(alg))) {
    const file = await generateKeyFile({ directory, set: alg.toLowerCase(), alg, bits: 2048, now, notes: { alg, activates: now } })
    const { text, mode } = await readSmallFile(file)
    t.equal(path.basename(file), `${alg.toLowerCase()}-2026-11-23.pem`)
    t.equal(mode, 0o600)
    t.match(toKey(parseKey(file, text), 'pem-sha256'), { alg, activates: now, privateKey: Object })
  }
  t.match(await faultsOf(() => generateKeyFile({ directory, set: 'es256', alg: 'ES256', bits: 2048, now })), [{ problem: /there already/ }])
  const plain = await generateKeyFile({ directory, set: 'plain', alg: 'EdDSA', bits: 2048, now })
  t.ok(existsSync(plain) && readFileSync(plain, 'utf8').startsWith('-----BEGIN PRIVATE KEY-----'))
})

t.test('a sandbox that forbids chown stops no file whose owner is right already', t => {
  const dir = t.testdir()
  const permission = process.allowedNodeEnvironmentFlags.has('--permission') ? '--permission' : '--experimental-permission'
  const sandbox = [permission, '--allow-fs-read=*', '--allow-fs-write=*', '--allow-worker', '--no-warnings'] // fchown(2) is not in Node's permission model
  const script = `import { writeFileSafely } from '${inRepository('src/keystore/files.ts')}'
    const [uid, gid] = process.argv.slice(1).map(Number)
    await writeFileSafely('${dir}/k.pem', 'key', 0o600, false, { uid, gid })`
  const write = (uid: number) =>
    spawnSync('env', ['-u', 'NODE_OPTIONS', process.execPath, ...sandbox, LOADER, '--input-type=module', '--eval', script, String(uid), String(process.getgid!())],
      { encoding: 'utf8' })
  t.match(write(process.getuid!()), { status: 0, stderr: '' })
  t.strictSame(readdirSync(dir), ['k.pem'])
  t.match(write(65534), { status: 1, stderr: /fchown API is disabled/ }, 'control: the sandbox forbids it')
  t.end()
})

t.test('where root keeps a directory for one group, that group reads what is written there, and nobody else does', t => {
  const group = { uid: 0, gid: 998, mode: 0o40750 }
  t.equal(modeIn(group, 0o600), 0o640)
  t.equal(modeIn({ ...group, mode: 0o40770 }, 0o700), 0o750, 'also where the server rotates keys itself')
  const others = { 'owned by the server': { uid: 998 }, 'the group of root': { gid: 0 }, 'open to all': { mode: 0o755 }, closed: { mode: 0o700 } }
  for (const [name, change] of Object.entries(others)) t.equal(modeIn({ ...group, ...change }, 0o600), 0o600, name)
  t.equal(modeIn(undefined, 0o600), 0o600, 'made by another user than root')
  t.end()
})

t.test('a fault names the file that was to be written, not the temporary one', t => {
  t.equal(finalPath('keys/.a.pem.b0450c2e-0a4f-4f55-9d0e-1f3a2b4c5d6e.tmp'), 'keys/a.pem')
  t.equal(finalPath('keys/a.pem'), 'keys/a.pem')
  t.end()
})

t.test('what root makes belongs to the owner of what was there; a mode holds whatever the umask', async t => {
  const dir = t.testdir()
  const isRoot = process.geteuid!() === 0
  const other = isRoot ? 65534 : process.geteuid!()
  chownSync(dir, other, process.getegid!())
  await makeKeyDirectory(path.join(dir, 'a', 'b'), 0)
  t.strictSame([dir, path.join(dir, 'a'), path.join(dir, 'a', 'b')].map(one => statSync(one).uid), [other, other, other])
  await makeKeyDirectory(path.join(dir, 'a', 'b'), 0)
  await makeKeyDirectory(path.join(dir, 'c'), 1000)
  t.equal(statSync(path.join(dir, 'c')).uid, process.geteuid!(), 'another user gives nothing away')
  t.match(await ownerOf(dir, 0), { uid: other })
  t.equal(await ownerOf(dir, 1000), undefined)
  const file = path.join(dir, 'given')
  const given = await writeFileSafely(file, 'x', 0o600, false, { uid: 65534, gid: process.getegid!() }).then(() => statSync(file).uid, error => error.code)
  t.equal(given, isRoot ? 65534 : 'EPERM')
  const umask = process.umask(0o077)
  await writeFileSafely(path.join(dir, 'k.pem'), 'key', 0o640).finally(() => { process.umask(umask) })
  t.equal(modeOf(path.join(dir, 'k.pem')), 0o640)
})
