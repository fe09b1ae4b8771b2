// A finished file gets a name that is free, with hard links and without, and never in the place of another file. A failure
// is said as what it is.

import { execFile, spawnSync } from 'node:child_process'
import { chownSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { lacksHardLinks, takeName, takeNameWithoutLinks } from '../../src/keystore/take-name.ts'
import { privatePem } from '../support/keys.ts'
import { cleanEnvironment, inRepository, LOADER } from '../support/program.ts'

for (const take of [takeName, takeNameWithoutLinks]) {
  t.test(`${take.name}: a free name is taken with content and mode, another one is left alone`, async t => {
    const directory = t.testdir({ there: 'mine', directory: {} })
    const at = (name: string) => path.join(directory, name)
    writeFileSync(at('new'), 'key', { mode: 0o600 })
    t.equal(await take(at('new'), at('there')), false)
    t.equal(await take(at('new'), at('directory')), false)
    t.strictSame([readFileSync(at('there'), 'utf8'), readFileSync(at('new'), 'utf8')], ['mine', 'key'])
    t.equal(await take(at('new'), at('free')), true)
    t.strictSame([readFileSync(at('free'), 'utf8'), statSync(at('free')).mode & 0o777], ['key', 0o600])
    t.strictSame(readdirSync(directory), ['directory', 'free', 'there'])
  })

  t.test(`${take.name}: one of many who try at once gets the name`, async t => {
    const directory = t.testdir()
    const names = Array.from({ length: 20 }, (_, i) => path.join(directory, `${i}`))
    for (const name of names) writeFileSync(name, name)
    const taken = await Promise.all(names.map(async name => await take(name, path.join(directory, 'k.pem'))))
    t.equal(taken.filter(Boolean).length, 1)
    t.equal(readFileSync(path.join(directory, 'k.pem'), 'utf8'), names[taken.indexOf(true)])
    t.equal(readdirSync(directory).length, 20, 'those who did not get it keep their files')
  })

  t.test(`${take.name}: other failures are not taken for that, and leave nothing`, async t => {
    const directory = t.testdir({ new: 'key' })
    const at = (name: string) => path.join(directory, name)
    await t.rejects(take(at('new'), at('x'.repeat(300))), { code: 'ENAMETOOLONG' })
    await t.rejects(take(at('gone'), at('k.pem')), { code: 'ENOENT' })
    await t.rejects(take(at('new'), at('no/k.pem')), { code: 'ENOENT' })
    t.strictSame(readdirSync(directory), ['new'])
  })
}

t.test('which failures of link() mean that there are no hard links', async t => {
  for (const code of ['EPERM', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS']) t.ok(lacksHardLinks(code), code)
  for (const code of ['EEXIST', 'EXDEV', 'EACCES', 'ENOSPC', 'EROFS', 'EIO', 'ENOENT', undefined]) t.notOk(lacksHardLinks(code), code ?? 'none')
})

t.test('link() that fails with EPERM: it is tried without', async t => {
  // Directories have no hard links anywhere, and rename() does not put one in the place of a file.
  const directory = t.testdir({ new: {} })
  await t.rejects(takeName(path.join(directory, 'new'), path.join(directory, 'k.pem')), { syscall: 'rename', code: 'ENOTDIR' })
  t.strictSame(readdirSync(directory), ['new'], 'the empty file that had the name is gone')
})

/** Root without the capabilities to link or write files of others: it may give its new file away, and link() then fails with EPERM. */
const LINKLESS = ['--bounding-set=-fowner,-dac_override']
const canDrop = process.getuid!() === 0 && statSync(inRepository('.')).uid === 0 && // its child writes to caches there
  spawnSync('setpriv', [...LINKLESS, 'true']).status === 0 && readFileSync('/proc/sys/fs/protected_hardlinks', 'utf8').trim() === '1'

t.test('rotate where link() fails makes the successor', { skip: !canDrop && 'only root can give up what link() needs' }, async t => {
  const keys = mkdtempSync(path.join(tmpdir(), 'jwksd-'))
  t.teardown(() => { rmSync(keys, { recursive: true }) })
  const model = path.join(keys, 'a.pem')
  writeFileSync(model, privatePem('P-256'), { mode: 0o600 })
  chownSync(model, 65534, 65534)
  const child = [process.execPath, LOADER, inRepository('test/support/change-keys.ts'), 'rotate', keys]
  await promisify(execFile)('setpriv', [...LINKLESS, ...child], { cwd: keys, env: cleanEnvironment() })
  const made = statSync(path.join(keys, 'default-es256-2.pem'))
  t.strictSame([made.uid, made.mode & 0o777, made.nlink], [65534, 0o600, 1])
  t.strictSame(readdirSync(keys), ['a.pem', 'default-es256-2.pem'])
})
