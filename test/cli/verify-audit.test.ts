// jwksd verify-audit: a whole chain across rotated files is proven; each change of it is found, with file and line.

import { hash } from 'node:crypto'
import { appendFileSync, readFileSync, renameSync, truncateSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { gzipSync } from 'node:zlib'
import t, { type Test } from 'tap'
import { verifyAuditCommand } from '../../src/cli/verify-audit.ts'
import { Audit } from '../../src/observe/audit.ts'
import { formatLine } from '../../src/observe/audit-chain.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { Checkpoints } from '../../src/signing/checkpoints.ts'
import { signJws } from '../../src/core/tokens/jws.ts'
import { load } from '../../src/state/load.ts'
import { type CommandResult, runCommand } from '../support/command.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'

const NOW = 1_795_380_000
const clock = (): number => NOW
const verify = async (...args: string[]): Promise<CommandResult> => await runCommand(verifyAuditCommand, args)
const textLines = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')
const refused = (client: string): object => ({ event: 'refused', client })

/** Three files of three lines, the oldest first, as logrotate names them. */
async function makeLog (t: Test, directory = t.testdir()): Promise<[string, string, string]> {
  const file = path.join(directory, 'audit.jsonl')
  const audit = new Audit(file, { clock })
  t.teardown(() => { audit.close() })
  for (const name of ['.2', '.1', '']) {
    for (let i = 0; i < 3; i++) await audit.record(refused(`client ${name} ${i}`))
    if (name !== '') renameSync(file, file + name)
  }
  return [`${file}.2`, `${file}.1`, file]
}

t.test('a chain across rotated files, one of them gzipped, in any order', async t => {
  const [oldest, older, file] = await makeLog(t)
  writeFileSync(`${oldest}.gz`, gzipSync(readFileSync(oldest)))
  writeFileSync(`${file}.new`, '')
  const { code, stdout, stderr } = await verify(file, `${file}.new`, older, `${oldest}.gz`)
  t.equal(code, 0)
  t.match(stdout, /^whole: 9 lines in 3 files, 2026-11-22T20:40:00Z to 2026-11-22T20:40:00Z\nlast line: seq 9, sha256 [0-9a-f]{64}\n$/)
  t.equal(stderr, 'warning: there are no checkpoints: who could write the log could replace it as a whole\n')
  const { sha256 } = JSON.parse((await verify(oldest, older, file, '--json')).stdout).last
  t.match(JSON.parse((await verify(oldest, '--json')).stdout), { files: [oldest], lines: 3, first: { seq: 1 }, last: { seq: 3 }, chains: 1, checkpoints: { count: 0 } })
  t.match(await verify(oldest), { code: 0, stdout: /whole: 3 lines in 1 file,/ })
  t.equal((await verify(oldest, older, file, '--known', sha256)).code, 0)
  t.match((await verify(oldest, older, '--known', sha256)).faults, [{ where: '--known', problem: `no line has the hash ${sha256}` }], 'whole lines are missing at the end')
})

t.test('every flipped byte of every line is found, with its line', async t => {
  const [oldest, older, file] = await makeLog(t)
  const bytes = readFileSync(older)
  for (let i = 0; i < bytes.length; i += 7) {
    const damaged = Buffer.from(bytes)
    damaged[i]! ^= 1
    writeFileSync(older, damaged)
    const number = bytes.subarray(0, i).toString().split('\n').length
    const { faults } = await verify(oldest, older, file)
    t.match(faults, [{ where: `${older}:${number}`, problem: /is not as it was written/, hint: /copy/ }], `byte ${i}`)
  }
})

t.test('a dropped line, a swapped pair, a doubled line, a missing file, a cut tail: named with file and line', async t => {
  const [oldest, older, file] = await makeLog(t)
  const [a, b, c] = textLines(older) as [string, string, string]
  const changes: Array<[string[], number, RegExp]> = [
    [[b, c], 1, /has seq 5 after seq 3: a line is missing before it/],
    [[a, c], 2, /has seq 6 after seq 4: a line is missing before it/],
    [[a, b], 3, /has seq 7 after seq 5: a line is missing before it/],
    [[a, c, b], 2, /a line is missing before it/],
    [[b, a, c], 1, /a line is missing before it/],
    [[a, a, b, c], 2, /has seq 4 after seq 4: it is not in its place/],
    [[a, b.slice(0, -40), c], 2, /is not as it was written/],
    [[a.slice(1), b.slice(1), c], 1, /is not as it was written/],
    [['{}', a, b, c], 1, /is not as it was written/]
  ]
  for (const [lines, number, problem] of changes) {
    writeFileSync(older, lines.join('\n') + '\n')
    const where = lines.length === 2 && lines[1] === b ? `${file}:1` : `${older}:${number}`
    t.match((await verify(oldest, older, file)).faults, [{ where, problem, hint: /./ }], String(problem))
  }
  t.match((await verify(oldest, file)).faults, [{ where: `${file}:1`, problem: 'has seq 7 after seq 3: 3 lines are missing before it' }])
  const whole = readFileSync(file)
  writeFileSync(file, whole.toString().replace('"seq":9', '"seq":8'))
  t.match((await verify('--partial', file)).faults, [{ where: `${file}:3`, problem: /is not as it was written/ }], 'the last line')
  for (const cut of [1, 2, 30, 400]) {
    writeFileSync(file, whole)
    truncateSync(file, statSync(file).size - cut)
    const number = whole.subarray(0, whole.length - cut).toString().split('\n').length
    t.match((await verify('--partial', file)).faults, [{ where: `${file}:${number}`, problem: 'is cut off: the file ends in it' }], `${cut} bytes`)
  }
})

t.test('--known takes a hash as people write it, and nothing else', async t => {
  const [, , file] = await makeLog(t)
  const known = hash('sha256', readFileSync(file, 'utf8').trim().split('\n').at(-1)!)
  for (const text of [known, known.toUpperCase(), `sha256:${known}`]) t.match(await verify(file, '--partial', '--known', text), { code: 0 }, text)
  t.match(await verify(file, '--partial', '--known', '0'.repeat(64)), { code: 1, stderr: /no line has the hash/ })
  t.match(await verify(file, '--partial', '--known', known.slice(1)), { code: 2, stderr: /is no SHA-256 of 64 hexadecimal digits/ })
})

t.test('a line that was replaced with a right checksum, and one of another chain', async t => {
  const [oldest] = await makeLog(t)
  const [a, b, c] = textLines(oldest) as [string, string, string]
  const { log, prev, seq } = JSON.parse(b)
  writeFileSync(oldest, [a, formatLine({ log, seq: seq - 1, sha256: prev }, { time: '2026-11-22T20:40:00Z', ...refused('forged') }), c, ''].join('\n'))
  t.match((await verify(oldest)).faults, [{ where: `${oldest}:2`, problem: /was replaced/ }])
  const other = await makeLog(t, t.testdir({}))
  writeFileSync(other[0], [textLines(other[0])[0], a, ''].join('\n'))
  t.match((await verify(other[0])).faults, [{ where: `${other[0]}:2`, problem: 'is of another chain' }])
})

t.test('where the oldest files were deleted it must be said; where a new chain begins it is warned of', async t => {
  const [, older, file] = await makeLog(t)
  t.match((await verify(older, file)).faults, [{ where: `${older}:1`, problem: 'begins with seq 4: what was before it is missing', hint: /--partial/ }])
  t.match(await verify(older, file, '--partial'), { code: 0, stdout: /^whole: 6 lines/ })
  const directory = path.join(path.dirname(file), 'later')
  const later = new Audit(directory, { clock: () => NOW + 60 })
  t.teardown(() => { later.close() })
  await later.record(refused('later'))
  t.match(await verify(directory, older, file, '--partial'), { code: 0, stdout: /^whole: 7 lines/, stderr: /^warning: .*later:1: a new chain begins here/ })
  writeFileSync(file, readFileSync(file, 'utf8').replace('client  2', 'client  3'))
  t.match((await verify(directory, older, file, '--partial')).faults, [{ where: `${file}:3`, problem: /checksum/ }], 'its last line, which the new chain does not prove')
})

t.test('a torn line is explained by the record after it, which has its hash; any other is not', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const open = (): Audit => {
    const audit = new Audit(file, { clock })
    t.teardown(() => { audit.close() })
    return audit
  }
  await open().record(refused('a'))
  const start = readFileSync(file, 'utf8')
  for (const size of [40, 180]) {
    writeFileSync(file, start)
    await open().record(refused('b'))
    truncateSync(file, start.length + size)
    await open().record(refused('c'))
    t.match(await verify(file), { code: 0, stdout: /^whole: 3 lines/ }, `${size} bytes`)
    const lines = textLines(file)
    writeFileSync(file, [lines[0], lines[1]!.slice(0, -1), ...lines.slice(2), ''].join('\n'))
    t.match((await verify(file)).faults, [{ where: `${file}:2`, problem: /not as it was written/ }])
    writeFileSync(file, [...lines.slice(0, 2), formatLine({ log: JSON.parse(lines[0]!).log, seq: 1, sha256: JSON.parse(lines[2]!).prev }, { time: '2026-11-22T20:40:00Z', event: 'working' }), ''].join('\n'))
    t.match((await verify(file)).faults, [{ where: `${file}:2` }], 'a record of another kind explains nothing')
  }
  writeFileSync(file, start.slice(0, 180))
  await open().record(refused('a'))
  t.match(await verify(file), { code: 0, stdout: /^whole: 2 lines.*\nlast line: seq 2/ }, 'the first line of all')
  writeFileSync(file, readFileSync(file, 'utf8').replace('refused', 'grantee'))
  t.match((await verify(file)).faults, [{ where: `${file}:1`, problem: /not as it was written/ }])
  // Two torn lines, of a disk that was full twice.
  writeFileSync(file, start)
  for (let i = 0; i < 2; i++) {
    appendFileSync(file, '{"log":"torn')
    if (i === 0) appendFileSync(file, '\n')
  }
  await open().record(refused('d'))
  t.match(await verify(file), { code: 0, stdout: /^whole: 3 lines/ })
})

t.test('a torn line at the end of a rotated file', async t => {
  const file = path.join(t.testdir(), 'audit.jsonl')
  const audit = new Audit(file, { clock })
  t.teardown(() => { audit.close() })
  await audit.record(refused('a'))
  const [first] = textLines(file)
  const { log } = JSON.parse(first!)
  appendFileSync(file, '{"log":"torn')
  renameSync(file, `${file}.1`)
  const resumed = formatLine(audit.head, { time: '2026-11-22T20:40:00Z', event: 'resumed', reason: 'ENOSPC' })
  writeFileSync(file, resumed + '\n')
  t.match(await verify(file, `${file}.1`), { code: 0, stdout: /^whole: 2 lines/ })
  writeFileSync(file, formatLine(audit.head, { time: '2026-11-22T20:40:00Z', event: 'working' }) + '\n')
  t.match((await verify(file, `${file}.1`)).faults, [{ where: `${file}.1:2` }], `control: ${log}`)
})

t.test('files that cannot be read, are damaged or are no log', async t => {
  const directory = t.testdir({ 'text.jsonl': 'hello\n', empty: '', 'broken.gz': 'no gzip', 'long.jsonl': 'x'.repeat(2 ** 21 + 10) + '\n' })
  const at = (name: string): string => path.join(directory, name)
  t.match((await verify(at('missing'))).faults, [{ where: at('missing'), problem: 'cannot be read (ENOENT)', hint: 'look at its name and its mode' }])
  t.match((await verify(at('missing.gz'))).faults, [{ where: at('missing.gz'), problem: 'cannot be read (ENOENT)' }])
  t.match((await verify(at('broken.gz'))).faults, [{ where: at('broken.gz'), problem: 'cannot be read (Z_DATA_ERROR)', hint: /damaged/ }])
  t.match((await verify(at('text.jsonl'))).faults, [{ where: `${at('text.jsonl')}:1`, problem: 'is no line of an audit log' }])
  t.match((await verify(at('long.jsonl'))).faults, [{ where: `${at('long.jsonl')}:1` }])
  t.match((await verify(at('empty'))).faults, [{ where: at('empty'), problem: 'holds no line of an audit log' }])
  t.equal((await verify()).code, 2)
})

t.test('checkpoints are verified with the set of the configuration, or with a JWK Set', async t => {
  const deployment = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'log/log.pem': privatePem('P-256') },
    config: { audit: { file: 'audit.jsonl', checkpoint: { set: 'log', every: '1h' } } }
  })
  await writeCheckpoints(t, deployment)
  const { file, audit, directory } = deployment
  const lines = textLines(audit)
  const signed = await verify(audit, '--config', file)
  t.match(signed, { code: 0, stderr: '', stdout: /^whole: 5 lines.*\n2 checkpoints signed by [0-9a-f]{16}; the last one signs seq 3\n/ })
  t.match(JSON.parse((await verify(audit, '--config', file, '--json')).stdout).checkpoints, { count: 2, seq: 3, kids: [/./] })
  writeFileSync(file, readFileSync(file, 'utf8').replace('set: log', 'set: nowhere'))
  t.match((await verify(audit, '--config', file)).faults, [{ where: `${audit}:2`, problem: /none of the known keys signed/ }])
  writeFileSync(file, readFileSync(file, 'utf8').replace('set: nowhere', 'set: log'))
  t.match(await verify(audit), { code: 0, stderr: /were not verified: name their public keys with --jwks/ })

  const { snapshot } = await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })
  const [right, wrong] = ['log', 'default'].map(name => {
    const jwks = path.join(directory, `${name}.json`)
    writeFileSync(jwks, JSON.stringify({ keys: snapshot.sets.get(name)!.keys.map(({ jwk }) => jwk) }))
    return jwks
  }) as [string, string]
  t.match(await verify(audit, '--jwks', right), { code: 0, stdout: /2 checkpoints signed/ })
  t.match((await verify(audit, '--jwks', wrong)).faults, [{ where: `${audit}:2`, problem: /none of the known keys signed/, hint: /--jwks/ }])
  for (const text of ['{', '{}', 'null']) {
    writeFileSync(wrong, text)
    t.match((await verify(audit, '--jwks', wrong)).faults, [{ where: wrong, problem: 'is no JWK Set' }])
  }

  // A new chain with right hashes, and the old checkpoints: what who can write the log could do.
  const entries = lines.map(line => JSON.parse(line)).map(({ log: _log, seq: _seq, prev: _prev, check: _check, ...entry }) => entry)
  const rewrite = (change: (entry: any, i: number) => object): void => {
    let head = { log: JSON.parse(lines[0]!).log, seq: 0, sha256: '' }
    writeFileSync(audit, entries.map((entry, i) => {
      const line = formatLine(head, change(entry, i))
      head = { ...head, seq: head.seq + 1, sha256: hash('sha256', line) }
      return line + '\n'
    }).join(''))
  }
  rewrite(entry => entry)
  t.equal(readFileSync(audit, 'utf8'), lines.join('\n') + '\n', 'control: nothing changed')
  const other = { problem: 'holds a checkpoint that was signed for other lines than these', hint: /rewritten/ }
  rewrite((entry, i) => i === 0 ? { ...entry, client: 'forged' } : entry)
  t.match((await verify(audit, '--config', file)).faults, [{ where: `${audit}:2`, ...other }])
  rewrite(entry => entry.event === 'checkpoint' ? { ...entry, jws: 'nonsense' } : entry)
  t.match((await verify(audit, '--config', file)).faults, [{ where: `${audit}:2`, ...other }])
  rewrite((entry, i) => i === 1 ? { ...entry, event: 'working' } : i === 3 ? { ...entry, jws: entries[1].jws } : entry)
  t.match((await verify(audit, '--config', file)).faults, [], 'an older checkpoint again is one, too')
  const key = snapshot.sets.get('log')!.keys[0]!
  const { token } = await signJws(key, { protectedHeader: { kid: key.kid, typ: 'JWT' }, payload: Buffer.from(entries[1].jws.split('.')[1], 'base64url') }, 'compact')
  rewrite((entry, i) => i === 1 ? { ...entry, jws: token } : i === 3 ? { ...entry, event: 'working' } : entry)
  t.match((await verify(audit, '--config', file)).faults, [{ where: `${audit}:2`, problem: /none of the known keys/ }], 'a token of the key is no checkpoint')
  const rest = ['', ...lines.slice(1)].join('\n').trimStart() + '\n'
  writeFileSync(audit, rest)
  t.match(await verify(audit, '--config', file, '--partial'), { code: 0, stdout: /2 checkpoints signed/ }, 'one for a line that is in no file any more')
})

/** A record and a checkpoint, twice, and a record. */
async function writeCheckpoints (t: Test, deployment: Deployment): Promise<void> {
  const { snapshot } = await load({ file: deployment.file, env: {}, now: NOW, listeners: 'both', tls: false })
  const audit = new Audit(deployment.audit, { clock })
  const health = new Health(makeLogger('silent', { tty: false }), clock)
  const checkpoints = new Checkpoints({ current: () => snapshot, audit, clock, health, set: 'log', every: 3600 })
  for (const client of ['a', 'b']) {
    await audit.record(refused(client))
    await checkpoints.write()
  }
  await checkpoints.close()
  await audit.record(refused('c'))
  audit.close()
}

t.test('collected from standard output: each start begins a chain, which must be said and is warned of', async t => {
  const file = path.join(t.testdir(), 'collected.jsonl')
  const start = async (): Promise<string[]> => {
    const own = path.join(t.testdir({}), 'audit.jsonl')
    const audit = new Audit(own, { clock })
    t.teardown(() => { audit.close() })
    for (const name of ['a', 'b']) await audit.record(refused(name))
    return textLines(own)
  }
  const [first, second, third] = [await start(), await start(), await start()] as [string[], string[], string[]]
  const write = (lines: readonly string[]): void => { writeFileSync(file, lines.join('\n') + '\n') }
  write([...first, ...second, third[0]!, ...third.slice(1)])
  t.match((await verify(file)).faults, [{ where: `${file}:3`, problem: 'is of another chain', hint: /--stream; else compare/ }])
  const { code, stdout, stderr } = await verify('--stream', file)
  t.match({ code, stdout, stderr }, { code: 0, stdout: /^whole: 6 lines/, stderr: /collected\.jsonl:3: a new chain begins here.*\n.*collected\.jsonl:5: a new chain/ })
  write([first[0]!, second[0]!, first[1]!, second[1]!])
  t.match(await verify('--stream', file), { code: 0, stdout: /^whole: 4 lines/ }, 'two replicas at the same time')
  write([...first, second[1]!])
  t.match((await verify('--stream', file)).faults, [{ where: `${file}:3`, problem: 'is of another chain', hint: /^compare/ }], 'a chain whose beginning is missing')
  write([first[0]!, first[1]!.replace('"b"', '"x"'), ...second])
  t.match((await verify('--stream', file)).faults, [{ where: `${file}:2`, problem: /checksum/ }])
})
