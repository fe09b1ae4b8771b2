// A plain HTTPS client that hides nothing: no redirects followed, no decompression, every header as it came.

import { Agent, request, type RequestOptions } from 'node:https'
import type { IncomingHttpHeaders } from 'node:http'
import { connect, type ConnectionOptions } from 'node:tls'

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  readonly text: string
  /** The body as JSON. */
  readonly json: () => any
}

interface FetchOptions extends Pick<RequestOptions, 'method' | 'headers' | 'agent' | 'cert' | 'key' | 'path' | 'servername'> {
  body?: string | Buffer
}

/** One request over a connection of its own, unless an agent is given. */
export type Fetch = (url: string, options?: FetchOptions) => Promise<Answer>

/** @param ca PEM of the authority to trust */
export function makeFetch (ca: string): Fetch {
  return async (url, { body, ...options } = {}) => await new Promise((resolve, reject) => {
    const sent = request(url, { ca, servername: 'localhost', agent: false, family: 4, ...options }, answer => {
      const chunks: Buffer[] = []
      answer.on('data', (chunk: Buffer) => chunks.push(chunk))
      answer.on('error', reject)
      answer.on('end', () => {
        const bytes = Buffer.concat(chunks)
        const text = bytes.toString('utf8')
        resolve({ status: answer.statusCode!, headers: answer.headers, body: bytes, text, json: () => JSON.parse(text) })
      })
    })
    sent.on('error', reject)
    sent.end(body)
  })
}

/** An agent that keeps connections, for many requests over one. */
export function keepAlive (ca: string, maxSockets = 1): Agent {
  return new Agent({ ca, servername: 'localhost', keepAlive: true, maxSockets })
}

/** POST /sign as a client of ours does it. */
export async function postSign (fetch: Fetch, origin: string, apiKey: string, body: object | string): Promise<Answer> {
  return await fetch(`${origin}/sign`, {
    method: 'POST',
    headers: { authorization: `Bearer ${apiKey}`, 'content-type': 'application/json' },
    body: typeof body === 'string' ? body : JSON.stringify(body)
  })
}

/** What a server answers to raw bytes over TLS, until it closes the connection. */
export async function exchange (options: ConnectionOptions, request: string): Promise<string> {
  return await new Promise((resolve, reject) => {
    const socket = connect({ host: '127.0.0.1', ...options }, () => { socket.write(request) })
    let answer = ''
    socket.setEncoding('latin1').on('data', (text: string) => { answer += text })
    socket.on('end', () => resolve(answer)).on('error', reject)
  })
}
