// jwksd report: counts per day, client, profile and key out of files that were rotated.

import { appendFileSync, readFileSync, renameSync, unlinkSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { reportCommand } from '../../src/cli/report.ts'
import { Audit } from '../../src/observe/audit.ts'
import { type CommandResult, runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'

const DAY = 86_400
/** 2026-11-22T20:40:00Z. */
const FIRST = 1_795_380_000
const report = async (...args: string[]): Promise<CommandResult> => await runCommand(reportCommand, args, { now: FIRST + 2 * DAY })

const granted = (client: string, profile: string, kid: string): object => ({ event: 'granted', client, profile, kid })
const RECORDS: ReadonlyArray<[day: number, entry: object]> = [
  [0, granted('billing', 'ecw', 'k1')],
  [0, granted('billing', 'ecw', 'k1')],
  [0, { event: 'refused', client: 'billing', profile: '=cmd()' }],
  [0, { event: 'refusals', address: '10.0.0.9', code: 'ERR_UNAUTHENTICATED', count: 41 }],
  [0, { event: 'working' }],
  [1, granted('lab', 'other', 'k,"2')],
  [1, { event: 'refused', client: 'billing', profile: 'ecw' }],
  [2, granted('billing', 'ecw', 'k3')]
]

/** The records in `audit.jsonl-20261122.gz`, `audit.jsonl.1` and `audit.jsonl`. */
async function makeLog (t: Test, file: string): Promise<void> {
  let now = FIRST
  const audit = new Audit(file, { clock: () => now })
  t.teardown(() => { audit.close() })
  for (const [day, entry] of RECORDS) {
    if (FIRST + day * DAY > now) renameSync(file, `${file}.${2 - day}`)
    now = FIRST + day * DAY
    await audit.record(entry)
  }
  writeFileSync(`${file}-20261122.gz`, gzipSync(readFileSync(`${file}.1`)))
  renameSync(`${file}.0`, `${file}.1`)
  writeFileSync(`${file}.note`, 'not of the log')
}

t.test('counts as table, CSV and JSON, of the files that the configuration names', async t => {
  const { file, audit } = await deploy(t)
  t.match((await report('--from', '2026-11-22', '--config', file)).faults, [{ where: audit, problem: 'is not there yet' }])
  await makeLog(t, audit)
  const { code, stdout, stderr } = await report('--from', '2026-11-22', '--config', file)
  t.strictSame([code, stderr], [0, ''])
  t.equal(stdout, `day         client   profile  kid   granted  refused
2026-11-22  -        -        -     0        41
2026-11-22  billing  -        -     0        1
2026-11-22  billing  ecw      k1    2        0
2026-11-23  billing  ecw      -     0        1
2026-11-23  lab      other    k,"2  1        0
2026-11-24  billing  ecw      k3    1        0
total                               4        43
`)
  t.equal((await report('--from', '2026-11-23', '--to', '2026-11-24', '--csv', '--config', file)).stdout,
    'day,client,profile,kid,granted,refused\r\n2026-11-23,billing,ecw,,0,1\r\n2026-11-23,lab,other,"k,""2",1,0\r\n')
  const only = await report('--from', '2026-11-22', '--client', 'billing', '--profile', 'ecw', '--json', '--config', file)
  t.strictSame(JSON.parse(only.stdout), {
    from: '2026-11-22T00:00:00Z',
    to: '2026-11-24T20:40:01Z',
    rows: [
      { day: '2026-11-22', client: 'billing', profile: 'ecw', kid: 'k1', granted: 2, refused: 0 },
      { day: '2026-11-23', client: 'billing', profile: 'ecw', kid: '', granted: 0, refused: 1 },
      { day: '2026-11-24', client: 'billing', profile: 'ecw', kid: 'k3', granted: 1, refused: 0 }
    ]
  })
})

t.test('named files; lines that are not as they were written are left out with a warning', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  await makeLog(t, file)
  const newest = file
  appendFileSync(newest, '{"log":"torn\n')
  t.match(await report('--from', '2026-11-22', newest), { stdout: /total +1 +0\n/, stderr: 'warning: 1 line was left out: jwksd verify-audit says what is wrong\n' })
  writeFileSync(newest, readFileSync(newest, 'utf8').replace('k3', 'k4'))
  t.match(await report('--from', '2026-11-22', newest), { stdout: /total +0 +0\n/, stderr: /2 lines were left out/ })
  unlinkSync(newest)
  t.match((await report('--from', '2026-11-22', newest)).faults, [{ where: newest, problem: 'cannot be read (ENOENT)' }])
})

t.test('usage, and a configuration whose log is no file', async t => {
  t.equal((await report()).code, 2, '--from is needed')
  t.match(await report('--from', 'yesterday'), { code: 2, stderr: /is not a date such as/ })
  t.equal((await report('--from', '2026-11-22', '--csv', '--json')).code, 2)
  const { file } = await deploy(t, { config: { audit: undefined } })
  t.match((await report('--from', '2026-11-22', '--config', file)).faults, [{ where: 'audit.file', problem: /names no file/, hint: /jwksd report/ }])
  const other = await deploy(t, { config: { audit: { file: 'missing/audit.jsonl' } } })
  t.match((await report('--from', '2026-11-22', '--config', other.file)).faults, [{ problem: 'is not there yet' }])
})
