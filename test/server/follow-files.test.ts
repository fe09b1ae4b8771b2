// What a reload refuses before anything is swapped, and an error that is no fault of the files.

import { readFile, writeFile } from 'node:fs/promises'
import t from 'tap'
import { parse, stringify } from 'yaml'
import { load, LoadCache, type Loaded } from '../../src/state/load.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { acceptNext, followFiles, needRestart } from '../../src/server/follow-files.ts'
import { startServer } from '../../src/server/run.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { faultsOf } from '../support/faults.ts'
import { parseLines } from '../support/program.ts'
import { until } from '../support/until.ts'

t.test('a listener neither forgets nor learns to ask for client certificates while it is open', async t => {
  const { file } = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const read = async (): Promise<Loaded> => await load({ file, env: {}, now: NOW, listeners: 'both' })
  const open = await read()
  const config = parse(await readFile(file, 'utf8'))
  config.sign.tls = { ...config.tls, clientCa: 'tls/ca.pem' }
  await writeFile(file, stringify(config))
  const mutual = await read()
  const refusal = (before: Loaded, after: Loaded) => faultsOf(() => acceptNext(before, after, NOW))
  t.match(await refusal(open, mutual), [{ where: 'sign.tls.clientCa', problem: 'cannot be added while the listener is open', hint: 'restart jwksd' }])
  t.match(await refusal(mutual, open), [{ where: 'sign.tls.clientCa', problem: 'cannot be removed while the listener is open', hint: 'restart jwksd' }])
  t.strictSame(await refusal(mutual, await read()), [], 'control: the same demand')
})

t.test('what sign.metrics protects does not become open to everybody while the listener is open', async t => {
  for (const listen of ['public', '127.0.0.1:0']) {
    const { file } = await deploy(t, { config: { sign: { listen, metrics: { clients: ['app'] } } } })
    const read = async (listeners: 'both' | 'public' = 'both'): Promise<Loaded> => await load({ file, env: {}, now: NOW, listeners })
    const [closed, apart] = [await read(), await read('public')]
    const { sign, ...config } = parse(await readFile(file, 'utf8'))
    const refusal = (before: Loaded, after: Loaded) => faultsOf(() => acceptNext(before, after, NOW))
    const removed = [{ where: 'sign.metrics', problem: 'cannot be removed while the listener is open', hint: 'restart jwksd' }]
    await writeFile(file, stringify({ ...config, sign: { listen } }))
    const open = await read()
    t.strictSame(await refusal(closed, open), removed, `sign.listen: ${listen}`)
    t.strictSame(await refusal(open, closed), [], 'control: the demand may come')
    t.strictSame(await refusal(closed, closed), [], 'control: it stays')
    t.strictSame(await refusal(open, open), [], 'control: it never was there')
    t.strictSame(await refusal(apart, await read('public')), [], 'control: the public listener, where it is the only one')
    await writeFile(file, stringify({ ...config, profiles: undefined, clients: undefined }))
    t.strictSame(await refusal(closed, await read()), removed, 'all of sign is removed')
  }
})

t.test('the page for operators, which localhost has without authentication, does not come before vendors', async t => {
  const read = async (sign: object, more: object = {}): Promise<Loaded> => {
    const { file } = await deploy(t, { config: { sign, ...more } })
    return await load({ file, env: {}, now: NOW, listeners: 'both' })
  }
  const moved = (loaded: Loaded): Loaded => ({ ...loaded, config: { ...loaded.config, url: new URL('https://jwks.example.com') } })
  const refusal = (before: Loaded) => faultsOf(() => acceptNext(before, moved(before), NOW))
  const page = await read({ listen: 'public' })
  t.match(await refusal(page), [{ where: 'url', problem: /cannot lead away from localhost/, hint: 'restart jwksd' }])
  t.strictSame(await faultsOf(() => acceptNext(page, page, NOW)), [], 'control: it stays')
  t.strictSame(await faultsOf(() => acceptNext(moved(page), moved(page), NOW)), [], 'control: it never was there')
  for (const other of [await read({ listen: '127.0.0.1:0' }), await read({ listen: 'public', metrics: { clients: ['app'] } }), await read({ listen: 'public' }, { publicPage: true })]) {
    t.strictSame(await refusal(other), [], 'control: vendors see no such page')
  }
})

t.test('a change of Redis or of the ledger needs a restart', async t => {
  const { file } = await deploy(t)
  const { config } = await load({ file, env: {}, now: NOW, listeners: 'both' })
  const redis = { url: new URL('redis://127.0.0.1:6379') }
  t.strictSame(needRestart(config, { ...config, redis, ledger: { file: '/var/ledger.json' } }), ['ledger', 'redis.url'])
  t.strictSame(needRestart({ ...config, redis }, { ...config, redis: { url: new URL(redis.url) } }), [], 'control: the same')
})

t.test('an error that is no fault of the files is logged whole, and the server goes on', async t => {
  const { file } = await deploy(t)
  const lines: string[] = []
  const log = makeLogger('debug', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const options = { file, env: {}, listeners: 'both' as const }
  const state = await load({ ...options, now: NOW })
  const server = await startServer(state, { log, clock: () => NOW })
  const cache = new LoadCache()
  cache.keys.beginRead = () => { throw new TypeError('no memory of keys') }
  const reloader = followFiles(server, { ...options, cache }, log, () => NOW)
  t.teardown(async () => {
    reloader.close()
    await server.close()
  })
  const logged = await until(() => parseLines(lines.join('')).find(({ msg }) => msg === 'a reload ended unexpectedly'))
  t.match(logged, { err: { type: 'TypeError', message: 'no memory of keys' } })
  t.equal(server.current(), state)
})
