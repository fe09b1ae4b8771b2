// What both listeners share.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { openListener } from '../support/listener.ts'

t.test('a route with a schema for Fastify is refused at the start: bodies are checked in the handler', async t => {
  const deployment = await deploy(t)
  for (const schema of [{ body: { type: 'object' } }, { response: { 200: { type: 'object' } } }]) {
    const opening = openListener(t, deployment, { prepare: listener => { listener.post('/checked', { schema }, async () => ({})) } })
    await t.rejects(opening, /routes have no schema here/)
  }
})
