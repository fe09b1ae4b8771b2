// What a poll sees, and the places that a watch looks at.

import { execFileSync } from 'node:child_process'
import { chmod, mkdir, rename, symlink, truncate, unlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { listPlaces, readFingerprint } from '../../src/state/fingerprint.ts'
import { readAny } from '../../src/keystore/files.ts'

t.test('every change that matters changes the fingerprint, and nothing else does', async t => {
  const directory = t.testdir({ 'jwksd.yaml': 'url: x', keys: { 'a.pem': 'AAAA', 'notes.txt': 'x', ecw: { 'b.pem': 'BBBB' } } })
  const at = (name: string): string => path.join(directory, name)
  const sources = { files: [at('jwksd.yaml'), at('gone.pem')], keys: at('keys') }
  let last = await readFingerprint(sources)
  const differs = async (): Promise<boolean> => {
    const before = last
    last = await readFingerprint(sources)
    return before !== last
  }
  t.notOk(await differs(), 'the same twice')
  await utimes(at('keys/a.pem'), 1, 1)
  t.notOk(await differs(), 'dates are not content')
  await writeFile(at('keys/notes.txt'), 'y')
  t.notOk(await differs(), 'not a key file')
  await writeFile(at('keys/a.pem'), 'AAAB')
  t.ok(await differs(), 'same size, other content')
  await chmod(at('keys/a.pem'), 0o640)
  t.ok(await differs(), 'mode')
  await writeFile(at('keys/ecw/b.crt'), 'CCCC')
  t.ok(await differs(), 'a certificate beside a key')
  await writeFile(at('keys/ecw/b.crt'), 'CCCD')
  t.ok(await differs(), 'the content of that certificate')
  await rename(at('keys/ecw/b.pem'), at('keys/ecw/c.pem'))
  t.ok(await differs(), 'name')
  await writeFile(at('jwksd.yaml'), 'url: y')
  t.ok(await differs(), 'configuration')
  await mkdir(at('keys/cdata'))
  t.ok(await differs(), 'a new set')
  await truncate(at('keys/a.pem'), 2 ** 30)
  t.ok(await differs(), 'a sparse file of 1 GiB')
  await unlink(at('keys/a.pem'))
  execFileSync('mkfifo', [at('keys/a.pem')])
  t.ok(await differs(), 'a FIFO, without waiting at it')
  await unlink(at('keys/a.pem'))
  await symlink('a.pem', at('keys/a.pem'))
  t.ok(await differs(), 'a symbolic link to itself')
  await rename(at('keys'), at('elsewhere'))
  t.ok(await differs(), 'no key directory')
  t.notOk(await differs(), 'and still none')
})

t.test('a file that is none is not read', async t => {
  const directory = t.testdir()
  execFileSync('mkfifo', [path.join(directory, 'fifo')])
  await t.rejects(readAny(path.join(directory, 'fifo')), { code: 'not a file' })
  await t.rejects(readAny(path.join(directory, 'gone')), { code: 'ENOENT' })
})

t.test('directories are watched: for files by name, key directories whole', async t => {
  const directory = t.testdir({ tls: {}, keys: { ecw: {}, '..data': { 'a.pem': '' }, 'Bad Name': {}, 'not-a-set': '' } })
  const at = (name: string): string => path.join(directory, name)
  const files = [at('jwksd.yaml'), at('tls/cert.pem'), at('tls/key.pem')]
  const places = await listPlaces({ files, keys: at('keys') })
  t.same(places.watched, new Map<string, unknown>([
    [directory, new Set(['jwksd.yaml'])],
    [at('tls'), new Set(['cert.pem', 'key.pem'])],
    [at('keys'), 'all'],
    [at('keys/Bad Name'), 'all'],
    [at('keys/ecw'), 'all']
  ]))
  t.same([...places.paths], [...files, at('keys'), at('keys/Bad Name'), at('keys/ecw'), at('keys/..data/a.pem')])
  const gone = await listPlaces({ files: [at('keys/tls.pem')], keys: at('keys-gone') })
  t.same(gone.watched, new Map<string, unknown>([[at('keys'), new Set(['tls.pem'])], [at('keys-gone'), 'all']]))
  t.same([...gone.paths], [at('keys/tls.pem'), at('keys-gone')])
})
