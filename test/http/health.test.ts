// Liveness and readiness: what a balancer asks.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'

t.test('/livez and /readyz answer with small JSON that no cache keeps', async t => {
  const draining = { yes: false }
  const { origin, fetch } = await openListener(t, await deploy(t), { draining })
  const ask = async (path: string, method = 'GET') => {
    const { status, headers, text } = await fetch(origin + path, { method })
    t.equal(headers['cache-control'], 'no-store')
    t.match(headers['content-type'], /^application\/json/)
    return { status, text, connection: headers.connection }
  }
  t.match(await ask('/livez'), { status: 200, text: '{"status":"alive"}' })
  t.match(await ask('/readyz'), { status: 200, text: '{"status":"ready"}' })
  t.match(await ask('/readyz', 'HEAD'), { status: 200, text: '' })
  draining.yes = true
  t.match(await ask('/livez'), { status: 200, connection: 'close' }, 'a draining process is alive')
  t.match(await ask('/readyz'), { status: 503, text: '{"status":"draining"}', connection: 'close' })
  t.equal((await fetch(`${origin}/.well-known/jwks.json`)).status, 200, 'what still arrives is still answered')
})
