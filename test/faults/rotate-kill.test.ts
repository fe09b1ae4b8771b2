// kill -9 at any point of rotate and revoke: the directory can be read, what signed still signs, and the next try goes
// on to the same end. And two operators at once: one wins, the other hears why.

import { once } from 'node:events'
import { mkdir, readdir, stat, utimes, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import t, { type Test } from 'tap'
import { signingKey } from '../../src/core/keys/key-set.ts'
import { readKeySet, rotateSet, type Settings } from '../../src/keystore/rotate.ts'
import { confirmAll } from '../support/confirm-all.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { inRepository, MAIN, spawnNode } from '../support/program.ts'
import { formatTime } from '../../src/core/time.ts'

const DAY = 86_400
const now = (): number => Math.floor(Date.now() / 1000)

interface Site { directory: string, keys: string, settings: Settings }

/** A set in which a rotation is long over: the first key and its public half must go, an older one is set aside. The second key signs. */
async function makeOldSet (t: Test): Promise<Site> {
  const directory = t.testdir()
  const keys = path.join(directory, 'keys')
  const first = makePrivateKey('P-256')
  await mkdir(keys, { recursive: true })
  const write = async (name: string, text: string): Promise<void> => { await writeFile(path.join(keys, name), text, { mode: 0o600 }) }
  await write('a.pem', privatePem(first))
  await write('a-public.pem', publicPem(first))
  await write(`.older.pem.${now() - 2 * DAY}.removed`, privatePem('P-256'))
  await write('default-es256-2.pem', `# activates: ${formatTime(now() - 2 * DAY)}\n${privatePem('P-256')}`)
  return { directory, keys, settings: { keys, sets: new Map(), profiles: new Map(), reload: { interval: 10, skew: 60 } } }
}

/** Changes keys in a process that is killed at a change. @returns whether it was */
async function changeAndDie ({ directory, keys }: Site, what: 'rotate' | 'revoke', at: number): Promise<boolean> {
  const child = spawnNode(inRepository('test/support/change-keys.ts'), [what, keys], {
    cwd: directory,
    env: { DIE_AT: String(at), DIE_BELOW: keys, NODE_OPTIONS: `--import=${inRepository('test/support/die-at.mjs')}` }
  })
  child.stderr!.resume()
  child.stdout!.resume()
  const [code, signal] = await once(child, 'close') as [number | null, string | null]
  if (signal === null && code !== 0) throw new Error(`it ended with ${code}`)
  return signal === 'SIGKILL'
}

/** The state that every interruption must leave, and the one that the next rotate reaches. */
async function checkGoesOn (t: Test, { settings, keys }: Site, name: string): Promise<void> {
  const set = await readKeySet('default', settings, {})
  t.match(signingKey(set, { alg: 'ES256' }, now()).file, /default-es256-2\.pem$/, `${name}: it can be read and signs`)
  const { set: after } = await rotateSet('default', settings, { env: {}, now: now(), begin: true, confirm: confirmAll })
  t.strictSame(after.keys.map(({ file }) => path.basename(file)), ['default-es256-2.pem', 'default-es256-3.pem'], `${name}: the next rotate goes on`)
  const old = new Date(0)
  for (const file of (await readdir(keys)).filter(file => file.startsWith('.'))) await utimes(path.join(keys, file), old, old)
  await rotateSet('default', settings, { env: {}, now: now() + DAY + 3600, confirm: confirmAll })
  // .due is what the command remembers from one run to the next.
  const left = (await readdir(keys)).filter(file => file !== '.due').sort()
  t.strictSame(left, ['default-es256-2.pem', 'default-es256-3.pem'], `${name}: nothing is left over`)
  for (const file of left) t.ok((await stat(path.join(keys, file))).size > 200, 'and no key was overwritten')
}

t.setTimeout(600_000) // many processes, on machines that may be slow

t.test('killed at each change that rotate makes', async t => {
  let at = 1
  for (let killed = true; killed; at++) {
    const site = await makeOldSet(t)
    killed = await changeAndDie(site, 'rotate', at)
    await checkGoesOn(t, site, `change ${at}`)
  }
  t.ok(at > 16, `control: it was killed at ${at - 2} changes`)
})

t.test('killed at each change that revoke makes', async t => {
  let at = 1
  for (let killed = true; killed; at++) {
    const site = await makeOldSet(t)
    killed = await changeAndDie(site, 'revoke', at)
    const key = (await readKeySet('default', site.settings, {})).keys[1]
    t.ok(key?.privateKey, `change ${at}: the file is whole`)
    if (!killed) t.type(key?.revoked, 'number')
  }
  t.ok(at > 5, `control: it was killed at ${at - 2} changes`)
})

t.test('the command, killed at any time', async t => {
  for (let i = 0; i < 3; i++) {
    const site = await makeOldSet(t)
    const child = spawnNode(MAIN, ['rotate', 'default', '--begin'], { cwd: site.directory })
    const ended = once(child, 'close')
    const wait = 600 + Math.random() * 1200
    await Promise.race([sleep(wait), ended])
    child.kill('SIGKILL')
    await ended
    await checkGoesOn(t, site, `after ${Math.round(wait)} ms`)
  }
})

t.test('two operators at once: one wins, the other hears why', async t => {
  const { settings, keys } = await makeOldSet(t)
  const tries = await Promise.allSettled([1, 2].map(async () => await rotateSet('default', settings, { env: {}, now: now(), begin: true, confirm: confirmAll })))
  const lost = tries.filter(one => one.status === 'rejected').map(({ reason }) => reason.message as string)
  t.ok(lost.length <= 1, 'at least one wins')
  for (const message of lost) t.match(message, /another rotate has just made the successor|was changed by another process at the same time/)
  await rotateSet('default', settings, { env: {}, now: now(), begin: true, confirm: confirmAll })
  t.strictSame((await readdir(keys)).filter(file => !file.startsWith('.')).sort(), ['default-es256-2.pem', 'default-es256-3.pem'], 'there is one successor')
})
