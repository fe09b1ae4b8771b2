// One POST of JSON over TLS. Follows no redirect. node:https and not fetch: fetch takes no authority of the caller's own.

import type { IncomingMessage } from 'node:http'
import { type Agent, request } from 'node:https'
import { JwksdError, type Problem, unexpectedAnswer } from './error.ts'

interface PostOptions {
  readonly agent: Agent
  readonly headers: Record<string, string>
  readonly signal: AbortSignal
}

/**
 * The JSON that is answered with 200.
 * @throws JwksdError for every other answer
 * @throws the reason of `signal`, or an error of node:https
 */
export async function postJson (url: URL, body: object, { agent, headers, signal }: PostOptions): Promise<unknown> {
  try {
    const answer = await new Promise<IncomingMessage>((resolve, reject) => {
      request(url, { method: 'POST', agent, signal, headers: { ...headers, 'content-type': 'application/json' } }, resolve)
        .on('error', reject).end(JSON.stringify(body))
    })
    const text = (await answer.setEncoding('utf8').toArray()).join('')
    return readAnswer(answer, text, url)
  } catch (error) {
    signal.throwIfAborted() // says more than how the connection ended
    throw error
  }
}

function readAnswer ({ statusCode, headers }: IncomingMessage, text: string, url: URL): unknown {
  const type = headers['content-type']?.split(';')[0]
  if (statusCode === 200 && type === 'application/json') return JSON.parse(text)
  const seconds = Number(headers['retry-after'])
  if (type === 'application/problem+json') throw new JwksdError(JSON.parse(text) as Problem, Number.isInteger(seconds) ? seconds : undefined)
  throw unexpectedAnswer(statusCode!, `${url.href} answered ${statusCode} with ${type ?? 'no content type'}, which is no answer of jwksd`)
}
