// What a poll takes for a change without reading anything.

import { chmod, mkdir, rename, symlink, unlink, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { looksTheSame, readStamps } from '../../src/state/stamps.ts'

t.test('what has not changed looks the same, once its dates are old enough to show the next change', async t => {
  const directory = t.testdir({ 'a.pem': 'AAAA' })
  const file = path.join(directory, 'a.pem')
  const fresh = await readStamps([file])
  t.notOk(await looksTheSame(fresh), 'it changed so recently that another change might not show')
  await sleep(2100) // the dates of a file system cannot be set
  const stamps = await readStamps([file, path.join(directory, 'gone.pem')])
  t.ok(await looksTheSame(stamps))
  t.notOk(await looksTheSame(fresh))
  for (const change of [
    async () => await writeFile(file, 'AAAB'),
    async () => await chmod(file, 0o640),
    async () => await utimes(file, 1, 1),
    async () => await writeFile(path.join(directory, 'gone.pem'), 'there')
  ]) {
    await change()
    t.notOk(await looksTheSame(stamps), change.toString())
  }
})

t.test('a directory shows names that come, go and point elsewhere', async t => {
  const directory = t.testdir({ old: { 'a.pem': 'AAAA' }, new: { 'a.pem': 'AAAA' } })
  const at = (name: string): string => path.join(directory, name)
  await symlink('old', at('current'))
  await sleep(2100)
  const stamps = await readStamps([at('current')])
  t.ok(await looksTheSame(stamps))
  await symlink('new', at('next'))
  await rename(at('next'), at('current'))
  t.notOk(await looksTheSame(stamps), 'a link to another directory with the same files')
  const inside = await readStamps([at('old')])
  t.ok(await looksTheSame(inside))
  await mkdir(at('old/set'))
  t.notOk(await looksTheSame(inside))
  await unlink(at('current'))
  t.notOk(await looksTheSame(stamps))
})
