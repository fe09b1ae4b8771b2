// The audit log fails closed and recovers by itself, whatever is in place of its file; its lines are one chain across
// restarts, rotations, other writers and torn lines.

import { execFileSync, spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  appendFileSync, closeSync, constants, mkdirSync, openSync, readdirSync, readFileSync, readlinkSync, readSync, renameSync, statSync,
  symlinkSync, truncateSync, unlinkSync, writeFileSync
} from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t, { type Test } from 'tap'
import { Audit } from '../../src/observe/audit.ts'
import { isIntact } from '../../src/observe/audit-chain.ts'
import { LOADER } from '../support/program.ts'
import { until } from '../support/until.ts'

const clock = (): number => 1_795_380_000
const refused = { code: 'ERR_AUDIT', details: { retryAfter: 5 }, cause: Error }
const sha256 = (line: string): string => createHash('sha256').update(line).digest('hex')
const textLines = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
const linesOf = (file: string): any[] => textLines(file).map(line => JSON.parse(line))

/** The lines that are not torn. */
const wholeLines = (file: string): any[] => textLines(file).filter(line => isIntact(line)).map(line => JSON.parse(line))

function open (t: Test, target: string | number, options: Partial<ConstructorParameters<typeof Audit>[1]> = {}): Audit {
  const audit = new Audit(target, { clock, ...options })
  t.teardown(() => { audit.close() })
  return audit
}

/** Each line names the one before: the definition that docs/reference/audit.md gives. */
function checkChain (t: Test, lines: string[]): void {
  lines.forEach((line, i) => {
    t.match(JSON.parse(line), { seq: i + 1, prev: i === 0 ? '' : sha256(lines[i - 1]!), log: JSON.parse(lines[0]!).log, time: '2026-11-22T20:40:00Z' })
    t.ok(isIntact(line))
  })
}

t.test('one line for each record, appended in a chain that goes on after a restart, in a file of mode 0600', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  for (const request of ['r1', 'r2']) {
    const audit = open(t, file)
    audit.open()
    await audit.record({ request })
    await audit.record({ request: request + 'b' })
    t.equal(audit.head.sha256, sha256(textLines(file).at(-1)!))
    audit.close()
    audit.close()
  }
  t.strictSame(linesOf(file).map(({ request }) => request), ['r1', 'r1b', 'r2', 'r2b'])
  checkChain(t, textLines(file))
  t.equal(statSync(file).mode & 0o777, 0o600)
  t.notOk(isIntact(textLines(file)[0]!.replace('r1', 'r0')), 'control: the checksum')
})

t.test('at the start: a directory, a missing directory, a file that may not be written and a link are faults with path and errno', async t => {
  const dir = t.testdir({ elsewhere: '' })
  symlinkSync(path.join(dir, 'elsewhere'), path.join(dir, 'link'))
  const bad: Array<[string, string]> = [[dir, 'EISDIR'], [path.join(dir, 'missing', 'audit.jsonl'), 'ENOENT'], [path.join(dir, 'link'), 'ELOOP'], [path.join(dir, 'x'.repeat(300)), 'ENAMETOOLONG']]
  for (const [file, errno] of bad) {
    t.throws(() => { open(t, file).open() }, { name: 'FaultsError', faults: [{ where: file, problem: `the audit log cannot be written (${errno})`, hint: /./ }] }, errno)
  }
  t.equal(readFileSync(path.join(dir, 'elsewhere'), 'utf8'), '', 'nothing went through the link')
  const missing = path.join(dir, 'missing', 'x')
  const audit = open(t, missing)
  for (let i = 0; i < 3; i++) await t.rejects(audit.record({}), refused)
  mkdirSync(path.dirname(missing))
  await audit.record({ request: 'r1' })
  t.match(linesOf(missing), [{ event: 'resumed', reason: 'ENOENT', since: '2026-11-22T20:40:00Z' }, { request: 'r1' }])
})

t.test('a device and a FIFO that nobody reads do not stop the start: they are reported, and nothing is written', async t => {
  const fifo = path.join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [fifo])
  for (const [file, reason] of [['/dev/full', 'not a file'], ['/dev/null', 'not a file'], [fifo, 'ENXIO']] as const) {
    const reports: unknown[] = []
    const audit = open(t, file, { report: fault => { reports.push(fault) } })
    audit.open()
    t.match(reports, [{ where: file, problem: `the audit log cannot be written (${reason})`, hint: /./ }])
    await t.rejects(audit.record({}), refused)
  }
})

t.test('entries of one turn of the event loop take one write; each resolves when it is in the file', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const audit = open(t, file)
  audit.open()
  const writes = (): number => Number(/^syscw: (\d+)$/m.exec(readFileSync('/proc/self/io', 'utf8'))![1])
  const record = async (when: 'now' | 'soon', first: number): Promise<number> => {
    const before = writes()
    await Promise.all(Array.from({ length: 50 }, async (_, i) => {
      await audit.record({ request: `${first + i}` }, when)
      if (!readFileSync(file, 'utf8').includes(`"request":"${first + i}"`)) throw new Error('too early')
    }))
    return writes() - before
  }
  const [together, apart] = [await record('soon', 100), await record('now', 200)]
  t.ok(together < 25, `${together} writes`)
  t.ok(apart >= 50, 'control')
  const asked = [100, 200].flatMap(first => Array.from({ length: 50 }, (_, i) => first + i))
  t.strictSame(linesOf(file).map(({ request }) => Number(request)), asked)
  checkChain(t, textLines(file))
  const later = [audit.record({ request: '300' }, 'soon'), audit.record({ request: '301' }), audit.record({ request: '302' }, 'soon')]
  await Promise.all(later)
  t.strictSame(linesOf(file).slice(100).map(({ request }) => request), ['301', '300', '302'])
  checkChain(t, textLines(file))
  renameSync(file, `${file}.1`)
  mkdirSync(file)
  const refusedAll = await Promise.allSettled([1, 2, 3].map(async n => { await audit.record({ request: `${n}` }, 'soon') }))
  t.strictSame(refusedAll.map(({ status }) => status), ['rejected', 'rejected', 'rejected'], 'none without its line')
})

t.test('a nearly full FIFO takes whole lines or none, also of entries that would go together', async t => {
  const fifo = path.join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [fifo])
  const reader = openSync(fifo, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader) })
  const audit = open(t, fifo)
  audit.open()
  const all = await Promise.allSettled(Array.from({ length: 400 }, async (_, i) => { await audit.record({ request: `${i}`, filler: 'x'.repeat(300) }, 'soon') }))
  const lines = drain(reader).trimEnd().split('\n')
  t.ok(lines.every(line => isIntact(line)))
  const recorded = new Set(lines.map(line => JSON.parse(line).request))
  all.forEach(({ status }, i) => { if ((status === 'fulfilled') !== recorded.has(`${i}`)) t.fail(`${i} is ${status}`) })
  t.ok(all.some(({ status }) => status === 'rejected') && all.some(({ status }) => status === 'fulfilled'))
})

t.test('recovers by itself when the file can be written again, and says how long it could not', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const reports: unknown[] = []
  const audit = open(t, file, { report: fault => { reports.push(fault) } })
  symlinkSync('/dev/full', file)
  await t.rejects(audit.record({}), refused)
  unlinkSync(file)
  await until(() => reports.length > 1 && reports.at(-1) === undefined)
  t.match(linesOf(file), [{ event: 'resumed', reason: 'ELOOP' }, { event: 'working' }], 'without a request')
  checkChain(t, textLines(file))
})

t.test('rotated, deleted, truncated: records go to the file that is at the path, in one chain', async t => {
  const dir = t.testdir()
  const file = path.join(dir, 'audit.jsonl')
  const audit = open(t, file)
  const record = async (request: string): Promise<void> => { await audit.record({ request }) }
  await record('1')
  renameSync(file, `${file}.1`)
  await record('2')
  renameSync(file, `${file}.2`)
  writeFileSync(file, '') // as logrotate's create
  await record('3')
  audit.reopen()
  await record('4')
  renameSync(file, `${file}.3`)
  checkChain(t, [1, 2, 3].flatMap(n => textLines(`${file}.${n}`)))
  await record('5')
  unlinkSync(file)
  await record('6')
  t.match(linesOf(file), [{ request: '6', seq: 6 }])
  truncateSync(file) // copytruncate, which docs/reference/audit.md advises against
  await record('7')
  t.match(linesOf(file), [{ request: '7', seq: 7 }])
})

t.test('another writer of the same file, such as jwksd sign: the chain goes on from its record', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const [server, shell] = [open(t, file), open(t, file)]
  await server.record({ request: '1' })
  await shell.record({ request: '2' })
  await server.record({ request: '3' })
  checkChain(t, textLines(file))
  const foreign = path.join(t.testdir(), 'audit.jsonl')
  await open(t, foreign).record({ request: 'foreign' })
  renameSync(foreign, file)
  await server.record({ request: '4' })
  t.match(linesOf(file)[1], { seq: 4, prev: server.head.log ? /./ : '' }, 'a file of another chain does not change ours')
})

t.test('a torn last line is ended by the next record, which holds its hash; a whole one without its end is kept', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const first = open(t, file)
  await first.record({ request: '1' })
  await first.record({ request: '2' })
  first.close()
  truncateSync(file, statSync(file).size - 30)
  const torn = readFileSync(file, 'utf8').split('\n')[1]!
  await open(t, file).record({ request: '3' })
  const [one, damaged, ...rest] = textLines(file)
  t.equal(damaged, torn)
  t.match(rest.map(line => JSON.parse(line)), [{ event: 'resumed', torn: sha256(torn), seq: 2, prev: sha256(one!) }, { request: '3', seq: 3 }])
  truncateSync(file, statSync(file).size - 1)
  await open(t, file).record({ request: '4' })
  t.match(wholeLines(file).at(-1), { request: '4', seq: 4 })
  appendFileSync(file, 'x'.repeat(70_000))
  await open(t, file).record({ request: '5' })
  t.match(JSON.parse(textLines(file).at(-1)!), { request: '5', seq: 2 }, 'more than a line can be: a chain of its own begins')
})

t.test('a limit for the size of a file: the line that did not fit is ended, and the chain goes on', async t => {
  const program = fileURLToPath(new URL('../support/small-audit.ts', import.meta.url))
  const file = path.join(t.testdir(), 'audit.jsonl')
  execFileSync('bash', ['-c', 'ulimit -S -f 4; exec "$@"', 'bash', process.execPath, LOADER, program, file], { encoding: 'utf8' })
  const lines = textLines(file)
  t.throws(() => { JSON.parse(lines.at(-1)!) }, 'torn at the limit')
  await open(t, file).record({ request: 'after' })
  t.match(wholeLines(file).slice(-2), [{ event: 'resumed', torn: sha256(lines.at(-1)!) }, { request: 'after' }])
})

t.test('sync: each record, or once a second, is on the disk', async t => {
  const dir = t.testdir()
  for (const sync of ['each', 'second', 'none'] as const) {
    const file = path.join(dir, sync)
    const audit = open(t, file, { sync })
    await Promise.all(['1', '2', '3'].map(async request => { await audit.record({ request }) }))
    checkChain(t, textLines(file))
    audit.reopen()
    await audit.record({ request: '4' })
    t.equal(linesOf(file).length, 4)
    audit.close()
    await until(() => !openFiles().includes(file))
  }
})

t.test('a disk that does not take what was written: nothing is signed, and it recovers', async t => {
  const dir = t.testdir()
  for (const sync of ['each', 'second'] as const) {
    const reports: unknown[] = []
    let broken = true
    const datasync = async (): Promise<void> => { if (broken) throw Object.assign(new Error('the disk'), { code: 'EIO' }) }
    const file = path.join(dir, sync)
    const audit = open(t, file, { sync, datasync, report: fault => { reports.push(fault) } })
    if (sync === 'each') await t.rejects(audit.record({}), { ...refused, cause: { code: 'EIO' } })
    else await audit.record({})
    await until(() => reports.length > 0)
    t.match([reports[0], audit.fault], Array(2).fill({ where: file, problem: /EIO/, hint: 'look at the file and its disk' }))
    broken = false
    await until(() => audit.fault === undefined)
    checkChain(t, textLines(file))
  }
})

t.test('standard output that cannot be written is named so', async t => {
  const audit = open(t, 1)
  const full = openSync('/dev/full', 'w')
  t.teardown(() => { closeSync(full) })
  const program = fileURLToPath(new URL('../support/full-stdout.ts', import.meta.url))
  t.equal(audit.fault, undefined)
  const { stderr } = spawnSync(process.execPath, [LOADER, program], { encoding: 'utf8', stdio: ['ignore', full, 'pipe'] })
  t.equal(stderr, 'standard output: the audit log cannot be written (ENOSPC): make room on its disk, or rotate old files away\n')
})

function openFiles (): string[] {
  return readdirSync('/proc/self/fd').map(fd => {
    try {
      return readlinkSync(`/proc/self/fd/${fd}`)
    } catch {
      return ''
    }
  })
}

/** Everything that is in a pipe now. */
function drain (descriptor: number): string {
  const chunk = Buffer.alloc(65_536)
  let text = ''
  try {
    for (let count = -1; count !== 0;) {
      count = readSync(descriptor, chunk)
      text += chunk.toString('utf8', 0, count)
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'EAGAIN') throw error
  }
  return text
}

t.test('a FIFO that nobody reads fails at once; one that is full fails too, and heals', { timeout: 20_000 }, async t => {
  const file = path.join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [file])
  const audit = open(t, file)
  await t.rejects(audit.record({}), refused)
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader) })
  let written = 0
  const fill = async (): Promise<void> => { for (; written < 10_000; written++) await audit.record({}) }
  await t.rejects(fill(), { ...refused, cause: { code: 'EAGAIN' } }, 'the pipe is full')
  const accepted = drain(reader)
  t.equal(accepted.split('\n').length - 1, written + 1, 'what was accepted is there, after a line on the first failure')
  await audit.record({ request: 'after' })
  const all = (accepted + drain(reader)).trimEnd().split('\n')
  t.match(all.slice(-2).map(line => JSON.parse(line)), [{ event: 'resumed', reason: 'EAGAIN' }, { request: 'after' }])
  checkChain(t, all)
})

t.test('a line that was cut short is refused and ended, so that the next record can be read', async t => {
  const file = path.join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [file])
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader) })
  const audit = open(t, file)
  await audit.record({ request: 'r1' })
  const first = drain(reader).trimEnd()
  // More than a pipe holds: the system takes only the first part, as a disk does that fills up.
  await t.rejects(audit.record({ client: 'x'.repeat(2 ** 21) }), refused)
  const torn = drain(reader)
  t.throws(() => { JSON.parse(torn) })
  await audit.record({ request: 'r2' })
  await audit.record({ request: 'r3' })
  const [end, ...lines] = drain(reader).trimEnd().split('\n')
  t.equal(end, '', 'the torn line ends first')
  t.match(lines.map(line => JSON.parse(line)), [{ event: 'resumed', torn: sha256(torn) }, { request: 'r2' }, { request: 'r3' }])
  checkChain(t, [first, ...lines])
})

t.test('without a file records go to standard output, which is never closed', async t => {
  const program = fileURLToPath(new URL('../support/stdout-audit.ts', import.meta.url))
  const output = execFileSync(process.execPath, [LOADER, program], { encoding: 'utf8' })
  t.match(output.trim().split('\n').map(line => JSON.parse(line)), [{ request: 'r1' }, { request: 'r2' }])
})

t.test('a record that was written before another one failed does not take its failure back', async t => {
  const directory = t.testdir({ log: {} })
  const file = path.join(directory, 'log', 'audit.jsonl')
  const reports: unknown[] = []
  let arrive = (): void => {}
  let isSyncing = false
  const datasync = async (): Promise<void> => {
    isSyncing = true
    await new Promise<void>(resolve => { arrive = resolve })
  }
  const audit = open(t, file, { sync: 'each', datasync, report: fault => { reports.push(fault) } })
  const first = audit.record({ request: 'first' })
  await until(() => isSyncing)
  renameSync(path.join(directory, 'log'), path.join(directory, 'away'))
  await t.rejects(audit.record({ request: 'second' }), refused)
  arrive()
  await first
  t.match(audit.fault, { where: file, problem: /ENOENT/ })
  t.equal(reports.filter(report => report === undefined).length, 0)
  renameSync(path.join(directory, 'away'), path.join(directory, 'log'))
  await until(() => { arrive(); return audit.fault === undefined })
})
