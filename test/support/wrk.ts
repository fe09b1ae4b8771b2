// Load from many connections at once with wrk, which takes little of the CPU that it shares with the server.

import { execFile } from 'node:child_process'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'

export interface Flood {
  readonly url: string
  readonly connections: number
  readonly seconds: number
  readonly headers?: Record<string, string>
  /** Sent by POST; without it the request is a GET. */
  readonly body?: string
}

/** `good`: answers 2xx a second; `refused`: other answers a second; `broken`: connections that failed or waited for more than 10 s. */
export interface Flooded { readonly good: number, readonly refused: number, readonly broken: number }

/** @param directory for wrk's script */
export async function flood (directory: string, { url, connections, seconds, headers = {}, body }: Flood): Promise<Flooded> {
  const script = path.join(directory, `wrk-${connections}.lua`)
  const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = [[${value}]]`)
  await writeFile(script, [...lines, ...(body === undefined ? [] : ['wrk.method = "POST"', `wrk.body = [[${body}]]`])].join('\n'))
  const options = ['-t1', `-c${connections}`, `-d${seconds}s`, '--timeout', '10s', '-s', script, url]
  const { stdout } = await promisify(execFile)('wrk', options)
  const [all, took] = /(\d+) requests in ([\d.]+)s/.exec(stdout)!.slice(1).map(Number) as [number, number]
  const refused = Number(/Non-2xx or 3xx responses: (\d+)/.exec(stdout)?.[1] ?? 0)
  const broken = /Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)/.exec(stdout)?.slice(1).map(Number) ?? []
  return { good: (all - refused) / took, refused: refused / took, broken: broken.reduce((sum, n) => sum + n, 0) }
}
