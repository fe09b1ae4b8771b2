// The process of the public listener and its end, in every state that it may be in.

import { once } from 'node:events'
import { createServer } from 'node:net'
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
  for (const faults of [died, alsoDied]) t.match(faults, [{ where: 'public listener', problem: 'its process ended before it was open' }])
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
