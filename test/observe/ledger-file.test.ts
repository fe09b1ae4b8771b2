// The ledger's file: it reads back, and one that is missing, damaged or not readable is told apart.

import { readdir, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { readLedger } from '../../src/observe/ledger.ts'
import { setAsideLedger, sweepLedger, writeLedgerFile } from '../../src/observe/ledger-file.ts'
import { faultsOf } from '../support/faults.ts'

const FETCHES = [{ consumer: 'epic', set: 'ecw', first: 1, last: 2, count: 3, etag: '"a"', kids: new Map([['k', 1]]) }]

t.test('what is written is read again; without a file or a ledger nothing is known', async t => {
  const file = path.join(t.testdir(), 'sub/ledger.json')
  t.strictSame([await readLedger({}), await readLedger({ ledger: { file } })], [[], []])
  await writeLedgerFile(file, FETCHES)
  t.strictSame(await readLedger({ ledger: { file } }), FETCHES)
  t.equal((await stat(file)).mode & 0o777, 0o640 & ~process.umask())
})

t.test('a damaged file is a fault that names it: nobody has fetched what nobody can read', async t => {
  const file = path.join(t.testdir(), 'ledger.json')
  for (const text of ['', '{', '[]', '{"version":2,"fetches":[]}', '{"version":1,"fetches":[{}]}', '{"version":1}', 'null']) {
    await writeFile(file, text)
    t.match(await faultsOf(async () => await readLedger({ ledger: { file } })), [{ where: file, problem: /is damaged/, hint: /restart the server/ }], text)
  }
  t.match(await faultsOf(async () => await readLedger({ ledger: { file: path.dirname(file) } })), [{ problem: /cannot be read \(not a file\)/ }])
})

t.test('setting aside and sweeping touch only the ledger\'s own files', async t => {
  const directory = t.testdir({ 'ledger.json': '{', '.ledger.json.1.tmp': '', '.other.json.1.tmp': '', 'keys.pem': '' })
  const file = path.join(directory, 'ledger.json')
  t.equal(await setAsideLedger(file, 7), `${file}.damaged-7`)
  await sweepLedger(file)
  t.strictSame((await readdir(directory)).sort(), ['.other.json.1.tmp', 'keys.pem', 'ledger.json.damaged-7'])
  await sweepLedger(path.join(directory, 'no/such/ledger.json'))
})

t.test('what cannot be removed does no harm to sweeping', async t => {
  const directory = t.testdir({ '.ledger.json.1.tmp': {}, '.ledger.json.2.tmp': '', '.ledger.json.3.tmp': {} })
  const file = path.join(directory, 'ledger.json')
  await Promise.all([sweepLedger(file), sweepLedger(file)]) // as another process does at the same time
  t.strictSame((await readdir(directory)).sort(), ['.ledger.json.1.tmp', '.ledger.json.3.tmp'], 'unlink does not remove directories')
})
