// Load over keep-alive TLS: wrk where it is installed, else undici. Refuses to count answers other than 200.

import { execFile, spawnSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { promisify } from 'node:util'
import { Agent, request } from 'undici'
import { cpuTime } from './cpu.js'

export interface Target {
  readonly url: string
  /** Sent by POST; without it the request is a GET. */
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** `cpu`: what the generator itself took, in microseconds. It shares the machine with the server. */
export interface Load { readonly count: number, readonly seconds: number, readonly cpu: number }

export interface Generator {
  readonly name: string
  fire: (target: Target, seconds: number) => Promise<Load>
}

const CONNECTIONS = 16

/** @param directory for wrk's scripts */
export function findGenerator (directory: string, ca: Buffer): Generator {
  return spawnSync('wrk', ['-v']).error
    ? { name: 'undici, since wrk is not installed (apt-get install wrk): it takes many times the CPU of wrk from the server', fire: makeUndici(ca) }
    : { name: 'wrk', fire: makeWrk(directory) }
}

function makeWrk (directory: string): Generator['fire'] {
  return async ({ url, body, headers = {} }, seconds) => {
    const script = path.join(directory, 'wrk.lua')
    const lines = Object.entries(headers).map(([name, value]) => `wrk.headers["${name}"] = [[${value}]]`)
    writeFileSync(script, [...lines, ...(body === undefined ? [] : ['wrk.method = "POST"', `wrk.body = [[${body}]]`])].join('\n'))
    const before = cpuTime('self', true)
    const { stdout } = await promisify(execFile)('wrk', ['-t1', `-c${CONNECTIONS}`, `-d${seconds}s`, '-s', script, url])
    const [, requests, took] = /(\d+) requests in ([\d.]+)s/.exec(stdout) ?? []
    if (!Number(requests) || /Non-2xx|Socket errors/.test(stdout)) throw new Error(`${url} does not answer as it should:\n${stdout}`)
    return { count: Number(requests), seconds: Number(took), cpu: cpuTime('self', true) - before }
  }
}

function makeUndici (ca: Buffer): Generator['fire'] {
  const dispatcher = new Agent({ connections: CONNECTIONS, connect: { ca } })
  return async ({ url, body = null, headers = {} }, seconds) => {
    const [start, cpu] = [performance.now(), process.cpuUsage()]
    let count = 0
    const ask = async (): Promise<void> => {
      while (performance.now() - start < seconds * 1000) {
        const answer = await request(url, { method: body === null ? 'GET' : 'POST', body, headers, dispatcher })
        const text = await answer.body.text()
        if (answer.statusCode !== 200) throw new Error(`${url} does not answer as it should: ${answer.statusCode} ${text}`)
        count++
      }
    }
    await Promise.all(Array.from({ length: CONNECTIONS }, ask))
    const { user, system } = process.cpuUsage(cpu)
    return { count, seconds: (performance.now() - start) / 1000, cpu: user + system }
  }
}
