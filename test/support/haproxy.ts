// haproxy with the configuration of deploy/, in front of instances of this machine: TLS passed through and terminated.

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import type { Deployment } from './deployment.ts'
import { freePorts } from './free-port.ts'
import { inRepository } from './program.ts'
import { until } from './until.ts'

/** How long its health checks may take to notice that an instance is away (milliseconds). */
export const NOTICED = 4000
/** Milliseconds. */
const PATIENCE = 60_000

interface Teardown { teardown: (end: () => void) => void }

export interface Balancer {
  readonly child: ChildProcess
  /** TLS passed through, and terminated. */
  readonly origins: readonly [string, string]
  /** What it has said until now. */
  readonly said: () => string
  /**
   * Resolves when both ways hold the `i`th instance for UP or DOWN. One that was away for a moment may never be found DOWN, and is
   * not found UP again then. @throws Error with what haproxy has said
   */
  readonly found: (i: number, state: 'UP' | 'DOWN') => Promise<void>
}

/** @param change of the configuration, for a control */
export async function startBalancer (
  t: Teardown, { directory }: Deployment, name: string, instances: readonly number[], change = (config: string): string => config
): Promise<Balancer> {
  const [through, terminated] = await freePorts(2) as [number, number]
  const tls = (file: string): string => path.join(directory, 'tls', file)
  // Its own: another balancer that starts meanwhile would read half of a file that is written again.
  const both = tls(`both-${through}.pem`)
  writeFileSync(both, readFileSync(tls('cert.pem'), 'utf8') + readFileSync(tls('key.pem'), 'utf8'), { mode: 0o600 })
  const servers = instances.map((port, i) => `  server ${'abc'[i]} 127.0.0.1:${port}\n`).join('')
  const config = readFileSync(inRepository('deploy/haproxy.cfg'), 'utf8')
    .replace('bind :443\n', `bind 127.0.0.1:${through}\n`).replace('bind :444 ssl crt /etc/haproxy/jwks.pem', `bind 127.0.0.1:${terminated} ssl crt ${both}`)
    .replaceAll(/(^ *server \w+ 10\..*\n)+/gm, servers)
    .replaceAll('jwks.example.com', 'localhost').replaceAll(/ca-file \S+/g, `ca-file ${tls('ca.pem')}`)
  const file = path.join(directory, `haproxy ${name}.cfg`)
  writeFileSync(file, change(config))
  const child = spawn('haproxy', ['-db', '-f', file], { stdio: ['ignore', 'inherit', 'pipe'] })
  let text = ''
  child.stderr.setEncoding('utf8').on('data', (more: string) => { text += more })
  t.teardown(() => { child.kill('SIGKILL') })
  const last = (backend: string, i: number): string => text.split(`Server ${backend}/${'abc'[i]} is `).at(-1)!
  const found: Balancer['found'] = async (i, state) => {
    const begun = performance.now()
    await until(() => {
      if (performance.now() - begun > PATIENCE) throw new Error(`haproxy has not found instance ${i} ${state}:\n${text}`)
      return ['through', 'terminated'].every(backend => last(backend, i).startsWith('DOWN') === (state === 'DOWN'))
    })
  }
  return { child, said: () => text, found, origins: [`https://localhost:${through}`, `https://localhost:${terminated}`] }
}
