// The watch on directories: which changes it tells, and that a directory which cannot be watched hurts nobody.

import { mkdir, rename, rm, symlink, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { watchDirectories } from '../../src/state/watch.ts'
import { until } from '../support/until.ts'

t.test('reports the names that matter', async t => {
  const directory = t.testdir({ some: {}, all: {} })
  const at = (name: string): string => path.join(directory, name)
  let changes = 0
  const end = watchDirectories(new Map<string, Set<string> | 'all'>([
    [at('some'), new Set(['cert.pem'])], [at('all'), 'all'], [at('none'), 'all']
  ]), () => { changes++ })
  t.teardown(end)
  const noticed = async (change: () => Promise<unknown>): Promise<void> => {
    changes = 0
    await change()
    await until(() => changes)
    await sleep(50)
  }
  await noticed(async () => await writeFile(at('some/cert.pem'), 'x'))
  await noticed(async () => await rename(at('some/cert.pem'), at('some/old')))
  await noticed(async () => await symlink('version-1', at('some/..data')))
  await noticed(async () => await mkdir(at('all/new-set')))
  await noticed(async () => await writeFile(at('all/anything'), 'x'))
  changes = 0
  await writeFile(at('some/audit.jsonl'), 'x')
  await sleep(200)
  t.equal(changes, 0, 'a log beside the certificate is no change')
  await noticed(async () => await rm(at('all'), { recursive: true }))
  end()
  changes = 0
  await writeFile(at('some/cert.pem'), 'x')
  await sleep(200)
  t.equal(changes, 0, 'nothing after the end')
})
