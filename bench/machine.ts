// What a run was made on: machine and versions, for the results.

import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, release, totalmem } from 'node:os'

/** The command that prints a program's version. */
const COMMANDS: Readonly<Record<string, readonly [string, ...string[]]>> = {
  nginx: ['nginx', '-v'],
  Caddy: ['caddy', 'version'],
  Go: ['go', 'version'],
  gunicorn: ['gunicorn', '--version'],
  Flask: ['/usr/bin/python3', '-c', 'import flask; print(flask.__version__)'],
  h2load: ['h2load', '--version'],
  openssl: ['openssl', 'version']
}
const PACKAGES = ['fastify', '@fastify/helmet', 'jose', 'oidc-provider']

const versionIn = (text: string): string => /\d+\.[\d.]*\d/.exec(text)?.[0] ?? 'missing'

function packageVersion (name: string): string {
  const file = new URL(`../../node_modules/${name}/package.json`, import.meta.url)
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

export interface About {
  /** ISO 8601. */
  readonly date: string
  /** `load`: the load average of a minute before the start. */
  readonly machine: {
    readonly cpu: string
    readonly cores: number
    readonly memory: string
    readonly kernel: string
    readonly load: number
  }
  readonly versions: Readonly<Record<string, string>>
}

export function readMachine (): About {
  const programs = Object.entries(COMMANDS).map(([name, [file, ...args]]) => {
    const { stdout, stderr } = spawnSync(file, args, { encoding: 'utf8' })
    return [name, versionIn(`${stdout ?? ''}${stderr ?? ''}`)]
  })
  return {
    date: new Date().toISOString(),
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: availableParallelism(),
      memory: `${Math.round(totalmem() / 2 ** 30)} GiB`,
      kernel: release().split('-')[0]!,
      load: loadavg()[0]!
    },
    versions: {
      node: process.versions.node,
      'OpenSSL of Node': process.versions.openssl,
      ...Object.fromEntries(programs) as Record<string, string>,
      ...Object.fromEntries(PACKAGES.map(name => [name, packageVersion(name)]))
    }
  }
}
