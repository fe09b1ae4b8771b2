// A server with `redis` shares its limits; one that signs nothing has none to share.

import t from 'tap'
import { makeLogger } from '../../src/observe/log.ts'
import { startServer } from '../../src/server/run.ts'
import { load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { NOW } from '../support/listener.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { startSmallRedis } from '../support/small-redis.ts'
import { until } from '../support/until.ts'

t.test('two servers count together, and a listener that publishes only does not count', async t => {
  const redis = await startSmallRedis(t)
  const { file, ca, apiKey } = await deploy(t, { client: { rate: '3/h' }, config: { redis: { url: redis.url.href }, audit: { file: '-' } } })
  const start = async (listeners: 'both' | 'public') => {
    const log = makeLogger('silent', { tty: false })
    const server = await startServer(await load({ file, env: {}, now: NOW, listeners }), { log, clock: () => NOW })
    t.teardown(async () => { await server.close({ drain: 0 }) })
    return `https://localhost:${server.ports.public}`
  }
  await start('public')
  const origins = [await start('both'), await start('both')]
  await until(() => redis.counts.get('{jwksd}:probe:write') === 2)
  const fetch = makeFetch(ca)
  for (const origin of origins) t.equal((await postSign(fetch, origin, apiKey, {})).status, 200)
  t.equal(redis.counts.get('{jwksd}:rate:3/3600:app'), 2)
})
