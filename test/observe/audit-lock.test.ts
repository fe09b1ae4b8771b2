// `jwksd sign` beside a server that signs without a pause: one chain. A lock that nobody releases holds nobody up for long.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readFileSync, renameSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { Audit } from '../../src/observe/audit.ts'
import { lockOf, takeLock, waitForLock } from '../../src/observe/audit-lock.ts'
import { verifyFiles } from '../../src/observe/verify-files.ts'
import { inRepository, LOADER } from '../support/program.ts'
import { faultsOf } from '../support/faults.ts'
import { until } from '../support/until.ts'

const clock = (): number => 1_795_380_000
const GUESTS = 10

function open (t: Test, file: string, isGuest = false): Audit {
  const audit = new Audit(file, { clock, isGuest })
  t.teardown(() => { audit.close() })
  return audit
}

/** A process that records until it is ended. */
async function startWriter (t: Test, file: string): Promise<ChildProcess> {
  const program = `
    const { Audit } = await import(${JSON.stringify(inRepository('src/observe/audit.ts'))})
    const audit = new Audit(${JSON.stringify(file)}, { clock: () => ${clock()} })
    let isOver = false
    process.once('SIGTERM', () => { isOver = true })
    while (!isOver) {
      for (let i = 0; i < 20; i++) await audit.record({ event: 'granted', request: 'of the server' }, i % 2 ? 'now' : 'soon')
      await new Promise(setImmediate)
    }`
  const writer = spawn(process.execPath, [LOADER, '--input-type=module', '-e', program], { stdio: 'inherit' })
  t.teardown(() => writer.kill('SIGKILL'))
  await until(() => existsSync(file) && readFileSync(file).length > 0)
  return writer
}

async function writeBeside (t: Test, isGuest: boolean): Promise<string> {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const writer = await startWriter(t, file)
  for (let i = 0; i < GUESTS; i++) await open(t, file, isGuest).record({ event: 'granted', request: `of guest ${i}` })
  writer.kill('SIGTERM')
  await once(writer, 'exit')
  return file
}

t.test('a guest beside a server that records without a pause: one whole chain with the records of both', async t => {
  const file = await writeBeside(t, true)
  const { lines, chains } = await verifyFiles([file], {})
  const text = readFileSync(file, 'utf8')
  t.equal(lines, text.trimEnd().split('\n').length)
  t.equal(chains.length, 1)
  t.equal(text.split('of guest ').length, GUESTS + 1)
  t.notOk(existsSync(lockOf(file)))
})

t.test('control: without the lock both write the line after the same one', async t => {
  for (let round = 0; round < 20; round++) {
    const faults = await writeBeside(t, false).then(async file => await faultsOf(async () => await verifyFiles([file], {})).catch(() => []))
    if (faults.some(({ problem }) => /^has seq \d+ after seq \d+/.test(problem))) return t.pass(`in round ${round}`)
  }
  return t.fail('this test cannot see it')
})

t.test('a record waits for the lock; one that was never released is ignored after a second, and taken by the next guest', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const lock = lockOf(file)
  const release = await takeLock(file)
  let isWritten = false
  const written = open(t, file).record({ event: 'granted', request: '1' }).then(() => { isWritten = true })
  const soon = open(t, file).record({ event: 'granted', request: '2' }, 'soon')
  await new Promise(resolve => setTimeout(resolve, 100))
  t.notOk(isWritten)
  release()
  await Promise.all([written, soon])
  release()

  writeFileSync(lock, '')
  utimesSync(lock, 0, 0)
  await waitForLock(file)
  await open(t, file, true).record({ event: 'granted', request: '3' })
  t.notOk(existsSync(lock))
  t.equal((await verifyFiles([file], {})).lines, 3)
})

t.test('where no lock can be made a guest writes all the same', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  mkdirSync(lockOf(file))
  utimesSync(lockOf(file), 0, 0)
  await open(t, file, true).record({ event: 'granted', request: '1' })
  t.equal((await verifyFiles([file], {})).lines, 1)
  t.ok(existsSync(lockOf(file)), 'what is in its place stays')
})

t.test('the first line after a rotation is of a guest: a chain of its own, and that of the server goes on after it', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const server = open(t, file)
  for (const request of ['1', '2']) await server.record({ event: 'granted', request })
  renameSync(file, `${file}.1`)
  await open(t, file, true).record({ event: 'granted', request: 'guest' })
  await server.record({ event: 'granted', request: '3' })
  await open(t, file, true).record({ event: 'granted', request: '4' })
  const files = [`${file}.1`, file]
  const { lines, chains, last } = await verifyFiles(files, {})
  t.match({ lines, chains: chains.length, last }, { lines: 5, chains: 2, last: { seq: 4, log: chains[0].log } })

  const [guest, third, fourth] = readFileSync(file, 'utf8').split('\n')
  writeFileSync(file, `${guest}\n${fourth}\n`)
  t.match(await faultsOf(() => verifyFiles(files, {})), [{ where: `${file}:2`, problem: 'has seq 4 after seq 2: a line is missing before it' }])
  writeFileSync(file, `${guest}\n${third}\n${guest}\n`)
  t.match(await faultsOf(() => verifyFiles(files, {})), [{ where: `${file}:3`, problem: 'has seq 1 after seq 1: it is not in its place' }])
  writeFileSync(file, `${guest!.replace('"guest"', '"other"')}\n${third}\n${fourth}\n`)
  t.match(await faultsOf(() => verifyFiles(files, {})), [{ where: `${file}:1`, problem: /checksum/ }], 'the last line of a chain that nothing follows')
  writeFileSync(file, `${guest}\n${third!.replace('"3"', '"5"')}\n${fourth}\n`)
  t.match(await faultsOf(() => verifyFiles(files, {})), [{ where: `${file}:2`, problem: /checksum/ }])
})
