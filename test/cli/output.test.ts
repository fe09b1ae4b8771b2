// Standard output that goes away or is full ends a command without a stack trace.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { openSync } from 'node:fs'
import t from 'tap'
import { cleanEnvironment, LOADER, MAIN } from '../support/program.ts'

/** Runs `jwksd presets`, or other `args`, and closes the reading ends of some streams at once. */
async function run (stdout: 'pipe' | number, close: ReadonlyArray<'stdout' | 'stderr'>, args: readonly string[] = ['presets']) {
  const child = spawn(process.execPath, [LOADER, MAIN, ...args], { env: cleanEnvironment(), stdio: ['ignore', stdout, 'pipe'] })
  for (const stream of close) child[stream]!.destroy()
  let stderr = ''
  if (!close.includes('stderr')) child.stderr!.on('data', (text: Buffer) => { stderr += String(text) })
  const [code] = await once(child, 'close') as [number]
  return { code, stderr }
}

t.test('a reader that goes away, such as head, ends the command in silence', async t => {
  t.match(await run('pipe', ['stdout']), { code: 0, stderr: '' })
})

t.test('a full device is one error with its hint', async t => {
  t.match(await run(openSync('/dev/full', 'w'), []), { code: 1, stderr: /^error: standard output: cannot be written \(ENOSPC\)\nhint: write to a place that has room\n$/ })
})

t.test('standard error that nobody reads changes no exit code', async t => {
  t.match(await run('pipe', ['stderr'], ['nonsense']), { code: 2 })
})
