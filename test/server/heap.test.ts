// What V8 takes of the memory: the young generation grows once, when it may.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { inRepository, LOADER } from '../support/program.ts'

const HEAP = inRepository('src/server/heap.ts')
/** Makes garbage of which some survives, as requests do, in turns: V8 reports its collections between them. */
const WORK = `
  const kept = []
  for (let turn = 0; turn < 300; turn++) {
    for (let i = 0; i < 20_000; i++) kept[i % 5000] = { turn, i, text: [i, turn] }
    await new Promise(resolve => { setImmediate(resolve) })
  }
  const { getHeapSpaceStatistics } = await import('node:v8')
  console.log(getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 1024 / 1024)`

/** The size of both halves of the young generation after that work (MB). @param before what is done before */
async function sizeAfter (before: string): Promise<number> {
  const { stdout } = await promisify(execFile)(process.execPath, [LOADER, '--input-type=module', '-e', before + WORK])
  return Number(stdout)
}

t.test('the young generation stays small until it may grow, and grows once', async t => {
  const load = `const { letHeapGrow } = await import(${JSON.stringify(HEAP)});`
  const [first, grown, free] = await Promise.all([sizeAfter(load), sizeAfter(`${load} letHeapGrow();`), sizeAfter('')])
  t.ok(first <= 4, `${first} MB: 2, or what the loader of this test has let it grow to`)
  t.equal(grown, 8 * first)
  t.ok(free > first, `control: ${free} MB if V8 decides`)
})
