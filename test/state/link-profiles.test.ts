// Profiles that are bound to one key, and rotation: contradictions are faults at load, an end that is foreseen a warning.

import t from 'tap'
import { load } from '../../src/state/load.ts'
import { formatTime } from '../../src/core/time.ts'
import { deploy } from '../support/deployment.ts'
import { faultsOf } from '../support/faults.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'

async function site (keys: Record<string, string>, { key, sets = {} }: { key?: string, sets?: object }) {
  const profile = { preset: 'jwt', ...(key !== undefined && { key }) }
  const { file } = await deploy(t, { keys, config: { sets, profiles: { plain: profile } } })
  return async () => await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })
}

t.test('a profile that names its key contradicts rotation.every', async t => {
  const sets = { default: { rotation: { every: '90d' } } }
  const keys = { 'a.pem': privatePem('P-256') }
  t.match(await faultsOf(await site(keys, { key: 'a.pem', sets })), [{
    where: /profiles\.plain\.key$/, problem: 'is bound to one key, and sets.default.rotation replaces it', hint: 'take key out of the profile, or rotation out of the set'
  }])
  t.strictSame((await (await site(keys, { sets }))()).config.profiles.get('plain')!.key, undefined, 'control: without key')
})

t.test('a second key without a date: the hint offers a date, rotate, and key', async t => {
  const found = await faultsOf(await site({ 'a.pem': privatePem('P-256'), 'b.pem': privatePem('P-256') }, {}))
  t.match(found, [{ problem: /^is needed: 2 ES256 keys .* have no activation date/ }])
  for (const way of [/"# activates: 2026-12-01T00:00:00Z"/, /jwksd rotate default --begin makes a successor/, /name one: [0-9a-f]{16} \(.*\.pem\)/]) t.match(found[0]!.hint, way)
})

t.test('a profile that will lose its key is warned of', async t => {
  const next = `# activates: ${formatTime(NOW + 60)}\n${privatePem('P-256')}`
  const warnings = async (key?: string) => (await (await site({ 'a.pem': privatePem('P-256'), 'b.pem': next }, { ...(key && { key }) }))()).warnings
  const expected = `profile plain is bound to a.pem, which stops signing on ${formatTime(NOW + 60)}, when the next key of its set takes over; take key out of the profile`
  t.ok((await warnings('a.pem')).includes(expected))
  t.notOk((await warnings('b.pem')).some(text => text.includes('is bound to')), 'control: nothing follows it')
  t.notOk((await warnings()).some(text => text.includes('is bound to')), 'control: not bound')
})

t.test('rotation and gate of a set that only includes others are faults', async t => {
  const keys = { 'a.pem': privatePem('P-256'), 'ecw/e.pem': privatePem('P-256') }
  const every = { rotation: { every: '90d' } }
  t.match(await faultsOf(await site(keys, { sets: { all: { include: ['ecw'], ...every } } })),
    [{ where: /sets\.all\.rotation$/, problem: 'has no effect: the set only includes the keys of others', hint: 'move it to: ecw' }])
  const { file } = await deploy(t, { keys, config: { ledger: { file: 'l' }, profiles: {}, clients: {}, sets: { all: { include: ['ecw'], gate: { consumers: ['all'] } } } } })
  t.match(await faultsOf(async () => await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })),
    [{ where: /sets\.all\.gate$/, problem: 'has no effect: the set only includes the keys of others', hint: 'move it to: ecw' }])
  t.strictSame(await faultsOf(await site(keys, { sets: { all: { include: ['ecw'] }, ecw: every } })), [], 'control')
})
