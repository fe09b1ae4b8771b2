// Profiles that cannot sign are reported by a running server: after a revocation, and when a key ends by the clock.

import { readFile, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { setNotes } from '../../src/core/keys/notes.ts'
import { formatTime } from '../../src/core/time.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { SigningWatch } from '../../src/server/signing-watch.ts'
import { load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { follow } from '../support/followed-server.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { until } from '../support/until.ts'

t.test('a revoked only key: an error in the log, and the way on in /readyz of the internal listener', async t => {
  const server = await follow(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const ready = async (origin: string) => (await server.fetch(`${origin}/readyz`)).json() as Record<string, unknown>
  t.strictSame(await ready(server.internal), { status: 'ready' }, 'control: it signs')
  const file = path.join(server.keys, 'default.pem')
  await writeFile(file, setNotes(await readFile(file, 'utf8'), { revoked: NOW }))
  const keys = await until(async () => (await ready(server.internal)).keys)
  t.match(keys, { status: 'failing', since: /Z$/, faults: [{ where: 'sets.default', problem: 'nothing signs in default', hint: 'jwksd rotate default' }] })
  t.equal(server.log().filter(({ level, problem }) => level === 'error' && problem === 'nothing signs in default').length, 1)
  t.strictSame(await ready(server.origin), { status: 'ready' }, 'the public listener goes on')
})

t.test('by the clock: a key that does not sign yet, and a profile whose key ends', async t => {
  const dated = (activates: number): string => `# activates: ${formatTime(activates)}\n${privatePem('P-256')}`
  const { file } = await deploy(t, {
    keys: { 'default.pem': dated(NOW + 10), 'bound/a.pem': privatePem('P-256'), 'bound/b.pem': dated(NOW + 20) },
    config: { profiles: { plain: { preset: 'jwt' }, bound: { preset: 'jwt', set: 'bound', key: 'a.pem' } } }
  })
  const { snapshot } = await load({ file, env: {}, now: NOW, listeners: 'both' })
  let now = NOW
  const health = new Health(makeLogger('silent', { tty: false }), () => now)
  const watch = new SigningWatch({ current: () => snapshot, clock: () => now, health })
  t.teardown(() => watch.close())
  t.match(health.failure('keys')!.faults, [{ problem: `nothing signs in default before ${formatTime(NOW + 10)}`, hint: /give .*default.pem an earlier "# activates:"/ }])
  now = NOW + 10
  await until(() => health.failure('keys') === undefined)
  now = NOW + 20
  await until(() => health.failure('keys'))
  t.match(health.failure('keys')!.faults, [{ where: 'profiles.bound.key', problem: `profile bound is bound to a.pem, which stopped signing on ${formatTime(NOW + 20)}` }])
})
