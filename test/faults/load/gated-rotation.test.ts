// A promotion that waits for the vendor: three replicas behind haproxy, with Redis, sign and publish for six relying parties
// with real caches. One sleeps for 40 hours of a rotation whose lead is 30 hours. With a gate no verification fails; without
// it, at the same time on the same servers, those of the sleeper do. Time is scaled: half a second stands for an hour.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFile, writeFile } from 'node:fs/promises'
import { connect } from 'node:net'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { deploy } from '../../support/deployment.ts'
import type { Counts } from '../../support/gate-load.ts'
import { privatePem } from '../../support/keys.ts'
import { freePort } from '../../support/free-port.ts'
import { inRepository, runProgram, spawnNode, startProgram } from '../../support/program.ts'
import { until } from '../../support/until.ts'

const PER_SECOND = process.env.JWKSD_LONG ? '10' : '4'
const NAMES = ['jose', 'jwks-rsa', 'get-jwks', 'obedient', 'envoy', 'sleeper']
/** 40 hours of scaled time (milliseconds). */
const SLEEP = 20_000
const RULES = { maxAge: '2s', lead: '15s', retire: '24s' }

/** Starts a program that listens at a port, and ends it with the test. */
async function startAt (t: Test, port: number, command: string, args: string[]): Promise<void> {
  const child = spawn(command, args, { stdio: 'ignore' })
  t.teardown(async () => {
    child.kill('SIGKILL')
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
  })
  await until(async () => await new Promise(resolve => {
    const socket = connect(port, '127.0.0.1', () => { resolve(socket.end()) }).on('error', () => { resolve(undefined) })
  }))
}

const HAPROXY = (port: number, pem: string, replicas: readonly number[]): string => `
defaults
  mode http
  timeout connect 5s
  timeout client 30s
  timeout server 30s
frontend public
  bind 127.0.0.1:${port} ssl crt ${pem}
  option forwardfor
  default_backend replicas
backend replicas
  balance roundrobin
${replicas.map((replica, i) => `  server r${i} 127.0.0.1:${replica} ssl verify none\n`).join('')}`

interface Held { lacks: Array<{ consumer: string }> }
interface Rotated { done: Array<{ do: string, activates?: string | null }>, held: Held[], plan: Array<{ event: string, at: string }> }

const sum = (counts: Record<string, number>): number => Object.values(counts).reduce((total, count) => total + count, 0)

t.test('a vendor sleeps through the lead: with the gate no verification fails, without it some do', { timeout: 300_000 }, async t => {
  const [redis, front] = [await freePort(), await freePort()]
  const consumers = Object.fromEntries(NAMES.map(name => [name, { set: 'gated', userAgent: `gated-${name}` }]))
  const profile = { preset: 'jwt', ttl: { default: '20s', max: '20s' } }
  const { directory: cwd, file, apiKey } = await deploy(t, {
    keys: { 'gated/a.pem': privatePem('P-256'), 'plain/a.pem': privatePem('P-256') },
    client: { profiles: ['gated', 'plain'] },
    config: {
      reload: { interval: '1s', skew: '1s' },
      audit: { file: '-' },
      sets: { gated: { ...RULES, gate: { consumers: NAMES, deadline: '16s' } }, plain: RULES },
      profiles: { gated: { ...profile, set: 'gated' }, plain: { ...profile, set: 'plain' } },
      consumers,
      redis: { url: `redis://127.0.0.1:${redis}` }
    }
  })
  await startAt(t, redis, 'redis-server', ['--port', String(redis), '--bind', '127.0.0.1', '--save', '', '--appendonly', 'no'])
  const replicas = await Promise.all(Array.from({ length: 3 }, async () => await startProgram(t, ['--config', file], { cwd })))
  const [pem, conf] = [path.join(cwd, 'haproxy.pem'), path.join(cwd, 'haproxy.cfg')]
  await writeFile(pem, await readFile(path.join(cwd, 'tls', 'cert.pem'), 'utf8') + await readFile(path.join(cwd, 'tls', 'key.pem'), 'utf8'), { mode: 0o600 })
  await writeFile(conf, HAPROXY(front, pem, replicas.map(({ ports }) => ports.public!)))
  await startAt(t, front, 'haproxy', ['-f', conf, '-db'])

  const load = spawnNode(inRepository('test/support/gate-load.ts'), [`https://localhost:${front}`, apiKey, PER_SECOND, 'gated', 'plain'], {
    cwd, env: { NODE_EXTRA_CA_CERTS: path.join(cwd, 'tls', 'ca.pem') }
  })
  t.teardown(() => { load.kill('SIGKILL') })
  load.stderr!.pipe(process.stderr)
  const lines = createInterface({ input: load.stdout! })
  const said = async (): Promise<string> => (await once(lines, 'line') as [string])[0]
  const rotate = async (set: string, ...args: string[]): Promise<Rotated> => {
    const { code, stdout, stderr } = await runProgram(['rotate', set, '--json', ...args], { cwd })
    t.equal(code, 0, stderr)
    return JSON.parse(stdout) as Rotated
  }
  t.equal(await said(), 'ready')
  await sleep(4000)

  load.stdin!.write('sleep\n')
  const wakes = Date.now() + SLEEP
  const plain = await rotate('plain', '--begin')
  t.equal((await rotate('gated', '--begin')).held.length, 1)
  const takesOver = Date.parse(plain.plan.find(({ event }) => event === 'activate')!.at)
  await sleep(Math.max(wakes, takesOver + 4000) - Date.now())
  const late = await rotate('gated')
  t.match(late, { done: [], held: [{ lacks: [{ consumer: 'sleeper' }] }] }, 'the lead is over, and only the sleeper lacks the key')
  t.equal(late.held[0]!.lacks.length, 1)
  load.stdin!.write('wake\n')
  const date = await until(async () => {
    await sleep(500)
    return (await rotate('gated')).done.find(step => step.do === 'promote')?.activates
  })
  await sleep(Date.parse(date) - Date.now() + 5000)
  load.stdin!.write('end\n')
  const { gated, plain: control } = JSON.parse(await said()) as Record<'gated' | 'plain', Counts>

  t.strictSame([gated.unsigned, control.unsigned], [[], []], 'every request for a token got one')
  t.strictSame([gated.kids.length, control.kids.length], [2, 2], 'both keys of each set have signed')
  t.equal(Object.keys(gated.verified).length, NAMES.length, 'all relying parties took part')
  t.strictSame({ failed: gated.failed, reasons: gated.reasons }, { failed: {}, reasons: [] }, 'with the gate no verification failed')
  t.strictSame(Object.keys(control.failed), ['sleeper'], 'control: without it those of the sleeper fail')
  const n = sum(gated.verified)
  t.comment(`with the gate: ${gated.signed} tokens, n = ${n} verifications, 0 failures: with 95 % confidence fewer than ${(3 / n).toExponential(1)} of all fail`)
  t.comment(`without: ${sum(control.failed)} of ${sum(control.verified) + sum(control.failed)} failed: ${JSON.stringify(control.failed)}`)
})
