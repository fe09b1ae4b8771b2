// The JWK Set below Fastify's router: the answers to plain requests are kept as text, head and body in one, and written at
// once. Takes less than half of the CPU time of the router with its hooks (85 us against 190; docs/performance.md): a test
// compares both, byte for byte. Everything that is not plain goes to the router.

import type { IncomingMessage, RequestListener } from 'node:http'
import { DEFAULT_SET_NAME } from '../config/types.ts'
import { decideStatus, type FindJwks, headersWithoutBody, JWKS_PATH, NAMED_JWKS_ROUTE, type Recorded } from '../http/jwks.ts'
import { securityHeaders } from '../http/security-headers.ts'
import type { Metrics } from '../observe/metrics.ts'

interface PreparedOptions {
  readonly findJwks: FindJwks
  readonly isDraining: () => boolean
  /** Seconds, for the header Keep-Alive. */
  readonly keepAlive: () => number
  readonly metrics: Pick<Metrics, 'answered' | 'published'>
}

/** Gives the text of an answer for the lines that end its head; made again only when these change. */
type Answer = (lastLines: string) => string

interface Answers { readonly GET: Answer, readonly HEAD: Answer, readonly notModified: Answer }

/** Answers plain requests for a JWK Set on the public listener, and hands all others to `next`. */
export function answerPrepared (next: RequestListener, { findJwks, isDraining, keepAlive, metrics }: PreparedOptions): RequestListener {
  const made = new WeakMap<Recorded, Map<object, Answers>>()
  const [kept, closed] = [makeLastLines('keep-alive'), makeLastLines('close')]

  const prepare = (found: Recorded, host: string | undefined): Answers => {
    const security = securityHeaders(host)
    let ofSet = made.get(found)
    if (!ofSet) made.set(found, ofSet = new Map())
    let answers = ofSet.get(security)
    if (!answers) ofSet.set(security, answers = makeAnswers(found, security))
    return answers
  }

  return (request, response) => {
    const { method, url, socket } = request
    const set = isPlain(request) && !isDraining() ? setOf(url!) : undefined
    const found = set === undefined ? undefined : findJwks(set)
    if (!found) return next(request, response)
    const start = performance.now()
    const status = decideStatus(found, request, response)
    const answers = prepare(found, request.headers.host)
    const answer = answers[status === 304 ? 'notModified' : method as 'GET' | 'HEAD']
    const closes = request.headers.connection?.toLowerCase() === 'close'
    const lastLines = closes ? closed : kept
    socket.write(answer(lastLines(keepAlive())), 'latin1', error => {
      if (error) return
      const seconds = (performance.now() - start) / 1000
      metrics.answered('public', set === DEFAULT_SET_NAME ? JWKS_PATH : NAMED_JWKS_ROUTE, status, seconds)
      metrics.published(set!, status)
      // For Node, which lets go of the response and waits for the next request.
      response.emit('finish')
      if (closes) socket.destroySoon()
    })
  }
}

/** GET or HEAD in HTTP/1.1 with a Host and without a body, and nothing special about the connection. */
function isPlain ({ method, httpVersion, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && httpVersion === '1.1' && headers.host !== undefined && headers.expect === undefined &&
    headers['content-length'] === undefined && headers['transfer-encoding'] === undefined &&
    (headers.connection === undefined || /^(?:keep-alive|close)$/i.test(headers.connection))
}

/** The set that has a URL, where there is such a set. Names of sets need no decoding. */
function setOf (url: string): string | undefined {
  if (url === JWKS_PATH) return DEFAULT_SET_NAME
  const set = url.endsWith(JWKS_PATH) ? url.slice(1, -JWKS_PATH.length) : DEFAULT_SET_NAME
  return set === DEFAULT_SET_NAME ? undefined : set
}

function makeAnswers ({ body, headers }: Recorded, security: Readonly<Record<string, string>>): Answers {
  const head = (status: string, own: Record<string, string>): string =>
    `HTTP/1.1 ${status}\r\n${Object.entries({ ...security, ...own }).map(([name, value]) => `${name}: ${value}\r\n`).join('')}`
  const ok = head('200 OK', headers)
  return {
    GET: makeAnswer(ok, body.toString('latin1')), // one character for each byte
    HEAD: makeAnswer(ok, ''),
    notModified: makeAnswer(head('304 Not Modified', headersWithoutBody(headers)), '')
  }
}

function makeAnswer (head: string, body: string): Answer {
  let [end, text] = ['', '']
  return lastLines => {
    if (lastLines !== end) {
      end = lastLines
      text = head + end + body
    }
    return text
  }
}

/** Gives the last lines of a head, which change with the second and with the time for which an idle connection is kept. */
function makeLastLines (connection: 'keep-alive' | 'close'): (keepAlive: number) => string {
  let [second, timeout, lines] = [0, 0, '']
  return keepAlive => {
    const now = Math.floor(Date.now() / 1000)
    if (now !== second || keepAlive !== timeout) {
      second = now
      timeout = keepAlive
      lines = `keep-alive: timeout=${keepAlive}\r\nDate: ${new Date(now * 1000).toUTCString()}\r\nConnection: ${connection}\r\n\r\n`
    }
    return lines
  }
}
