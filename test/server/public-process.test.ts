// The process of the public listener and its end, in every state that it may be in.

import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { closeSync, openSync } from 'node:fs'
import { type IncomingMessage, request } from 'node:http'
import { createServer } from 'node:net'
import { text } from 'node:stream/consumers'
import t, { type Test } from 'tap'
import type { FaultsError } from '../../src/core/errors.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { PublicProcess } from '../../src/server/public-process.ts'
import { load } from '../../src/state/load.ts'
import { publicHalf } from '../../src/state/public-half.ts'
import { deploy } from '../support/deployment.ts'
import { faultsOf } from '../support/faults.ts'
import { NOW } from '../support/listener.ts'
import { freePort } from '../support/free-port.ts'
import { childrenOf } from '../support/program.ts'
import { makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

async function start (t: Test, times?: { pause?: number, patience?: number }) {
  const { file, ca } = await deploy(t, { config: { logLevel: 'silent' } })
  const health = new Health(makeLogger('silent', { tty: false }), () => NOW)
  const half = publicHalf(await load({ file, env: {}, now: NOW, listeners: 'both' }))
  const before = childrenOf(process.pid)
  const started = new PublicProcess(times)
  t.teardown(async () => { await started.close() })
  const pids = () => childrenOf(process.pid).filter(pid => !before.includes(pid))
  const get = async (path: string) => await makeFetch(ca)(`https://localhost:${started.port}${path}`)
  return { started, pids, half, health, get }
}

t.test('takes over states and failures; killed, it is started again where it was, with the last state', async t => {
  const { started, pids, half, health, get } = await start(t, { pause: 50 })
  t.strictSame(await started.measure(), [], 'not open yet')
  t.match(await faultsOf(() => started.answerChallenge(undefined)), [{ where: 'public listener' }])
  await started.open(half, health)
  t.equal((await get('/.well-known/jwks.json')).json().keys.length, 1)
  t.ok((await started.measure()).some(({ name }) => name === 'jwksd_http_request_seconds'))
  started.reportReload({ since: NOW, faults: [] })
  await until(async () => (await get('/readyz')).json().reload)
  started.reportReload(undefined)
  await until(async () => !(await get('/readyz')).json().reload)
  started.swap({ ...half, published: new Map() })
  await until(async () => (await get('/.well-known/jwks.json')).status === 404)

  const { port } = started
  const challenge = { type: 'http-01' as const, listen: { host: '127.0.0.1', port: port! }, token: 'a', keyAuthorization: 'b' }
  t.match(await faultsOf(() => started.answerChallenge(challenge)), [{ problem: /EADDRINUSE/ }], 'its faults come back')
  const [pid] = pids() as [number]
  process.kill(pid, 'SIGSTOP')
  const challenged = faultsOf(() => started.answerChallenge(undefined))
  const figures = started.measure()
  const other = createServer()
  process.kill(pid, 'SIGKILL')
  t.strictSame(await figures, [], 'it dies while it is measured')
  t.match(await challenged, [{ where: 'public listener' }])
  other.listen(port, '127.0.0.1')
  await once(other, 'listening')
  await until(() => health.failure('public'))
  t.match(health.failure('public')!.faults, [{ problem: 'its process has ended (SIGKILL)' }])
  t.strictSame(await started.measure(), [])
  await until(() => health.failure('public')!.faults[0]!.problem.includes('EADDRINUSE'))
  other.close()
  await until(() => health.failure('public') === undefined)
  t.equal(started.port, port)
  t.equal((await get('/.well-known/jwks.json')).status, 404)
  await started.close()
  t.strictSame(pids(), [])
})

t.test('ends before it is asked, and while it is asked', async t => {
  const [dead, dying] = [await start(t), await start(t)]
  for (const pid of dead.pids()) process.kill(pid, 'SIGSTOP') // neither has loaded its program yet
  for (const pid of dead.pids()) process.kill(pid, 'SIGKILL')
  const died = await dead.started.open(dead.half, dead.health).catch((error: FaultsError) => error.faults)
  const alsoDied = await dying.started.open(dying.half, dying.health).catch((error: FaultsError) => error.faults)
  for (const faults of [died, alsoDied]) t.match(faults, [{ where: 'public listener', problem: 'its process has ended (SIGKILL)' }])
})

t.test('is not started again once it has to end, and killed when it hangs', async t => {
  const { started, pids, half, health } = await start(t, { patience: 100 })
  await started.open(half, health)
  process.kill(pids()[0]!, 'SIGKILL')
  await until(() => health.failure('public'))
  await started.close()
  t.match(health.failure('public')!.faults, [{ problem: 'its process has ended (SIGKILL)' }])
  const hung = await start(t, { patience: 100 })
  await hung.started.open(hung.half, hung.health)
  process.kill(hung.pids()[0]!, 'SIGSTOP')
  await hung.started.close()
  t.strictSame(hung.pids(), [])
})

t.test('ends while it is started again', async t => {
  const { started, pids, half, health } = await start(t, { pause: 1 })
  await started.open(half, health)
  const [first] = pids() as [number]
  process.kill(first, 'SIGKILL')
  await until(() => pids().some(pid => pid !== first))
  await started.close()
  t.strictSame(pids(), [])
})

t.test('what changes while it is started again reaches it, and so does a challenge of before', async t => {
  const { started, pids, half, health, get } = await start(t, { pause: 1 })
  await started.open(half, health)
  const port = await freePort()
  await started.answerChallenge({ type: 'http-01', listen: { host: '127.0.0.1', port }, token: 'a', keyAuthorization: 'a.b' })
  const [first] = pids() as [number]
  process.kill(first, 'SIGKILL')
  const next = await until(() => pids().find(pid => pid !== first))
  process.kill(next, 'SIGSTOP')
  t.ok(health.failure('public'), 'it is not open yet')
  started.swap({ ...half, published: new Map() })
  started.reportReload({ since: NOW, faults: [] })
  process.kill(next, 'SIGCONT')
  await until(() => health.failure('public') === undefined)
  await until(async () => (await get('/readyz')).json().reload)
  await until(async () => (await get('/.well-known/jwks.json')).status === 404)
  t.strictSame(pids(), [next])
  t.equal(await challengeAt(port), 'a.b')
  await started.answerChallenge(undefined)
  await t.rejects(challengeAt(port), { code: 'ECONNREFUSED' })
})

async function challengeAt (port: number): Promise<string> {
  const asked = request({ host: '127.0.0.1', port, path: '/.well-known/acme-challenge/a' }).end()
  const [answer] = await once(asked, 'response') as [IncomingMessage]
  return await text(answer)
}

/** Each takes from this machine what a start needs, and returns what gives it back. */
const LACKS: Record<string, () => () => void> = {
  ENOENT: () => {
    const { execPath } = process
    process.execPath = '/nowhere/node'
    return () => { process.execPath = execPath }
  },
  E2BIG: () => { // Node throws it as it does ENOMEM
    process.env.TOO_LONG = 'x'.repeat(1 << 18)
    return () => { delete process.env.TOO_LONG }
  },
  EMFILE: () => {
    const limit = (...options: string[]): string => execFileSync('prlimit', [`--pid=${process.pid}`, ...options], { encoding: 'utf8' })
    const before = limit('--nofile', '--output=SOFT', '--noheadings').trim()
    limit('--nofile=512:')
    const held: number[] = []
    try {
      for (;;) held.push(openSync('/dev/null', 'r'))
    } catch {} // until there is none left
    return () => {
      held.forEach(descriptor => { closeSync(descriptor) })
      limit(`--nofile=${before}:`)
    }
  }
}

for (const [code, take] of Object.entries(LACKS)) {
  t.test(`cannot be started: ${code}`, async t => {
    const { started, pids, half, health, get } = await start(t, { pause: 20 })
    await started.open(half, health)
    process.kill(pids()[0]!, 'SIGKILL')
    await until(() => pids().length === 0)
    const giveBack = take()
    const again = await until(() => health.failure('public')?.faults.find(({ problem }) => problem.includes('started')))
    const never = new PublicProcess()
    const atFirst = await faultsOf(() => never.open(half, health))
    await never.end()
    giveBack()
    const fault = { where: 'public listener', problem: new RegExp(`its process cannot be started \\(spawn .*${code}\\)`), hint: /^EMFILE: / }
    t.match(again, fault)
    t.match(atFirst, [fault], 'at the first start, too')
    await until(() => health.failure('public') === undefined)
    t.equal((await get('/.well-known/jwks.json')).status, 200, 'it is tried again')
  })
}
