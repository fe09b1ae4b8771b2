// The audit log fails closed and heals by itself, whatever stands where its file should be.

import { execFileSync } from 'node:child_process'
import { closeSync, constants, openSync, readFileSync, readSync, statSync, symlinkSync, unlinkSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'
import { type AuditRecord, openAudit } from '../../src/observe/audit.ts'
import { LOADER } from '../support/program.ts'

const record = {
  time: '2026-11-23T00:00:00Z',
  request: 'r1',
  client: 'app',
  profile: 'plain',
  set: 'default',
  kid: 'k1',
  alg: 'ES256',
  jti: 'j1',
  iat: 1,
  exp: 2,
  tokenSha256: '00'
} satisfies AuditRecord
const refused = { code: 'ERR_AUDIT', details: { retryAfter: 5 }, cause: Error }
const linesOf = (file: string): unknown[] => readFileSync(file, 'utf8').trim().split('\n').map(line => JSON.parse(line))

t.test('one line for each record, appended, in a file of mode 0600', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  for (const request of ['r1', 'r2']) {
    const audit = openAudit(file)
    audit.record({ ...record, request })
    audit.close()
    audit.close()
  }
  t.match(linesOf(file), [record, { ...record, request: 'r2' }])
  t.equal(statSync(file).mode & 0o777, 0o600)
})

t.test('a full disk, a directory, a missing directory: refused each time', async t => {
  const dir = t.testdir()
  for (const file of ['/dev/full', dir, path.join(dir, 'missing', 'audit.jsonl')]) {
    const audit = openAudit(file)
    for (let i = 0; i < 3; i++) t.throws(() => { audit.record(record) }, refused, file)
    audit.close()
  }
})

t.test('heals by itself when the file can be written again', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const audit = openAudit(file)
  t.teardown(() => { audit.close() })
  symlinkSync('/dev/full', file)
  t.throws(() => { audit.record(record) }, refused)
  unlinkSync(file)
  audit.record(record)
  t.match(linesOf(file), [record])
})

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
  const audit = openAudit(file)
  t.throws(() => { audit.record(record) }, refused)
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader) })
  let written = 0
  t.throws(() => { for (; written < 10_000; written++) audit.record(record) }, refused, 'the pipe is full')
  t.equal(drain(reader).split('\n').length - 1, written, 'what was accepted is there')
  audit.record({ ...record, request: 'after' })
  t.match(JSON.parse(drain(reader)), { request: 'after' })
  audit.close()
})

t.test('a line that was cut short is refused and ended, so that the next record can be read', async t => {
  const file = path.join(t.testdir(), 'fifo')
  execFileSync('mkfifo', [file])
  const reader = openSync(file, constants.O_RDONLY | constants.O_NONBLOCK)
  t.teardown(() => { closeSync(reader) })
  const audit = openAudit(file)
  // More than a pipe holds: the system takes the first part alone, as a disk does that fills up.
  t.throws(() => { audit.record({ ...record, client: 'x'.repeat(2 ** 21) }) }, refused)
  const torn = drain(reader)
  t.throws(() => { JSON.parse(torn) })
  audit.record(record)
  audit.record({ ...record, request: 'r2' })
  const [end, ...lines] = drain(reader).trimEnd().split('\n')
  t.equal(end, '', 'the torn line ends first')
  t.match(lines.map(line => JSON.parse(line)), [record, { request: 'r2' }])
  audit.close()
})

t.test('without a file records go to standard output, which is never closed', async t => {
  const program = fileURLToPath(new URL('../support/stdout-audit.ts', import.meta.url))
  const output = execFileSync(process.execPath, [LOADER, program], { encoding: 'utf8' })
  t.match(output.trim().split('\n').map(line => JSON.parse(line)), [{ request: 'r1' }, { request: 'r2' }])
})
