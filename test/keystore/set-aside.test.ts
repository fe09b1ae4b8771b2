// What was set aside comes back where its name is free, and what killed processes left is found, whatever another process
// does at the same time.

import { existsSync, readdirSync, rmSync, utimesSync } from 'node:fs'
import path from 'node:path'
import { setImmediate as turn } from 'node:timers/promises'
import t from 'tap'
import { explainErrors } from '../../src/keystore/rotate.ts'
import { listSweepable, putBack } from '../../src/keystore/set-aside.ts'
import { faultsOf } from '../support/faults.ts'

const NOW = 1000

t.test('what was set aside comes back, but never over another key', async t => {
  const directory = t.testdir({ '.a.pem.2000.removed': 'a', '.b.pem.2000.removed': 'old', 'b.pem': 'new', '.c.pem.999.removed': 'c' })
  t.strictSame(await putBack(directory, NOW), [path.join(directory, 'a.pem')])
  t.strictSame(readdirSync(directory), ['.b.pem.2000.removed', '.c.pem.999.removed', 'a.pem', 'b.pem'])
})

t.test('another failure is not taken for a name that is not free', async t => {
  const directory = t.testdir({ '.a.pem.2000.removed': {} })
  t.match(await faultsOf(async () => await explainErrors(directory, async () => await putBack(directory, NOW))),
    [{ where: path.join(directory, '.a.pem.2000.removed'), problem: 'cannot be changed (ENOTDIR)' }])
  t.strictSame(readdirSync(directory), ['.a.pem.2000.removed'])
})

t.test('another process is faster', async t => {
  const names = Array.from({ length: 200 }, (_, i) => `k${i}.pem`)
  const directory = t.testdir(Object.fromEntries(names.map(name => [`.${name}.2000.removed`, name])))
  const work = putBack(directory, NOW)
  const isBack = (name: string) => existsSync(path.join(directory, name))
  while (!names.some(isBack)) await turn()
  for (const name of names.filter(name => !isBack(name))) rmSync(path.join(directory, `.${name}.2000.removed`), { force: true })
  const restored = await work
  t.ok(restored.length > 0 && restored.length < names.length, `${restored.length} were there still`)
  t.strictSame(readdirSync(directory).sort(), restored.map(file => path.basename(file)).sort())
})

t.test('leftovers of keys and of their passphrases are swept when they are old', async t => {
  const old = ['.a.pem.0f-1.tmp', '.a.passphrase.0f-1.tmp', '.a.pem.destroyed']
  const others = ['a.pem', 'a.passphrase', '.a.txt.0f-1.tmp', 'b.pem.0f-1.tmp', '.due']
  const directory = t.testdir(Object.fromEntries([...old, ...others, '.b.passphrase.0f-1.tmp'].map(name => [name, ''])))
  for (const name of [...old, ...others]) utimesSync(path.join(directory, name), 0, 0)
  utimesSync(path.join(directory, '.b.passphrase.0f-1.tmp'), NOW, NOW)
  t.strictSame((await listSweepable(directory, 60, NOW)).sort(), old.map(name => path.join(directory, name)).sort())
})
