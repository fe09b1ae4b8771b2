// A real redis-server on the loopback, which is ended with its test.

import { type ChildProcess, spawn } from 'node:child_process'
import { until } from './until.ts'

interface Teardown { teardown: (end: () => void) => void }

/** Starts it and waits until it answers. It keeps nothing on disk. @param options as in `--port 6379` */
export async function startRedis (t: Teardown, options: Record<string, string | number>): Promise<ChildProcess> {
  const args = Object.entries({ bind: '127.0.0.1', save: '', ...options }).flatMap(([name, value]) => [`--${name}`, `${value}`])
  const child = spawn('redis-server', args)
  t.teardown(() => { child.kill('SIGKILL') })
  let output = ''
  child.stdout.setEncoding('utf8').on('data', (text: string) => { output += text })
  await until(() => /Ready to accept connections/.test(output))
  return child
}
