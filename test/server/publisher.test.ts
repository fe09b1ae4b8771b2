// The directory of published files: in step with the state in force and the clock, whole at every moment, faults reported.

import { chmodSync, existsSync, mkdirSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { formatTime } from '../../src/core/time.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { findOrphans, writePublished } from '../../src/server/published-directory.ts'
import { Publisher } from '../../src/server/publisher.ts'
import { load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { follow } from '../support/followed-server.ts'
import { privatePem } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'
import { parseLines } from '../support/program.ts'
import { until } from '../support/until.ts'

const JWKS = '.well-known/jwks.json'
const kidsOf = (file: string): string[] => (JSON.parse(readFileSync(file, 'utf8')) as { keys: Array<{ kid: string }> }).keys.map(({ kid }) => kid)

async function startPublisher (t: Test, options: Parameters<typeof deploy>[1] = {}) {
  const { file, directory } = await deploy(t, { ...options, config: { reload: { interval: '1s', skew: '1s' }, publish: { directory: 'public' }, ...options.config } })
  const time = { now: NOW }
  const state = { loaded: await load({ file, env: {}, now: NOW, listeners: 'both' }) }
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const health = new Health(log, () => time.now)
  const counted: Record<string, number> = {}
  const publisher = new Publisher({
    current: () => state.loaded,
    clock: () => time.now,
    health,
    log,
    metrics: { filesPublished: (outcome, count) => { counted[outcome] = (counted[outcome] ?? 0) + count } }
  })
  t.teardown(async () => { await publisher.close() })
  return { publisher, directory, public: path.join(directory, 'public'), time, state, health, counted, log: () => parseLines(lines.join('')) }
}

t.test('a running server: at its start and at a reload; only what changed is written', async t => {
  const { directory, keys, origin, fetch, log } = await follow(t, { config: { publish: { directory: 'public' }, sets: { ecw: { issuer: true } } }, keys: { 'a.pem': privatePem('P-256'), 'ecw/a.pem': privatePem('P-256') } })
  const at = (name: string): string => path.join(directory, 'public', name)
  await until(() => existsSync(at('_nginx.conf')))
  const first = statSync(at(JWKS))
  writeFileSync(path.join(keys, 'ecw/b.pem'), `# activates: ${formatTime(NOW + 200_000)}\n${privatePem('P-256')}`, { mode: 0o600 })
  await until(() => kidsOf(at(`ecw/${JWKS}`)).length === 2)
  for (const name of [JWKS, `ecw/${JWKS}`, 'ecw/.well-known/openid-configuration']) {
    t.equal((await fetch(`${origin}/${name}`)).text, readFileSync(at(name), 'utf8'))
  }
  t.equal(statSync(at(JWKS)).ino, first.ino)
  await until(() => log().filter(({ msg }) => msg === 'published').length === 2)
  t.strictSame(log().findLast(({ msg }) => msg === 'published')!.files, [`/ecw/${JWKS}`, '/_nginx.conf'])
})

t.test('at the transition of a key, by itself', async t => {
  const { publisher, public: to, time } = await startPublisher(t, {
    keys: { 'a.pem': privatePem('P-256'), 'b.pem': `# activates: ${formatTime(NOW + 2)}\n${privatePem('P-256')}` }, config: { sets: { default: { maxAge: '1s' } } }
  })
  const file = path.join(to, JWKS)
  await publisher.update()
  const [first, next] = kidsOf(file)
  time.now += 2
  await until(() => kidsOf(file)[0] === next)
  t.strictSame(kidsOf(file), [next, first])
  await publisher.close() // the headers are written, too, before the directory is removed
})

t.test('everybody may read the files, whatever the umask; what a killed process left is removed', async t => {
  const { publisher, public: to } = await startPublisher(t)
  const umask = process.umask(0o077)
  t.teardown(() => { process.umask(umask) })
  await publisher.update()
  const mode = (name: string): number => statSync(path.join(to, name)).mode & 0o777
  t.strictSame(['', '.well-known', JWKS, '_headers', '_nginx.conf'].map(mode), [0o755, 0o755, 0o644, 0o644, 0o644])
  const left = (name: string): string => path.join(to, '.well-known', `.jwks.json.${name}.tmp`)
  const [old, fresh] = [left('00000000-0000-4000-8000-000000000000'), left('00000000-0000-4000-8000-000000000001')]
  for (const file of [old, fresh, path.join(to, JWKS)]) writeFileSync(file, 'half')
  utimesSync(old, NOW - 3600, NOW - 3600)
  await publisher.update()
  t.strictSame([old, fresh].map(file => existsSync(file)), [false, true])
  t.equal(kidsOf(path.join(to, JWKS)).length, 1)
})

t.test('what cannot be written is reported and tried again; the other files are written', async t => {
  const { publisher, public: to, health, counted, log } = await startPublisher(t, { keys: { 'a.pem': privatePem('P-256'), 'ecw/a.pem': privatePem('P-256') } })
  mkdirSync(to)
  writeFileSync(path.join(to, 'ecw'), 'in the way')
  await publisher.update()
  t.match(health.failure('publish')!.faults, [{ where: /public\/ecw\/\.well-known\/jwks\.json$/, problem: 'cannot be written (ENOTDIR)', hint: /directory/ }])
  t.ok(existsSync(path.join(to, JWKS)))
  t.strictSame(counted, { failed: 1 })
  rmSync(path.join(to, 'ecw'))
  await until(() => health.failure('publish') === undefined)
  t.ok(existsSync(path.join(to, 'ecw', JWKS)))
  t.strictSame(counted, { failed: 1, written: 1 })
  t.ok(log().some(({ msg }) => msg === 'the published files are written again'))
})

t.test('files of sets that are gone stay, with one warning; without a directory nothing is written', async t => {
  const { publisher, public: to, state, log } = await startPublisher(t)
  const gone = path.join(to, 'gone', JWKS)
  await writePublished(to, [{ path: `/gone/${JWKS}`, body: '{"keys":[]}' }])
  await publisher.update()
  await publisher.update()
  t.strictSame(log().filter(({ level }) => level === 'warn').map(({ file }) => file), [gone])
  t.ok(existsSync(gone))
  const { publish: _, ...config } = state.loaded.config
  state.loaded = { ...state.loaded, config }
  rmSync(to, { recursive: true })
  await publisher.update()
  t.notOk(existsSync(to))
  t.strictSame(await findOrphans(to, []), [], 'a directory that is not there')
})

t.test('a directory that every user can change is warned of', async t => {
  const { file, directory } = await deploy(t, { config: { publish: { directory: 'public' } } })
  const warnings = async () => (await load({ file, env: {}, now: NOW, listeners: 'both' })).warnings.filter(text => text.includes('every user'))
  mkdirSync(path.join(directory, 'public'))
  t.strictSame(await warnings(), [])
  chmodSync(path.join(directory, 'public'), 0o777)
  t.match(await warnings(), [/public: every user can change it \(mode 0777\)/])
})
