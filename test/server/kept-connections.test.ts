// Connections that stay open, to a server that is a process of its own: no request is lost, however long it and its answer are.

import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { startProgram } from '../support/program.ts'
import { keepAlive, makeFetch, postSign } from '../support/request.ts'

t.test('short and long requests and tokens on eight connections at a time', async t => {
  const { directory, apiKey, ca } = await deploy(t)
  const server = await startProgram(t, ['--config', 'jwksd.yaml'], { cwd: directory })
  const agent = keepAlive(ca, 8)
  t.teardown(() => { agent.destroy() })
  const fetch = makeFetch(ca)
  const kept: typeof fetch = async (url, options) => await fetch(url, { ...options, agent })
  for (const length of [100, 5000, 8000, 20_000, 63_000]) {
    const text = 'x'.repeat(length)
    for (const body of [JSON.stringify({ claims: { text } }), `{}${' '.repeat(length)}`]) {
      const answers = await Promise.all(Array.from({ length: 80 }, async () =>
        await postSign(kept, server.origin, apiKey, body).then(({ status }) => status, (error: Error) => error.message)))
      t.strictSame([...new Set(answers)], [200], `${body.length} bytes`)
    }
  }
})
