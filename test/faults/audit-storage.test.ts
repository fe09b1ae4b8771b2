// Where the audit log is kept breaks in every way that an operator meets: no token leaves without its record, refusals
// are quick, keys are still published, and it recovers without a restart.

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { hash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { verifyFiles } from '../../src/observe/verify-files.ts'
import { follow, type FollowedServer } from '../support/followed-server.ts'
import { keepAlive, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

/** A server, and the tokens that it handed over. */
interface Scene extends FollowedServer {
  readonly tokens: string[]
  /** Asks for `count` tokens and as many JWK Sets. @returns how many of each status, and the median time of a 503 in ms */
  readonly load: (count: number) => Promise<{ signed: Record<string, number>, published: Record<string, number>, refusedIn: number }>
}

/** Apart from the directory of the deployment, which is made new. */
function makeDirectory (t: Test): string {
  const directory = mkdtempSync(path.join(tmpdir(), 'jwksd-audit-'))
  t.teardown(() => { rmSync(directory, { recursive: true, force: true }) })
  return directory
}

async function stage (t: Test, file: string): Promise<Scene> {
  const server = await follow(t, { config: { audit: { file } } })
  const { fetch, origin, apiKey, ca } = server
  const agent = keepAlive(ca, 4)
  t.teardown(() => { agent.destroy() })
  const tokens: string[] = []
  const load: Scene['load'] = async count => {
    const [signed, published]: Array<Record<string, number>> = [{}, {}]
    const times: number[] = []
    for (let i = 0; i < count; i++) {
      const keys = await fetch(`${origin}/.well-known/jwks.json`, { agent })
      published![keys.status] = (published![keys.status] ?? 0) + 1
      const start = performance.now()
      const { status, json } = await postSign(fetch, origin, apiKey, {})
      signed![status] = (signed![status] ?? 0) + 1
      if (status === 200) tokens.push(json().token)
      else times.push(performance.now() - start)
    }
    return { signed: signed!, published: published!, refusedIn: times.sort((a, b) => a - b)[times.length >> 1] ?? NaN }
  }
  return { ...server, tokens, load }
}

/** Everything is signed and published. */
const all = (count: number): object => ({ signed: { 200: count }, published: { 200: count } })

/** Nothing is signed, everything is published. */
async function checkRefuses (t: Test, { load }: Scene, what: string): Promise<void> {
  const { refusedIn, ...counts } = await load(20)
  t.match(counts, { signed: { 503: 20 }, published: { 200: 20 } }, what)
  t.comment(`${what}: 503 within ${refusedIn.toFixed(0)} ms (median)`)
}

async function checkHeals (t: Test, scene: Scene): Promise<void> {
  await until(async () => (await scene.load(1)).signed[200] === 1)
  t.match(await scene.load(5), all(5), 'healed without a restart')
}

/** Each token has its record in the files, which are one chain. */
async function checkRecords (t: Test, { tokens }: Scene, files: readonly string[], isPartial = false): Promise<void> {
  const text = files.map(file => readFileSync(file, 'utf8')).join('')
  const missing = tokens.filter(token => !text.includes(`"tokenSha256":"${hash('sha256', token)}"`))
  t.ok(tokens.length > 0)
  t.strictSame(missing, [], `each of ${tokens.length} tokens has its record`)
  await t.resolves(verifyFiles(files, { isPartial }))
}

t.test('a full device', async t => {
  const file = path.join(makeDirectory(t), 'audit.jsonl')
  const scene = await stage(t, file)
  t.match(await scene.load(5), all(5))
  renameSync(file, `${file}.1`)
  symlinkSync('/dev/full', file)
  await checkRefuses(t, scene, 'a link to /dev/full')
  rmSync(file)
  await checkHeals(t, scene)
  await checkRecords(t, scene, [file, `${file}.1`])
  const other = await stage(t, '/dev/full')
  await checkRefuses(t, other, '/dev/full')
})

t.test('a full tmpfs; mounting one needs root', async t => {
  const mount = makeDirectory(t)
  execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=64k,mode=0700', 'tmpfs', mount])
  t.teardown(() => { execFileSync('umount', ['-l', mount]) })
  const file = path.join(mount, 'audit.jsonl')
  const scene = await stage(t, file)
  t.match(await scene.load(5), all(5))
  const filler = path.join(mount, 'filler')
  spawnSync('dd', ['if=/dev/zero', `of=${filler}`, 'bs=512'])
  await scene.load(30) // until the last page of the file is full, too
  await checkRefuses(t, scene, 'a full tmpfs')
  rmSync(filler)
  await checkHeals(t, scene)
  await checkRecords(t, scene, [file])
})

t.test('a FIFO that nobody reads, and one whose reader stops', async t => {
  const file = path.join(makeDirectory(t), 'fifo')
  execFileSync('mkfifo', [file])
  const scene = await stage(t, file)
  await checkRefuses(t, scene, 'a FIFO without a reader')
  const copy = path.join(path.dirname(file), 'copy.jsonl')
  // Opened for writing too, as collectors do: it must not end when jwksd closes the FIFO.
  const reader = spawn('sh', ['-c', 'exec cat <>"$0" >"$1"', file, copy])
  t.teardown(() => { reader.kill() })
  await checkHeals(t, scene)
  reader.kill('SIGSTOP')
  let full = false
  while (!full) full = (await scene.load(20)).signed[503] !== undefined
  await checkRefuses(t, scene, 'a FIFO that is full')
  reader.kill('SIGCONT')
  await checkHeals(t, scene)
  await until(() => readFileSync(copy, 'utf8').includes(hash('sha256', scene.tokens.at(-1)!)))
  await checkRecords(t, scene, [copy])
})

t.test('rotated by logrotate while it signs, and deleted', async t => {
  t.equal(spawnSync('logrotate', ['--version']).status, 0, 'logrotate is installed (package logrotate)')
  const directory = makeDirectory(t)
  const logs = path.join(directory, 'log')
  mkdirSync(logs, { mode: 0o700 })
  const file = path.join(logs, 'audit.jsonl')
  const scene = await stage(t, file)
  const rules = path.join(directory, 'logrotate.conf')
  writeFileSync(rules, `${file} {\n  rotate 400\n  compress\n  delaycompress\n  create 0600\n}\n`, { mode: 0o600 })
  for (let i = 0; i < 4; i++) {
    const [counts] = await Promise.all([
      scene.load(15),
      new Promise(resolve => spawn('logrotate', ['-f', '-s', path.join(directory, 'state'), rules]).once('close', resolve))
    ])
    t.match(counts, all(15), 'nobody notices')
  }
  t.match(await scene.load(3), all(3))
  const files = readdirSync(logs).map(name => path.join(logs, name))
  t.equal(files.length, 5)
  for (const one of files.filter(name => name.endsWith('.gz'))) execFileSync('gunzip', ['-k', one])
  await checkRecords(t, scene, readdirSync(logs).filter(name => !name.endsWith('.gz')).map(name => path.join(logs, name)))
  const { lines } = await verifyFiles(files, {})
  t.equal(lines, scene.tokens.length, 'and the gzipped files are the same chain')

  rmSync(file)
  const before = scene.tokens.splice(0)
  t.match(await scene.load(5), all(5), 'a deleted file')
  await checkRecords(t, scene, [file], true)
  rmSync(logs, { recursive: true })
  await checkRefuses(t, scene, 'a deleted directory')
  mkdirSync(logs)
  await checkHeals(t, scene)
  await checkRecords(t, { ...scene, tokens: scene.tokens.slice(5) }, [file], true)
  t.ok(before.length > 60)
})
