// What the process of the public listener is handed: enough to publish, and nothing to sign with.

import type { KeyObject } from 'node:crypto'
import t from 'tap'
import { fromPublicHalf, publicHalf } from '../../src/state/public-half.ts'
import { load } from '../../src/state/load.ts'
import { findPrivate } from '../support/deep-scan.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'

const CONFIG = { redis: { url: 'redis://:redis-password@127.0.0.1' }, sets: { union: { include: ['default'] } }, profiles: { plain: { preset: 'jwt', alg: 'ES256' } } }

t.test('keeps what is published and its dates; private keys, clients and profiles stay behind', async t => {
  const keys = {
    'default.pem': privatePem('P-256'),
    'next.pem': `# activates: 2035-01-01T00:00:00Z\n${privatePem('P-384')}`,
    'held.pem': `# activates: held since 2020-01-01T00:00:00Z, not before 2020-01-02T00:00:00Z\n${privatePem('P-384')}`,
    'lost.pem': `# revoked: 2020-01-01T00:00:00Z\n${privatePem('P-521')}`
  }
  const { file, apiKey } = await deploy(t, { keys, config: CONFIG })
  const loaded = await load({ file, env: {}, now: NOW, listeners: 'both' })
  const half = structuredClone(publicHalf(loaded))
  const { config, snapshot } = fromPublicHalf(half)
  for (const [name, members] of loaded.snapshot.published) {
    const expected = members.map(({ keys }) => keys.map(({ jwk, activates, held, revoked }) => ({ jwk, activates, held, revoked })))
    t.match(snapshot.published.get(name)!.map(({ keys }) => keys), expected, name)
  }
  const [[ours], [theirs]] = [loaded.snapshot, snapshot].map(({ sets }) => sets.get('default')!.keys.map(({ publicKey }) => publicKey)) as [KeyObject[], KeyObject[]]
  t.ok(theirs!.equals(ours!))
  t.ok(snapshot.published.get('union')!.includes(snapshot.sets.get('default')!), 'a set under several names stays one')
  t.strictSame([config.clients.size, config.profiles.size, config.sign], [0, 0, undefined])
  const { tls: { key: _, ...tls }, ...rest } = half
  const text = JSON.stringify({ tls, ...rest }, (_name, value: unknown) =>
    value instanceof Map ? Object.fromEntries(value) as unknown : value)
  t.strictSame(findPrivate(JSON.parse(text)), [])
  t.notMatch(text, apiKey)
  t.notMatch(text, /redis-password/)
  t.ok([...snapshot.sets.values()].every(({ keys }) => keys.every(({ privateKey }) => privateKey === undefined)))
})
