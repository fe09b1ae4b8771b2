// The real program as a child process: a command that runs to its end, or a server that runs until its test ends.
// Its coverage counts: NODE_OPTIONS has tap's record of processes.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

export const MAIN = fileURLToPath(new URL('../../src/main.ts', import.meta.url))
/** Option of Node with which a child loads TypeScript. */
export const LOADER = `--import=${new URL('strip-types.mjs', import.meta.url)}`

interface Teardown { teardown: (end: () => Promise<void>) => void }

interface ProgramOptions {
  /** Working directory. */
  cwd: string
  env?: Record<string, string>
  /** Text on standard input. */
  input?: string
}

export interface Result { readonly code: number | null, readonly stdout: string, readonly stderr: string }

/** The environment of this process without what would configure jwksd. */
export function cleanEnvironment (env: Record<string, string> = {}): NodeJS.ProcessEnv {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('JWKSD_'))
  return { ...Object.fromEntries(inherited), ...env }
}

/** A file of TypeScript in a child process. */
export function spawnNode (file: string, args: readonly string[], { cwd, env }: ProgramOptions): ChildProcess {
  return spawn(process.execPath, [LOADER, file, ...args], { cwd, env: cleanEnvironment(env) })
}

/** Collects a child's output from its start on. */
function collect (child: ChildProcess): { stdout: string, stderr: string } {
  const output = { stdout: '', stderr: '' }
  child.stdout!.setEncoding('utf8').on('data', (text: string) => { output.stdout += text })
  child.stderr!.setEncoding('utf8').on('data', (text: string) => { output.stderr += text })
  return output
}

/** Runs `jwksd …args` to its end. */
export async function runProgram (args: readonly string[], options: ProgramOptions): Promise<Result> {
  return await runNode(MAIN, args, options)
}

/** Runs a file of TypeScript to its end. */
export async function runNode (file: string, args: readonly string[], options: ProgramOptions): Promise<Result> {
  const child = spawnNode(file, args, options)
  const output = collect(child)
  child.stdin!.end(options.input ?? '')
  const [code] = await once(child, 'close') as [number | null]
  return { code, ...output }
}

/** A running server. Ports are those that the system chose. */
export interface RunningServer {
  readonly child: ChildProcess
  readonly ports: { readonly public?: number, readonly internal?: number }
  /** `https://localhost:<port>` of the public listener. */
  readonly origin: string
  /** `https://localhost:<port>` of the internal listener, where it is separate. */
  readonly internal: string
  /** What it has said until now. */
  readonly output: { readonly stdout: string, readonly stderr: string }
  /** The log records until now. */
  readonly log: () => Array<Record<string, unknown>>
  /** Sends a signal and waits for the end. @returns the exit code, null when the signal killed it */
  readonly stop: (signal?: NodeJS.Signals) => Promise<number | null>
}

/** Starts `jwksd serve …args` and waits until it listens. It is ended with its test. */
export async function startProgram (t: Teardown, args: readonly string[], options: ProgramOptions): Promise<RunningServer> {
  const child = spawnNode(MAIN, ['serve', ...args], options)
  const output = collect(child)
  const ended = once(child, 'close') as Promise<[number | null]>
  const stop = async (signal: NodeJS.Signals = 'SIGTERM'): Promise<number | null> => {
    child.kill(signal)
    return (await ended)[0]
  }
  t.teardown(async () => { await stop() })
  const log = (): Array<Record<string, unknown>> => parseLines(output.stderr)
  const ports = await new Promise<RunningServer['ports']>((resolve, reject) => {
    const streams = [child.stdout!, child.stderr!]
    const look = (): void => {
      const listening = log().find(({ msg }) => msg === 'listening')
      if (!listening || !/^Keys \(/m.test(output.stdout + output.stderr)) return
      for (const stream of streams) stream.off('data', look) // a long log takes seconds to read
      resolve(listening as RunningServer['ports'])
    }
    for (const stream of streams) stream.on('data', look)
    void ended.then(([code]) => reject(new Error(`jwksd ended with ${code} before it listened:\n${output.stderr}`)))
  })
  const origin = (port: number | undefined): string => `https://localhost:${port}`
  return { child, ports, origin: origin(ports.public), internal: origin(ports.internal), output, log, stop }
}

/** The JSON lines of a log; an unfinished last line is left out. */
export function parseLines (text: string): Array<Record<string, unknown>> {
  return text.split('\n').slice(0, -1).filter(line => line.startsWith('{')).map(line => JSON.parse(line) as Record<string, unknown>)
}

/** Path of a file of the repository. */
export function inRepository (name: string): string {
  return path.join(path.dirname(MAIN), '..', name)
}

/** The processes that a process has started and that are not waited for yet. */
export function childrenOf (pid: number): number[] {
  return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').map(Number).filter(Boolean)
}

/** False once a process has ended, also where nobody has waited for it. */
export function isAlive (pid: number): boolean {
  try {
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'))
  } catch {
    return false
  }
}
