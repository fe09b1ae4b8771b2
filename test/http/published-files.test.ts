// The files of static hosting: their headers stay right until the next are made, although nobody counts seconds there.

import t from 'tap'
import { makeKeySet } from '../../src/core/keys/make-key-set.ts'
import { parseKey } from '../../src/core/keys/parse-key.ts'
import { represent } from '../../src/http/jwks.ts'
import { publishedFiles } from '../../src/http/published-files.ts'
import { privatePem } from '../support/keys.ts'

const at = (activates: number) => ({ ...parseKey('k.pem', privatePem('P-256')), notes: { activates } })

t.test('max-age is that of the listener, and near a transition it is halved: no cache lasts past it', async t => {
  const set = makeKeySet('s', [at(0), { ...at(10_000), file: 'n.pem' }], { kid: 'thumbprint', maxAge: 600, lead: 5000, retire: 5000 })
  const published = new Map([['s', [set]]])
  const seen: Array<[number, number]> = []
  for (let now = 9000; now <= 10_000;) {
    const { files: [jwks], until } = publishedFiles({ published }, now)
    const age = Number(/max-age=(\d+)/.exec(jwks!.headers['Cache-Control']!)![1])
    t.equal(jwks!.headers.ETag, represent([set], now).headers.etag)
    if (now < 10_000) t.ok(until - 1 + age <= 10_000, `at ${until - 1} max-age=${age}`)
    seen.push([now, age])
    now = until
  }
  t.strictSame(seen, [
    [9000, 600], [9400, 300], [9700, 150], [9850, 75], [9925, 37], [9963, 18], [9982, 9], [9991, 4], [9996, 2], [9998, 1], [9999, 0],
    [10_000, 600]
  ])
  t.equal(publishedFiles({ published }, 9000).files[0]!.headers['Cache-Control'], represent([set], 9000).headers['cache-control'])
  t.equal(publishedFiles({ published: new Map([['s', [makeKeySet('s', [at(0)], set)]]]) }, 9000).until, Infinity)
})
