// Starts a server as a child process, waits until it answers, and stops it.

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { type AddressInfo, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { Agent, request } from 'undici'

export const JWKS_PATH = '/.well-known/jwks.json'
/** How long a server may take until it answers (milliseconds). */
const PATIENCE = 180_000
/** The servers' certificates are made for one run, on this machine. */
export const dispatcher = new Agent({ connect: { rejectUnauthorized: false } })

export interface Server {
  readonly name: string
  readonly pid: number
  readonly origin: string
  /** From the start of the process to its first answer (milliseconds). */
  readonly readyAfter: number
  stop: () => Promise<void>
}

export interface Command {
  readonly name: string
  readonly command: readonly [string, ...string[]]
  readonly port: number
  /** What must be answered with 200 until the server counts as ready (default: its JWK Set). */
  readonly urls?: readonly string[]
  readonly cwd?: string
  readonly env?: Record<string, string>
}

async function answers (url: string): Promise<boolean> {
  return await request(url, { dispatcher }).then(async ({ body, statusCode }) => {
    await body.dump()
    return statusCode === 200
  }, () => false)
}

/** Starts a server and waits until it answers. @throws Error with its own words when it does not start */
export async function startProgram ({ name, command: [file, ...args], port, urls, cwd, env }: Command): Promise<Server> {
  const start = performance.now()
  const child = spawn(file, args, { ...(cwd && { cwd }), env: { ...process.env, ...env }, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  const keep = (data: unknown): void => { said = (said + String(data)).slice(-4000) }
  child.stdout.on('data', keep)
  child.stderr.on('data', keep)
  const server = {
    name,
    pid: child.pid!,
    origin: `https://localhost:${port}`,
    stop: async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    }
  }
  while (child.exitCode === null && performance.now() - start < PATIENCE) {
    const ready = await Promise.all((urls ?? [server.origin + JWKS_PATH]).map(answers))
    if (ready.every(Boolean)) return { ...server, readyAfter: performance.now() - start }
    await sleep(20)
  }
  await server.stop()
  throw new Error(`${name} does not start:\n${said}`)
}

export async function findPort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
