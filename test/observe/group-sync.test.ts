// One sync for many who wait, each of whom is served by a sync that began after its call.

import t from 'tap'
import { GroupSync } from '../../src/observe/group-sync.ts'

t.test('who comes while a sync runs shares the next one, also when the running one fails', async t => {
  const ends: Array<(error?: Error) => void> = []
  const sync = new GroupSync(async () => {
    await new Promise<void>((resolve, reject) => { ends.push(error => error ? reject(error) : resolve()) })
  })
  const first = t.rejects(sync.done(), { message: 'full' })
  const [second, third] = [sync.done(), sync.done()]
  t.equal(ends.length, 1)
  ends[0]!(new Error('full'))
  await first
  await new Promise(resolve => { setImmediate(resolve) })
  t.equal(ends.length, 2, 'one for both')
  ends[1]!()
  await Promise.all([second, third])
})
