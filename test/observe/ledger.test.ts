// The ledger across restarts: what was added is there again, a damaged file is set aside, and a disk that fails is reported.

import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Health } from '../../src/observe/health.ts'
import { Ledger, readLedger } from '../../src/observe/ledger.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { until } from '../support/until.ts'

const RECORD = { consumer: 'epic', set: 'ecw', first: 1, last: 2, count: 3, etag: '"a"', kids: new Map([['k', 1]]) }

async function open (t: Test, file = path.join(t.testdir(), 'ledger.json')) {
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const health = new Health(log, () => 7)
  const ledger = new Ledger({ ledger: { file } }, { clock: () => 7, health, log })
  await ledger.open()
  return { file, ledger, health, lines }
}

t.test('what was added is there after a restart, and counts go on', async t => {
  const { file, ledger } = await open(t)
  t.strictSame(ledger.fetches(), [])
  ledger.add([RECORD])
  ledger.add([{ ...RECORD, first: 4, last: 5 }])
  t.match(ledger.fetches(), [{ first: 1, last: 5, count: 6 }])
  await ledger.close()
  t.strictSame(await readLedger({ ledger: { file } }), ledger.fetches())
  const { ledger: next } = await open(t, file)
  t.strictSame(next.fetches(), ledger.fetches())
  await next.close()
  t.strictSame((await readdir(path.dirname(file))), ['ledger.json'], 'no temporary file stays')
})

t.test('a damaged file is set aside with a warning: gates wait', async t => {
  const file = path.join(t.testdir(), 'ledger.json')
  await writeFile(file, '{"version":1,"fetches":[{"cons')
  const { ledger, lines } = await open(t, file)
  t.strictSame(ledger.fetches(), [])
  t.match(lines.map(line => JSON.parse(line) as object), [{ level: 'warn', where: file, problem: /damaged/, aside: `${file}.damaged-7`, msg: /gates wait/ }])
  t.equal(await readFile(`${file}.damaged-7`, 'utf8'), '{"version":1,"fetches":[{"cons')
  ledger.add([RECORD])
  await ledger.close()
  t.equal((await readLedger({ ledger: { file } })).length, 1)
})

t.test('a directory in its place is not moved; that nothing can be written is reported until it can', async t => {
  const file = path.join(t.testdir(), 'ledger.json')
  await mkdir(file)
  const { ledger, health, lines } = await open(t, file)
  ledger.add([RECORD])
  await until(() => health.failure('ledger'))
  ledger.add([])
  await ledger.close()
  t.match(health.failure('ledger'), { since: 7, faults: [{ where: file, problem: /cannot be written \(E\w+\)/ }] })
  t.equal(lines.length, 2, 'a warning and one error')
  t.equal(ledger.fetches().length, 1, 'it is still known')
  t.strictSame(await readdir(path.dirname(file)), ['ledger.json'], 'what was tried again and again has left nothing')
  await rm(file, { recursive: true })
  ledger.add([])
  await ledger.close()
  t.equal(health.failure('ledger'), undefined)
  t.equal((await readLedger({ ledger: { file } })).length, 1, 'without another fetch')
})

t.test('a leftover that cannot be removed is no reason not to serve', async t => {
  const file = path.join(t.testdir({ '.ledger.json.1.tmp': { below: '' } }), 'ledger.json')
  const { ledger, lines } = await open(t, file)
  ledger.add([RECORD])
  await ledger.close()
  t.strictSame(lines, [])
  t.equal((await readLedger({ ledger: { file } })).length, 1)
})
