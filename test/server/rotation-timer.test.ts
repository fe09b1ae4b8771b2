// Automatic rotation: the server's own steps, over real files, in injected time; what fails is logged once and tried on.

import { readdir, rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { RotationTimer } from '../../src/server/rotation-timer.ts'
import { load } from '../../src/state/load.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { parseLines, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'

const SETS = { default: { maxAge: '2s', lead: '6s', retire: '1h', rotation: { every: '1d' } }, other: {} }

t.test('does what is due, logs faults once, and goes on when they are gone', async t => {
  const { file, keys } = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'other/o.pem': privatePem('P-256') },
    config: { sets: SETS, reload: { interval: '1s', skew: '1s' }, profiles: {}, clients: {} }
  })
  const read = async () => await load({ file, env: {}, now: NOW, listeners: 'both' })
  const log: string[] = []
  const logger = makeLogger('info', { tty: false, destination: { write: (line: string) => { log.push(line) } } })
  let state: Awaited<ReturnType<typeof read>> | undefined = await read()
  const { config } = state
  await writeFile(path.join(keys, 'bad.pem'), 'nonsense')
  const current = () => {
    if (state) return state
    throw new Error('no state')
  }
  const until = async (done: () => boolean | Promise<boolean>): Promise<void> => { while (!await done()) await sleep(50) }
  let looks = 0
  const health = new Health(logger, () => NOW)
  const timer = new RotationTimer({
    current: () => looks++ % 2 === 0 ? { ...current(), config } : current(), health, env: {}, clock: () => NOW, log: logger
  })
  t.teardown(() => timer.close())
  await until(() => looks > 6)
  const logged = parseLines(log.join(''))
  t.match(logged, [{ level: 'error', where: /bad.pem/, msg: 'the set is not rotated' }])
  t.equal(logged.length, 1, 'once')
  await rm(path.join(keys, 'bad.pem'))
  await until(async () => (await readdir(keys)).includes('default-es256-2.pem'))
  await until(() => log.length > 2)
  t.match(parseLines(log.slice(1).join('')), [
    { set: 'default', step: 'generate', activates: NOW + 6, msg: 'rotated' }, { level: 'info', msg: 'the set default is rotated again' }
  ])
  state = await read()
  const before = looks
  await until(() => looks > before + 3)
  t.strictSame((await readdir(keys)).sort(), ['default-es256-2.pem', 'default.pem', 'other'], 'nothing is due twice, nor in other sets')
  state = { ...state, snapshot: { ...state.snapshot, sets: new Map() } }
  await until(() => log.length > 4)
  t.match(parseLines(log.slice(3).join('')), [
    { level: 'error', set: 'default', msg: 'a rotation ended unexpectedly' }, { level: 'error', where: 'default', msg: 'the set is not rotated' }
  ])
})

t.test('a server with rotation.every: the next key is published, then signs, then the old one is destroyed', { timeout: 120_000 }, async t => {
  const deployment = await deploy(t, {
    config: {
      reload: { interval: '1s', skew: '1s' },
      sets: { default: { maxAge: '1s', lead: '3s', retire: '4s', rotation: { every: '60s' } } },
      profiles: { plain: { preset: 'jwt', ttl: { default: '2s', max: '2s' } } }
    }
  })
  const { origin, log } = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const signer = async (): Promise<string> => (await postSign(fetch, origin, deployment.apiKey, {})).json().kid
  const first = await signer()
  while (await signer() === first) await sleep(200)
  const published = (await fetch(`${origin}/.well-known/jwks.json`)).json().keys as object[]
  t.equal(published.length, 2, 'the old key is still published')
  while ((await readdir(deployment.keys)).includes('default.pem')) await sleep(200)
  const steps = log().filter(({ msg }) => msg === 'rotated')
  t.match(steps, [{ set: 'default', step: 'generate' }, { set: 'default', step: 'destroy', kid: first }])
})
