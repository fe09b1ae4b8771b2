// Standard error is a pipe that nobody reads: a hung log collector does not stop the server.

import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { parseLines, spawnNode } from '../support/program.ts'

const FLOOD = fileURLToPath(new URL('../support/log-flood.ts', import.meta.url))
const LINES = 3000

t.test('lines are dropped and counted while nobody reads, and the count is logged later', async t => {
  const child = spawnNode(FLOOD, ['dropping', String(LINES)], { cwd: t.testdir() })
  const [said] = await once(child.stdout!, 'data') as [Buffer]
  const dropped = Number(said)
  t.ok(dropped > 0 && dropped < LINES, `${dropped} of ${LINES} lines dropped`)
  let stderr = ''
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { stderr += text })
  while (!stderr.includes('were dropped')) await once(child.stderr!, 'data')
  child.stdin!.end()
  await once(child, 'close')
  const log = parseLines(stderr)
  t.equal(log.filter(({ msg }) => msg === 'flood').length, LINES - dropped)
  t.match(log.filter(({ msg }) => msg !== 'flood'), [
    { level: 'warn', dropped, msg: 'log lines were dropped: standard error was not read' },
    { level: 'info', msg: 'last' }
  ])
})

t.test('control: a logger that waits for its reader stops the process', async t => {
  const child = spawnNode(FLOOD, ['waiting', String(LINES)], { cwd: t.testdir() })
  const said = once(child.stdout!, 'data').then(() => 'went on')
  t.equal(await Promise.race([said, sleep(1500, 'stands')]), 'stands')
  child.stderr!.resume()
  t.equal(await said, 'went on', 'it goes on when somebody reads')
  child.stdin!.end()
  await once(child, 'close')
})
