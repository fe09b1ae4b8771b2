// What V8 takes of the memory: the young generation grows once, when it may, and again when V8 has made it small.

import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import t from 'tap'
import { inRepository, LOADER } from '../support/program.ts'

const HEAP = inRepository('src/server/heap.ts')
const LOAD = `
  const { getHeapSpaceStatistics, setFlagsFromString } = await import('node:v8')
  const { setTimeout: sleep } = await import('node:timers/promises')
  const { letHeapGrow } = await import(${JSON.stringify(HEAP)})
  const size = () => getHeapSpaceStatistics().find(({ space_name: name }) => name === 'new_space').space_size / 1024 / 1024;`
/** Makes garbage of which some survives, as requests do, in turns: V8 reports its collections between them. */
const WORK = `
  {
    const kept = []
    for (let turn = 0; turn < 300; turn++) {
      for (let i = 0; i < 20_000; i++) kept[i % 5000] = { turn, i, text: [i, turn] }
      await new Promise(resolve => { setImmediate(resolve) })
    }
    console.log(size())
  }`
/** V8 makes the young generation small again when little was allocated in the last seconds. */
const REST = `
  for (let second = 0; second < 20 && size() > 2; second++) {
    await sleep(1000)
    gc()
  }
  console.log(size());`

/** The sizes of both halves of the young generation that the program prints (MB). */
async function sizes (program: string): Promise<number[]> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--expose-gc', LOADER, '--input-type=module', '-e', program])
  return stdout.trim().split('\n').map(Number)
}

t.test('the young generation stays small until it may grow, and grows once', async t => {
  const [[first], [grown], [free]] = await Promise.all([
    sizes(LOAD + WORK), sizes(`${LOAD} letHeapGrow();` + WORK), sizes(LOAD + "setFlagsFromString('--semi-space-growth-factor=8');" + WORK)
  ]) as [[number], [number], [number]]
  t.ok(first <= 4, `${first} MB: 2, or what the loader of this test has let it grow to`)
  t.ok(grown >= 16 && grown <= 8 * first, `${grown} MB`)
  t.ok(free > first, `control: ${free} MB if V8 decides`)
})

t.test('what V8 makes small at rest may grow again', async t => {
  const once = "setFlagsFromString('--semi-space-growth-factor=8');" + WORK + "setFlagsFromString('--semi-space-growth-factor=1');"
  const [[, rested, again], [, , never]] = await Promise.all([
    sizes(`${LOAD} letHeapGrow();` + WORK + REST + WORK), sizes(LOAD + once + REST + WORK)
  ]) as [[number, number, number], [number, number, number]]
  t.ok(rested <= 2, `${rested} MB`)
  t.ok(again >= 16, `${again} MB`)
  t.ok(never < again, `control: ${never} MB if it may grow only once`)
})
