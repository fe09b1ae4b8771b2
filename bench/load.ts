// Load over TLS and HTTP/1.1 by programs that are made for it: h2load (nghttp2) and openssl s_time. Neither verifies
// certificates. Rejects a run with an answer other than 200.

import { execFile } from 'node:child_process'
import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { promisify } from 'node:util'

export interface Target {
  readonly url: string
  /** Sent by POST; without it the request is a GET. */
  readonly body?: string
  readonly headers?: Record<string, string>
}

/** Requests that were answered, and the time that they took. */
export interface Load { readonly count: number, readonly seconds: number }

const run = promisify(execFile)
/** Connections that are kept open; one request at a time on each. */
const CONNECTIONS = 8
/** Requests of the first round, whose rate is not known. */
const FIRST = 100
/** Longest that a round may take (milliseconds). */
const PATIENCE = 120_000
const UNITS: Record<string, number> = { us: 1e-6, ms: 1e-3, s: 1 }

async function runH2load ({ url, body, headers = {} }: Target, options: readonly string[]): Promise<Load> {
  const file = path.join(tmpdir(), `bench-body-${process.pid}-${Math.random()}`)
  if (body !== undefined) writeFileSync(file, body)
  const fields = Object.entries(headers).map(([name, value]) => `--header=${name}: ${value}`)
  const data = body === undefined ? [] : [`--data=${file}`]
  // Its own message would show the headers, and the API key with them.
  const { stdout } = await run('h2load', ['--h1', ...fields, ...data, ...options, url], { timeout: PATIENCE })
    .catch(({ stdout }: { stdout: string }) => { throw new Error(`h2load ${options.join(' ')} ${url} fails:\n${stdout}`) })
  rmSync(file, { force: true })
  const [, time, unit] = /^finished in ([\d.]+)(\w+),/m.exec(stdout) ?? []
  const [, done, failed, errored] = /(\d+) done, \d+ succeeded, (\d+) failed, (\d+) errored/.exec(stdout) ?? []
  if (!Number(done) || Number(failed) || Number(errored)) throw new Error(`${url} does not answer as it should:\n${stdout}`)
  return { count: Number(done), seconds: Number(time) * UNITS[unit!]! }
}

/** Requests in a second that each target has answered last. */
const rates = new Map<string, number>()

/**
 * Requests on connections that stay open, one after the other without a pause.
 * @param seconds about how long: h2load gets a number of requests, since with a duration it misses its end on a busy machine
 */
export async function fireKeepAlive (target: Target, seconds: number): Promise<Load> {
  const key = JSON.stringify(target)
  const count = Math.max(Math.ceil((rates.get(key) ?? 0) * seconds), FIRST)
  const load = await runH2load(target, [`--clients=${CONNECTIONS}`, `--requests=${count}`])
  rates.set(key, load.count / load.seconds)
  return load
}

/** So many requests on connections that stay open. */
export async function fireCount (target: Target, count: number): Promise<void> {
  await runH2load(target, [`--clients=${CONNECTIONS}`, `--requests=${count}`])
}

/** `count` requests, each on a connection of its own with a full handshake. */
export async function fireNew (target: Target, count: number): Promise<Load> {
  return await runH2load(target, [`--clients=${count}`, `--requests=${count}`])
}

/**
 * One connection after the other, each with one request, that tries to resume the session of an earlier one.
 * @returns also the share of connections that did
 */
export async function fireResumed ({ url }: Target): Promise<Load & { readonly resumed: number }> {
  const { host, hostname, pathname } = new URL(url)
  // s_time adds " HTTP/1.0" and an empty line.
  const request = `${pathname} HTTP/1.1\r\nHost: ${hostname}\r\nConnection: close\r\nX-Rest:`
  const { stdout } = await run('openssl', ['s_time', '-connect', host, '-www', request, '-time', '1', '-reuse'], { timeout: PATIENCE })
    .catch(({ stderr }: { stderr: string }) => { throw new Error(`openssl s_time ${url} fails:\n${stderr}`) })
  const [, marks = ''] = /^starting\n([*r]+)$/m.exec(stdout) ?? []
  const [, count, seconds] = /(\d+) connections in (\d+) real seconds/.exec(stdout) ?? []
  if (!Number(count)) throw new Error(`${url} does not answer as it should:\n${stdout}`)
  // Each mark is a connection: r resumed a session, * did not.
  return { count: Number(count), seconds: Number(seconds), resumed: marks.split('r').length / marks.length }
}

/** From the first request of a steady load to the first that counts: all connections send at once then (seconds). */
const SETTLE = 0.4

/** Requests at a steady rate on open connections. @returns how long each took (ms), shortest first */
export async function fireSteadily (target: Target, seconds: number, perSecond: number, connections = CONNECTIONS): Promise<number[]> {
  const file = path.join(tmpdir(), `bench-log-${process.pid}-${Math.random()}`)
  const rate = Math.max(1, Math.round(perSecond / connections))
  const count = Math.ceil(rate * connections * (seconds + SETTLE))
  await runH2load(target, [`--clients=${connections}`, `--requests=${count}`, `--rps=${rate}`, `--log-file=${file}`])
  const lines = readFileSync(file, 'utf8').trim().split('\n').map(line => line.split('\t').map(Number) as [start: number, status: number, took: number])
  rmSync(file)
  const first = Math.min(...lines.map(([start]) => start))
  return lines.filter(([start]) => start > first + SETTLE * 1e6).map(([, , took]) => took / 1000).sort((a, b) => a - b)
}
