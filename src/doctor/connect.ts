// One connection to one address: the handshake and one request, as a vendor's machine makes them, with everything that
// is seen on the way. Bounded in time and size; nothing is judged, no certificate rejected, no redirect followed.

import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { type IncomingHttpHeaders, type IncomingMessage, request as sendRequest } from 'node:http'
import { connect, type SecureContext, type TLSSocket } from 'node:tls'

/** Most bytes of a body that are read. */
export const MAX_BODY = 1024 * 1024

export interface Target {
  readonly address: string
  readonly port: number
  /** Host of the URL; empty where it is an address: none is sent as SNI then. */
  readonly servername: string
  /** Value of the Host header. */
  readonly authority: string
  readonly path: string
  readonly context: SecureContext
  /** A certificate that is not trusted, or is not for the name, ends the connection, as at any client. */
  readonly strict?: true
}

export interface Request {
  readonly method?: 'GET' | 'HEAD'
  readonly headers: Readonly<Record<string, string>>
  readonly http10?: true
  readonly noSni?: true
}

export interface TlsSeen {
  readonly protocol: string
  /** As the server sent it. */
  readonly chain: readonly X509Certificate[]
  /** OpenSSL's code, such as UNABLE_TO_VERIFY_LEAF_SIGNATURE; names and dates are judged apart from it. */
  readonly trustError?: string
}

export interface Answer {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
  /** False where the body is longer than MAX_BODY. */
  readonly complete: boolean
  /** From the start of the connection to the end of the body. */
  readonly ms: number
}

/** How far a connection came, and why not further: a code of Node or OpenSSL, or TIMEOUT. */
export interface Failure { readonly stage: 'connect' | 'tls' | 'http', readonly code: string }

export interface Exchange {
  readonly address: string
  readonly tls?: TlsSeen
  readonly answer?: Answer
  readonly failure?: Failure
}

/** Sends one request over a connection of its own. @param ms at most, in all; never throws for what the server does */
export async function exchange (target: Target, request: Request, ms: number): Promise<Exchange> {
  const { address } = target
  const started = performance.now()
  return await attempt<Exchange>(ms, async (enter, signal) => {
    const socket = await openTls(target, enter, signal, request.noSni ? '' : target.servername)
    const tls = describe(socket)
    enter({ stage: 'http', tls })
    const answer = await send(socket, target, request, signal)
    return { address, tls, answer: { ...answer, ms: Math.round(performance.now() - started) } }
  }, failed => ({ address, ...failed }))
}

/** Whether a handshake succeeds with the context of the target. */
export async function canHandshake (target: Target, ms: number): Promise<boolean> {
  return await attempt(ms, async (enter, signal) => {
    await openTls(target, enter, signal, target.servername)
    return true
  }, () => false)
}

interface Reached { readonly stage: Failure['stage'], readonly socket?: TLSSocket, readonly tls?: TlsSeen }
type Enter = (next: Reached) => void

/** Runs the stages of a connection within `ms`, closes it at the end, and turns an error into a failure of its stage. */
async function attempt<T> (
  ms: number, run: (enter: Enter, signal: AbortSignal) => Promise<T>, fail: (failed: { failure: Failure, tls?: TlsSeen }) => T
): Promise<T> {
  let reached: Reached = { stage: 'connect' }
  const enter: Enter = next => { reached = { ...reached, ...next } }
  const signal = AbortSignal.timeout(Math.max(0, Math.ceil(ms)))
  const result = run(enter, signal).catch(({ code }: NodeJS.ErrnoException) => {
    const { stage, tls } = reached
    return fail({ ...(tls && { tls }), failure: { stage, code: signal.aborted ? 'TIMEOUT' : code! } })
  })
  return await result.finally(() => reached.socket?.destroy())
}

async function openTls (
  { address, port, context, strict }: Target, enter: Enter, signal: AbortSignal, servername: string
): Promise<TLSSocket> {
  const socket = connect({
    host: address,
    port,
    ...(servername && { servername }),
    secureContext: context,
    ALPNProtocols: ['http/1.1'],
    ...(!strict && { rejectUnauthorized: false, checkServerIdentity: () => undefined }) // it is seen, and judged
  })
  socket.on('error', () => {}) // what comes after the result is of no interest
  enter({ stage: 'connect', socket })
  await once(socket, 'connect', { signal })
  enter({ stage: 'tls' })
  await once(socket, 'secureConnect', { signal })
  return socket
}

function describe (tls: TLSSocket): TlsSeen {
  const chain: X509Certificate[] = []
  for (let one = tls.getPeerX509Certificate(); one && chain.length < 10; one = one.issuerCertificate) chain.push(one)
  const error = tls.authorizationError as Error | string | undefined
  return { protocol: tls.getProtocol()!, chain, ...(error && { trustError: String(error) }) }
}

async function send (
  tls: TLSSocket, { authority, path }: Target, { method = 'GET', headers, http10 }: Request, signal: AbortSignal
): Promise<Omit<Answer, 'ms'>> {
  const host = { setHost: false, headers: { host: authority, ...headers } }
  const sent = sendRequest({ createConnection: () => tls, method, path, ...host, signal })
  sent.on('error', () => {}) // also after the answer
  if (http10) speakHttp10(tls)
  sent.end()
  const [answer] = await once(sent, 'response', { signal }) as [IncomingMessage]
  const chunks: Buffer[] = []
  let size = 0
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    chunks.push(chunk)
    size += chunk.length
    if (size > MAX_BODY) break
  }
  signal.throwIfAborted() // a body without a length ends as well when the time is over
  const body = Buffer.concat(chunks).subarray(0, MAX_BODY)
  return { status: answer.statusCode!, headers: answer.headers, body, complete: size <= MAX_BODY }
}

/** Node writes requests only as HTTP/1.1: the version is replaced in the first bytes that it writes. */
function speakHttp10 (tls: TLSSocket): void {
  const write = tls.write.bind(tls) as (chunk: string, ...rest: unknown[]) => boolean
  tls.write = (chunk: unknown, ...rest: unknown[]) => {
    Reflect.deleteProperty(tls, 'write')
    return write(String(chunk).replace(' HTTP/1.1\r\n', ' HTTP/1.0\r\n'), ...rest)
  }
}
