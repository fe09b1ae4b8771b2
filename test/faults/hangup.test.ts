// SIGHUP is harmless from the first moment in which the program runs; many are few
// looks at the files.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { cleanEnvironment, LOADER, MAIN, parseLines } from '../support/program.ts'
import { until } from '../support/until.ts'

const SIGNALS = 1000

/** True once the process catches SIGHUP: before, the kernel ends it and no program could do anything about it. */
function catchesHangup (pid: number): boolean {
  const [, caught = '0'] = /^SigCgt:\t([0-9a-f]+)$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8')) ?? []
  return (BigInt('0x' + caught) & 1n) === 1n
}

t.test(`${SIGNALS} SIGHUPs from the start on leave the process alive`, async t => {
  const { directory, file } = await deploy(t)
  // Without tap's record of processes, which tap puts into NODE_OPTIONS: it catches SIGHUP before the program does, and
  // then ends the process by it. env becomes node: the process is the same.
  const serve = [process.execPath, LOADER, MAIN, 'serve', '--config', file]
  const child = spawn('env', ['-u', 'NODE_OPTIONS', ...serve], { cwd: directory, env: cleanEnvironment() })
  const ended = once(child, 'close')
  let [stderr, stdout] = ['', '']
  child.stderr!.on('data', (text: Buffer) => { stderr += String(text) })
  child.stdout!.on('data', (text: Buffer) => { stdout += String(text) })
  t.teardown(async () => {
    child.kill('SIGKILL')
    await ended
  })
  const began = performance.now()
  while (!catchesHangup(child.pid!)) await sleep(1)
  const heard = performance.now() - began
  const isOver = (): boolean => child.exitCode !== null || child.signalCode !== null
  const looks = (): number => parseLines(stderr).filter(({ msg }) => msg === 'nothing has changed' || msg === 'reloaded').length
  let early = 0
  for (let sent = 1; sent < SIGNALS; sent++) {
    if (sent === SIGNALS / 2) await until(() => stdout !== '' || isOver())
    child.kill('SIGHUP')
    if (stdout === '') early++
    await sleep(3)
  }
  const before = looks()
  child.kill('SIGHUP')
  await until(() => looks() > before || isOver())
  t.comment(`heard after ${Math.round(heard)} ms; ${early} of ${SIGNALS} before it listened; ${looks()} looks at the files`)
  t.same([child.exitCode, child.signalCode], [null, null], 'alive')
  t.ok(early > 10, 'control: it was caught long before there was a server')
  t.ok(looks() <= 20, 'few reloads')
  child.kill('SIGTERM')
  t.same(await ended, [0, null], 'and it still ends in order')
})
