// The process of the public listener is killed, cannot listen, or was started in vain.

import { readFileSync } from 'node:fs'
import { writeFile } from 'node:fs/promises'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { childrenOf, isAlive, runProgram, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const TWO = { sign: { listen: '127.0.0.1:0' } }

t.test('the public process dies: the other signs on, says so, and starts it again', async t => {
  const deployment = await deploy(t, { config: TWO })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  const [publicPid] = childrenOf(server.child.pid!) as [number]
  process.kill(publicPid, 'SIGKILL')
  t.match(await until(async () => (await fetch(`${server.internal}/readyz`)).json().public), {
    status: 'failing', faults: [{ where: 'public listener', problem: 'its process has ended (SIGKILL)' }]
  })
  t.equal((await postSign(fetch, server.internal, deployment.apiKey, {})).status, 200)
  await until(async () => await fetch(`${server.origin}/readyz`).then(({ status }) => status === 200, () => false))
  t.strictSame(await until(async () => {
    const ready = (await fetch(`${server.internal}/readyz`)).json()
    return ready.public ? undefined : ready
  }), { status: 'ready' })
  const [next] = childrenOf(server.child.pid!) as [number]
  server.child.kill('SIGKILL')
  await until(() => !isAlive(next))
})

t.test('the address of the public listener is in use', async t => {
  const deployment = await deploy(t, { config: TWO })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const listen = `127.0.0.1:${server.ports.public}`
  t.match(await runProgram(['serve'], { cwd: deployment.directory, env: { JWKSD_LISTEN: listen } }), {
    code: 1, stdout: '', stderr: /error: 127\.0\.0\.1:\d+: cannot listen there \(EADDRINUSE\)\nhint: choose another address/
  })
})

t.test('what only looks like two listeners is one process', async t => {
  const deployment = await deploy(t)
  const text = readFileSync(deployment.file, 'utf8').replace('listen: public', 'listen: &here public')
  await writeFile(deployment.file, text)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  t.equal(server.ports.internal, undefined)
  await until(() => childrenOf(server.child.pid!).length === 0)
})
