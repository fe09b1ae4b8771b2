// Looks at public URLs: only where a key waits to be seen there, and until it has its date.

import t from 'tap'
import { formatTime } from '../../src/core/time.ts'
import { PublicationWatch } from '../../src/server/publication-watch.ts'
import { load, type Loaded } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { NOW } from '../support/listener.ts'
import { until } from '../support/until.ts'

const HELD = `# activates: held since ${formatTime(NOW)}, not before ${formatTime(NOW + 9000)}\n`

t.test('what it saw last, per set and URL; nothing when no key waits, or nobody asks', async t => {
  const { file } = await deploy(t, {
    keys: { 'a.pem': privatePem('P-256'), 'b.pem': HELD + privatePem('P-256'), 'ecw/a.pem': privatePem('P-256') },
    config: { url: 'https://localhost:1', publish: { verify: true }, sets: { all: { include: ['default'] } } }
  })
  const state = await load({ file, env: {}, now: NOW, listeners: 'both' })
  t.strictSame(state.snapshot.sets.get('ecw')!.publicUrls, ['https://localhost:1/ecw/.well-known/jwks.json'])
  const config = { ...state.config, reload: { interval: 0.02, skew: 1 } }
  let current: Pick<Loaded, 'config' | 'snapshot'> = { ...state, config }
  const watch = new PublicationWatch({ current: () => current, clock: () => NOW })
  t.teardown(() => { watch.close() })
  t.strictSame(watch.fetches(), [])
  await until(() => watch.fetches().length > 0)
  const url = (set: string): string => `https://localhost:1${set}/.well-known/jwks.json`
  t.match(watch.fetches(), [{ consumer: url(''), set: 'default', problem: 'ECONNREFUSED' }, { consumer: url('/all'), set: 'default', problem: 'ECONNREFUSED' }])
  current = { ...state, config: { ...config, publish: {} } }
  await until(() => watch.fetches().length === 0)
  watch.close()
})
