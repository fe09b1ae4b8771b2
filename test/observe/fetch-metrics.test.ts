// Metrics of consumers: who has not fetched for how long, and who lacks a published key.

import t from 'tap'
import { Registry } from 'prom-client'
import { DEFAULT_SET } from '../../src/config/types.ts'
import type { KeySet } from '../../src/core/keys/key-set.ts'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { addFetchMetrics } from '../../src/observe/fetch-metrics.ts'
import { privatePem } from '../support/keys.ts'

t.test('a consumer that has not fetched at all, and one that lacks the newest key', async t => {
  const keys = [['one', 2020], ['two', 2040]].map(([kid, year]) =>
    parseKey(`${kid}.pem`, `# kid: ${kid}\n# activates: ${year}-01-01T00:00:00Z\n${privatePem('P-256')}`))
  const set: KeySet = makeKeySet('ecw', keys, DEFAULT_SET)
  const consumers = new Map(['epic', 'idle'].map(name => [name, { set: 'ecw', from: [], userAgent: name }]))
  const registry = new Registry()
  addFetchMetrics(registry, {
    current: () => ({ config: { consumers, sets: new Map() }, snapshot: { sets: new Map([['ecw', set]]) } }),
    clock: () => 1_800_000_000,
    fetches: () => [{ consumer: 'epic', set: 'ecw', first: 0, last: 1_799_999_990, count: 1, etag: '', kids: new Map([['one', 0]]) }]
  })
  const lines = (await registry.metrics()).split('\n').filter(line => line.startsWith('jwksd'))
  t.strictSame(lines, [
    'jwksd_consumer_last_fetch_age_seconds{set="ecw",consumer="epic"} 10',
    'jwksd_consumer_missing_keys{set="ecw",consumer="epic"} 1',
    'jwksd_consumer_missing_keys{set="ecw",consumer="idle"} 2'
  ])
})
