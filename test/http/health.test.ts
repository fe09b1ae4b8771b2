// Liveness and readiness: what a balancer asks.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { NOW, openInternalListener, openListener } from '../support/listener.ts'

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

t.test('/readyz of the internal listener says why nothing can be signed', async t => {
  const deployment = await deploy(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const faults = [{ where: '/var/log/jwksd/audit.jsonl', problem: 'cannot be written (ENOSPC)', hint: 'make room' }]
  const ask = async (failures: Parameters<typeof openInternalListener>[3]) => {
    const { origin, fetch } = await openInternalListener(t, deployment, { now: NOW }, failures)
    return await fetch(`${origin}/readyz`)
  }
  const failing = await ask({ audit: faults })
  t.match([failing.status, failing.json()], [503, { status: 'failing', audit: { status: 'failing', since: /Z$/, faults } }])
  const reload = await ask({ reload: faults })
  t.match([reload.status, reload.json()], [200, { status: 'ready', reload: { status: 'failing', faults } }], 'the last good state signs')
})
