// What a reload must not take away, from real key files: each loss is reported, and what vendors do not miss may go.

import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { load, type Loaded } from '../../src/state/load.ts'
import { checkContinuity, findUnsigned } from '../../src/state/continuity.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makePrivateKey, privatePem, publicPem } from '../support/keys.ts'
import { formatTime } from '../../src/core/time.ts'

const pinned = (pem: string): string => `# kid: k1\n${pem}`
const own = makePrivateKey('P-256')

/** A server whose set `ecw`, which no profile signs with, has these files. */
async function deploySet (t: Test, files: Record<string, string>) {
  const keys = Object.fromEntries(Object.entries(files).map(([name, pem]) => [`ecw/${name}`, pem]))
  const { file, keys: directory } = await deploy(t, { keys: { 'default.pem': privatePem('P-256'), ...keys } })
  const read = async (): Promise<Loaded> => await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })
  const { snapshot } = await read()
  return {
    directory: path.join(directory, 'ecw'),
    losses: async () => checkContinuity(snapshot, (await read()).snapshot, NOW)
  }
}

t.test('a set must not go with its directory', async t => {
  const { directory, losses } = await deploySet(t, { 'a.pem': pinned(privatePem(own)) })
  t.strictSame(await losses(), [], 'control: nothing has changed')
  await rm(directory, { recursive: true })
  t.match(await losses(), [{ where: /a\.pem$/, problem: 'the key k1 is active in the set "ecw", so vendors need it, and it would be gone' }])
})

t.test('no other key takes the kid of a published one', async t => {
  const { directory, losses } = await deploySet(t, { 'a.pem': pinned(privatePem(own)) })
  await writeFile(path.join(directory, 'a.pem'), pinned(privatePem('P-256')))
  t.match(await losses(), [{ where: /a\.pem$/, problem: 'the key k1 is active in the set "ecw", and another key or alg would take its kid' }])
})

t.test('another kid for the same key takes a restart, and the fault says why', async t => {
  const { directory, losses } = await deploySet(t, { 'a.pem': pinned(privatePem(own)) })
  await writeFile(path.join(directory, 'a.pem'), `# kid: k2\n${privatePem(own)}`)
  t.match(await losses(), [{
    where: /a\.pem$/,
    problem: 'the key k1 is active in the set "ecw", and would be published as k2: vendors\' caches and tokens in use know it as k1',
    hint: /pin the kid that vendors know with "# kid: k1"; the other one takes a restart/
  }])
})

t.test('a public key that has taken over is why nothing signs', async t => {
  const { file } = await deploy(t, { keys: { 'a.pem': privatePem('P-256'), 'b.pem': `# activates: ${formatTime(NOW)}\n${publicPem(makePrivateKey('P-256'))}` } })
  const { snapshot } = await load({ file, env: {}, now: NOW - 1, listeners: 'both', tls: false })
  t.strictSame(findUnsigned(snapshot, NOW - 1), [], 'control: before')
  t.match(findUnsigned(snapshot, NOW), [{ where: 'sets.default', problem: /^nothing signs in default: the private half of .*b\.pem is not here$/, hint: /jwksd rotate default --begin$/ }])
})

t.test('a private half is kept until the key has signed its last', async t => {
  const { directory, losses } = await deploySet(t, { 'a.pem': pinned(privatePem(own)) })
  await writeFile(path.join(directory, 'a.pem'), pinned(publicPem(own)))
  t.match(await losses(), [{ where: /a\.pem$/, problem: 'the key k1 is active in the set "ecw" and would lose its private half' }])

  const next = `# activates: ${formatTime(NOW - 60)}\n${privatePem('P-256')}`
  const retired = await deploySet(t, { 'a.pem': pinned(privatePem(own)), 'b.pem': next })
  await writeFile(path.join(retired.directory, 'a.pem'), pinned(publicPem(own)))
  t.strictSame(await retired.losses(), [], 'a deactivated key verifies without it')
})
