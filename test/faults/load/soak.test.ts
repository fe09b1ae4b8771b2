// Soak: signing, fetching, verifying, rotations, reloads, and configurations that change, for 20 seconds. No verification
// fails, and open files do not grow in number. How memory grows is printed. JWKSD_LONG=1: for 20 minutes.

import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import t from 'tap'
import { rotateOnce, startRotationLoad, sum } from '../../support/start-rotation-load.ts'

const MINUTES = process.env.JWKSD_LONG ? 20 : 1 / 3
/** Seconds. Twice what the rules need: this is not about a machine that is too slow for them. */
const LEAD = 12

/** What a process holds: open files, and resident memory in MB. */
function look (pid: number): { files: number, memory: number } {
  const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))![1]
  return { files: readdirSync(`/proc/${pid}/fd`).length, memory: Number(resident) / 1024 }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[values.length >> 1]!

/** Least squares: by how much values that are taken each second grow in a minute. */
function slope (values: readonly number[]): number {
  const [x, y] = [(values.length - 1) / 2, values.reduce((sum, value) => sum + value, 0) / values.length]
  const [above, below] = values.reduce(([a, b], value, i) => [a + (i - x) * (value - y), b + (i - x) ** 2], [0, 0])
  return above / below * 60
}

t.test('signs, verifies, rotates and reloads', { timeout: MINUTES * 60_000 + 120_000 }, async t => {
  const { deployment, server, begin, end } = await startRotationLoad(t, { perSecond: 8, lead: LEAD })
  const { pid } = server.child as { pid: number }
  begin('soak')
  const files: number[] = []
  const memory: number[] = []
  const sampling = setInterval(() => {
    const seen = look(pid)
    files.push(seen.files)
    memory.push(seen.memory)
    if (files.length % 4 === 0) server.child.kill('SIGHUP')
    else if (files.length % 4 === 2) writeFileSync(deployment.file, `${readFileSync(deployment.file, 'utf8').trimEnd()}\n# ${files.length}\n`)
  }, 1000)
  t.teardown(() => clearInterval(sampling))
  const over = performance.now() + MINUTES * 60_000
  let rotations = 0
  for (; performance.now() < over; rotations++) await rotateOnce(deployment.directory)
  clearInterval(sampling)
  const { soak } = await end()

  t.strictSame([soak!.unsigned, soak!.failed, soak!.reasons], [[], {}, []], 'every token is signed and verified')
  t.ok(soak!.signed > 0 && rotations > 0)
  const reloads = server.log().filter(({ msg }) => msg === 'reloaded').length
  t.ok(reloads >= rotations)
  t.strictSame(server.log().filter(({ level }) => level === 'error'), [])
  t.comment(`${soak!.signed} tokens, ${sum(soak!.verified)} verifications, 0 failed; ${rotations} rotations, ${reloads} reloads`)
  const third = Math.floor(files.length / 3)
  const [first, last] = [median(files.slice(0, third)), median(files.slice(-third))]
  t.comment(`open files: ${first} at first, ${last} at last; memory: ${memory[0]!.toFixed(0)} MB at first, ${memory.at(-1)!.toFixed(0)} MB at last, ` +
    `${slope(memory).toFixed(2)} MB more each minute, ${slope(memory.slice(-third)).toFixed(2)} in the last third`)
  t.ok(last <= first + 10, 'open files do not grow in number')
})
