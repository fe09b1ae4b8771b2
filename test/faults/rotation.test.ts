// Rotation under load: clients sign all the time, real relying parties verify with their real caches, keys rotate, and
// nobody notices. Time is scaled: max-age 2 s, lead 6 s, tokens live 10 s. The long form, 20 rotations and 10⁵
// verifications, is `npm run test:long`.

import { once } from 'node:events'
import path from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as sleep } from 'node:timers/promises'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { inRepository, runProgram, spawnNode, startProgram } from '../support/program.ts'
import type { Phase } from '../support/rotation-load.ts'

const ROTATIONS = process.env.JWKSD_LONG ? 20 : 2
const PER_SECOND = process.env.JWKSD_LONG ? '20' : '8'
const RULES = {
  reload: { interval: '1s', skew: '1s' },
  sets: { default: { maxAge: '2s', lead: '6s', retire: '12s' }, slow: { maxAge: '60s', lead: '64s', retire: '12s' } },
  profiles: {
    plain: { preset: 'jwt', ttl: { default: '10s', max: '10s' } },
    slow: { preset: 'jwt', set: 'slow', ttl: { default: '10s', max: '10s' } }
  }
}

t.test('rotations under load: no verification fails, and without the lead some do', { timeout: 1_800_000 }, async t => {
  const deployment = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'slow/slow.pem': privatePem('P-256') }, config: RULES, client: { profiles: ['plain', 'slow'] }
  })
  const cwd = deployment.directory
  const { origin } = await startProgram(t, [], { cwd })
  const tls = ['cert', 'key'].map(name => path.join(cwd, 'tls', `${name}.pem`))
  const load = spawnNode(inRepository('test/support/rotation-load.ts'), [origin, deployment.apiKey, PER_SECOND, ...tls], {
    cwd, env: { NODE_EXTRA_CA_CERTS: path.join(cwd, 'tls', 'ca.pem') }
  })
  t.teardown(() => { load.kill('SIGKILL') })
  load.stderr!.pipe(process.stderr)
  const lines = createInterface({ input: load.stdout! })
  const said = async (): Promise<string> => (await once(lines, 'line') as [string])[0]
  t.equal(await said(), 'ready')

  load.stdin!.write('phase rotation\n')
  await sleep(3000)
  for (let rotation = 1; rotation <= ROTATIONS; rotation++) {
    // A cron job's calls, more than are needed: the slow set begins its next rotation by the age of its key.
    t.match(await runProgram(['rotate', 'slow', '--every', '70s'], { cwd }), { code: 0 })
    const { code, stdout, stderr } = await runProgram(['rotate', 'default', '--begin', '--json'], { cwd })
    t.equal(code, 0, stderr)
    const { done, plan } = JSON.parse(stdout) as { done: Array<{ do: string }>, plan: Array<{ event: string, at: string }> }
    t.ok(done.some(step => step.do === 'generate'), `rotation ${rotation}: a successor is made`)
    await sleep(Date.parse(plan.find(({ event }) => event === 'activate')!.at) - Date.now() + 500)
  }
  await sleep(2500)
  load.stdin!.write('phase without-lead\n')
  await sleep(500)
  const unsafe = ['rotate', 'default', '--begin', '--lead', '0s']
  t.match(await runProgram(unsafe, { cwd }), { code: 1, stderr: /a lead of 0s is unsafe: for up to 4s/ })
  t.match(await runProgram([...unsafe, '--force'], { cwd }), { code: 0, stderr: /hint: accept a lead that is too short/ })
  await sleep(4000)
  load.stdin!.write('end\n')
  const { rotation, 'without-lead': control } = JSON.parse(await said()) as Record<'rotation' | 'without-lead', Phase>

  const n = sum(rotation.verified)
  t.strictSame(rotation.unsigned, [], 'every request for a token got one')
  t.strictSame({ failed: rotation.failed, reasons: rotation.reasons }, { failed: {}, reasons: [] }, 'no verification failed')
  t.equal(Object.keys(rotation.verified).length, 6, 'all relying parties took part')
  t.ok(sum(control.failed) > 0, 'control: without the lead verifications fail')
  t.comment(`${ROTATIONS} rotations, ${rotation.signed} tokens, n = ${n} verifications, ${sum(rotation.failed)} failures (${rotation.late} came too late to count): ` +
    `with 95 % confidence fewer than ${(3 / n).toExponential(1)} of all fail`)
  t.comment(JSON.stringify(rotation.verified))
  t.comment(`control with lead 0: ${sum(control.failed)} of ${sum(control.failed) + sum(control.verified)} failed: ${JSON.stringify(control.failed)}`)
})

function sum (counts: Record<string, number>): number {
  return Object.values(counts).reduce((total, count) => total + count, 0)
}
