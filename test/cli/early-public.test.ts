// Whether the process of the public listener is started early.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { startEarly, takeEarly } from '../../src/cli/early-public.ts'
import type { Environment } from '../../src/config/types.ts'
import { childrenOf } from '../support/program.ts'
import { until } from '../support/until.ts'

t.test('for a server with two listeners, wherever its configuration is named', async t => {
  const directory = t.testdir()
  const write = async (name: string, text: string): Promise<string> => {
    const file = path.join(directory, name)
    await writeFile(file, text)
    return file
  }
  const two = await write('two.yaml', 'url: https://a\nsign: { listen: 10.0.0.1:1 }\n')
  const one = await write('one.yaml', 'url: https://a\nsign: { listen: public }\n')
  const none = await write('none.yaml', 'url: https://a\n')
  const before = childrenOf(process.pid).length
  const starts = (args: readonly string[], env: Environment = {}): boolean => {
    startEarly(args, env)
    const started = childrenOf(process.pid).length > before
    for (const pid of childrenOf(process.pid).slice(before)) process.kill(pid, 'SIGKILL')
    takeEarly(false)
    return started
  }
  for (const args of [['--config', two], [`--config=${two}`], ['-c', two], [`-c${two}`]]) {
    t.ok(starts(['serve', ...args]), args.join(' '))
    await until(() => childrenOf(process.pid).length === before)
  }
  t.ok(starts(['serve'], { JWKSD_CONFIG: two }))
  await until(() => childrenOf(process.pid).length === before)
  for (const [args, env] of [
    [['serve', '--config', one], {}], [['serve', '--config', none], {}], [['serve', '-c', path.join(directory, 'missing')], {}],
    [['serve', '-c', two, '--only', 'public'], {}], [['serve', '-c', two, '--only=internal'], {}], [['status', '-c', two], {}], [[], { JWKSD_CONFIG: two }]
  ] as const) t.notOk(starts(args, env), args.join(' '))
})

t.test('one that was not started early is started when it is wanted', async t => {
  const started = takeEarly(true)
  t.ok(started)
  for (const pid of childrenOf(process.pid)) process.kill(pid, 'SIGKILL')
  await started!.close()
})
