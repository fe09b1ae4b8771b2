// The way of a rotation's step, where somebody or something comes in between.

import { chmod, chown, mkdir, mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import t, { type Test } from 'tap'
import { planRotation } from '../../src/core/keys/rotation.ts'
import { lookAhead } from '../../src/keystore/plan.ts'
import { explainErrors, readKeySet, rotateSet, type Settings } from '../../src/keystore/rotate.ts'
import { applyStep } from '../../src/keystore/apply-step.ts'
import { NOW } from '../support/listener.ts'
import { faultsOf } from '../support/faults.ts'
import { privatePem } from '../support/keys.ts'

const margins = { interval: 10, skew: 60 }

async function settingsFor (t: Test, keys = t.testdir()): Promise<Settings> {
  await writeFile(path.join(keys, 'a.pem'), privatePem('P-256'), { mode: 0o600 })
  return { keys, sets: new Map(), profiles: new Map(), reload: margins }
}

t.test('two who planned from the same files: the second hears that the first has done it', async t => {
  const settings = await settingsFor(t)
  const set = await readKeySet('default', settings, {})
  const [step] = planRotation(set, { margins, lead: 7200 }, NOW)
  const place = { directory: settings.keys, now: NOW }
  await applyStep(set, step!, place)
  t.match(await faultsOf(async () => await applyStep(set, step!, place)),
    [{ where: path.join(settings.keys, 'default-es256-2.pem'), problem: /another rotate has just made the successor/, hint: /nothing left to do/ }])
  t.strictSame(await readdir(settings.keys), ['a.pem', 'default-es256-2.pem'])
  const nowhere = { ...place, directory: path.join(settings.keys, 'a.pem') }
  await t.rejects(applyStep(set, step!, nowhere), { code: /EEXIST|ENOTDIR/ }, 'other failures are not taken for that')
  const destroy = { do: 'destroy', at: NOW, key: set.keys[0]! } as const
  await applyStep(set, destroy, place)
  t.match(await faultsOf(async () => await explainErrors(settings.keys, async () => { await applyStep(set, destroy, place) })),
    [{ where: /a\.pem$/, problem: 'was changed by another process at the same time', hint: /jwksd status/ }])
})

t.test('what is ahead of a held key: without a ledger nothing names a consumer', async t => {
  const settings = await settingsFor(t)
  const set = await readKeySet('default', settings, {})
  const held = { ...set.keys[0]!, kid: 'next', activates: Infinity, held: { since: NOW, earliest: NOW + 9 } }
  const gated = { ...set, keys: [...set.keys, held], gate: { consumers: ['epic'], deadline: 99 } }
  t.match(lookAhead(gated, settings, NOW, []), { held: [{ lacks: [{ consumer: 'epic' }] }] })
  t.strictSame(lookAhead(gated, settings, NOW).held, [])
})

t.test('errors of the file system say what an operator can do; others are passed on', async t => {
  const settings = await settingsFor(t)
  t.match(await faultsOf(async () => await explainErrors('keys', async () => await mkdir(settings.keys))),
    [{ where: settings.keys, problem: 'cannot be changed (EEXIST)', hint: /as the user that owns the key directory/ }])
  await t.rejects(explainErrors('keys', async () => { throw new Error('else') }), { message: 'else' })
  t.match(await faultsOf(async () => await explainErrors('keys', async () => { throw Object.assign(new Error('no path'), { code: 'EIO' }) })),
    [{ where: 'keys', problem: 'cannot be changed (EIO)' }])
})

t.test('a file where the directory of a set should be', async t => {
  const settings = await settingsFor(t)
  await writeFile(path.join(settings.keys, 'ecw'), '')
  t.match(await faultsOf(async () => await rotateSet('ecw', settings, { env: {}, now: NOW })), [{ problem: 'cannot be changed (ENOTDIR)' }])
})

t.test('a key directory that this user may not change', async t => {
  // Where another user may enter; the checkout may lie in a private directory.
  const open = await mkdtemp(path.join(tmpdir(), 'jwksd-'))
  t.teardown(async () => { await rm(open, { recursive: true }) })
  await chmod(open, 0o755)
  const settings = await settingsFor(t, open)
  const user = process.getuid!()
  const other = user === 0 ? 65534 : user // root may change everything, so it becomes somebody else
  for (const file of [settings.keys, path.join(settings.keys, 'a.pem')]) await chown(file, other, process.getgid!())
  await chmod(settings.keys, 0o500)
  process.seteuid!(other)
  const faults = await faultsOf(async () => await rotateSet('default', settings, { env: {}, now: NOW })).finally(() => process.seteuid!(user))
  t.match(faults, [{ problem: 'cannot be changed (EACCES)' }])
  t.equal((await stat(path.join(settings.keys, 'a.pem'))).uid, other)
})

t.test('where the group reads the key, it reads the next one', async t => {
  const settings = await settingsFor(t)
  const file = path.join(settings.keys, 'a.pem')
  for (const mode of [0o640, 0o600]) {
    await chmod(file, mode)
    await rotateSet('default', settings, { env: {}, now: NOW, begin: true })
    const [next] = (await readdir(settings.keys)).filter(name => name !== 'a.pem')
    t.equal((await stat(path.join(settings.keys, next!))).mode & 0o777, mode)
    await rm(path.join(settings.keys, next!))
  }
})
