// A server with keys that are rotated within seconds, and a process that signs and verifies all the time (rotation-load.ts).
// Time is scaled: max-age 2 s, a lead of seconds, tokens live 10 s.

import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import { deploy, type Deployment } from './deployment.ts'
import { privatePem } from './keys.ts'
import { inRepository, runProgram, type RunningServer, spawnNode, startProgram } from './program.ts'
import type { Phase } from './rotation-load.ts'

const rules = (lead: number): Record<string, unknown> => ({
  reload: { interval: '1s', skew: '1s' },
  sets: { default: { maxAge: '2s', lead: `${lead}s`, retire: '12s' }, slow: { maxAge: '60s', lead: '64s', retire: '12s' } },
  profiles: {
    plain: { preset: 'jwt', ttl: { default: '10s', max: '10s' } },
    slow: { preset: 'jwt', set: 'slow', ttl: { default: '10s', max: '10s' } }
  }
})

interface TestScope { testdir: () => string, teardown: (end: () => unknown) => void }

export interface RotationLoad {
  readonly deployment: Deployment
  readonly server: RunningServer
  /** What comes is counted under this name from now on. */
  readonly begin: (phase: string) => void
  readonly end: () => Promise<Record<string, Phase>>
}

/** @param perSecond tokens of each of two sets  @param lead of the default set (seconds) */
export async function startRotationLoad (t: TestScope, { perSecond, lead }: { perSecond: number, lead: number }): Promise<RotationLoad> {
  const deployment = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'slow/slow.pem': privatePem('P-256') }, config: rules(lead), client: { profiles: ['plain', 'slow'] }
  })
  const cwd = deployment.directory
  const server = await startProgram(t, [], { cwd })
  const tls = ['cert', 'key'].map(name => path.join(cwd, 'tls', `${name}.pem`))
  const load = spawnNode(inRepository('test/support/rotation-load.ts'), [server.origin, deployment.apiKey, String(perSecond), ...tls], {
    cwd, env: { NODE_EXTRA_CA_CERTS: path.join(cwd, 'tls', 'ca.pem') }
  })
  t.teardown(() => { load.kill('SIGKILL') })
  load.stderr!.pipe(process.stderr)
  const lines = createInterface({ input: load.stdout! })
  const said = async (): Promise<string> => (await once(lines, 'line') as [string])[0]
  await said() // ready
  return {
    deployment,
    server,
    begin: phase => { load.stdin!.write(`phase ${phase}\n`) },
    end: async () => {
      load.stdin!.write('end\n')
      return JSON.parse(await said()) as Record<string, Phase>
    }
  }
}

/** One rotation of both sets as a cron job does it, until the next key of the default set signs. @throws Error when it fails */
export async function rotateOnce (cwd: string): Promise<void> {
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await runProgram(['rotate', ...args], { cwd })
    if (code !== 0) throw new Error(stderr)
    return stdout
  }
  await run('slow', '--every', '70s') // begins by the age of its key: more calls than are needed
  const { done, plan } = JSON.parse(await run('default', '--begin', '--json')) as { done: Array<{ do: string }>, plan: Array<{ event: string, at: string }> }
  if (!done.some(step => step.do === 'generate')) throw new Error('no successor is made')
  await sleep(Date.parse(plan.find(({ event }) => event === 'activate')!.at) - Date.now() + 500)
}

export function sum (counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
