// A process that holds keys opens no inspector and writes no report, for anybody.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdir } from 'node:fs/promises'
import t from 'tap'
import '../../src/server/harden.ts'
import { deploy } from '../support/deployment.ts'
import { inRepository, LOADER, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

/** What Node says when SIGUSR1 starts its inspector, also where its port is taken. */
const INSPECTOR = /Debugger listening|Starting inspector/

t.test('SIGUSR1 opens nothing in a running server', async t => {
  const deployment = await deploy(t)
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  for (let i = 0; i < 3; i++) {
    server.child.kill('SIGUSR1')
    t.equal((await postSign(fetch, server.origin, deployment.apiKey, {})).status, 200)
  }
  t.equal(await server.stop(), 0)
  t.notMatch(server.output.stderr, INSPECTOR)
})

t.test('control: a process without the listener opens its inspector', async t => {
  const child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000); console.log(1)'], { env: { PATH: process.env.PATH } })
  t.teardown(() => { child.kill('SIGKILL') })
  let stderr = ''
  child.stderr.on('data', (text: Buffer) => { stderr += String(text) })
  await once(child.stdout, 'data')
  child.kill('SIGUSR1')
  await until(() => INSPECTOR.test(stderr))
})

t.test('no diagnostic report, also where options of Node ask for one', async t => {
  const directory = t.testdir()
  const crash = async (imports: string): Promise<string[]> => {
    const options = ['--report-uncaught-exception', '--report-on-fatalerror', `--report-directory=${directory}`]
    const code = `${imports}; setImmediate(() => { throw new Error('crash') })`
    const child = spawn(process.execPath, [LOADER, ...options, '--input-type=module', '-e', code], { stdio: 'ignore' })
    await once(child, 'close')
    return await readdir(directory)
  }
  const harden = inRepository('src/server/harden.ts')
  t.strictSame(await crash(`await import(${JSON.stringify(harden)})`), [])
  t.equal((await crash('')).length, 1, 'control: without it there is one')
  t.equal(process.report!.reportOnFatalError, false)
})
