// A client of POST /sign: TLS with an authority of the caller's own, time limits, and repeated requests where the server asks
// for them. Rejects a URL that is not https.

import { readFile } from 'node:fs/promises'
import { Agent } from 'node:https'
import { setTimeout as sleep } from 'node:timers/promises'
import { JwksdError, unexpectedAnswer } from './error.ts'
import type { components } from './openapi.ts'
import { postJson } from './post.ts'

export type SignRequest = components['schemas']['SignRequest']
export type SignedToken = components['schemas']['SignedToken']
export type SignedJws = components['schemas']['SignedJws']

const ASSERTION_TYPE = 'urn:ietf:params:oauth:client-assertion-type:jwt-bearer'
/** Seconds. A server that asks for more is not waited for. */
const LONGEST_WAIT = 30
/** How a connection ends that a server closes while it restarts. */
const LOST_CONNECTION = ['ECONNREFUSED', 'ECONNRESET', 'EPIPE']

export interface JwksdClientOptions {
  /** Origin of the internal listener, for instance `https://jwksd.internal:9443`. */
  readonly url: string
  /** An API key, or a JWT of an issuer that jwksd is configured for. Neither is needed with a client certificate. */
  readonly apiKey?: string | undefined
  /** A file with one of them. It is read for each request, so that a new one is used at once. */
  readonly apiKeyFile?: string | undefined
  /** PEM of the authorities that are trusted; by default those that Node.js trusts. */
  readonly ca?: string | Buffer | undefined
  /** PEM of a client certificate, for a listener with `clientCa`. */
  readonly cert?: string | Buffer | undefined
  /** PEM of its private key. */
  readonly key?: string | Buffer | undefined
  /** Milliseconds for each attempt; 10,000 by default. */
  readonly timeout?: number | undefined
  /** How often a request is repeated at most after 429, 503 or a lost connection; 3 by default. */
  readonly retries?: number | undefined
}

export interface CallOptions {
  /** Ends the call, also while it waits before an attempt. */
  readonly signal?: AbortSignal | undefined
}

/** The client authentication that openid-client and oauth4webapi take. */
export type ClientAuthentication = (server: unknown, client: { client_id: string }, body: URLSearchParams) => Promise<void>

/** Asks jwksd for signatures. Connections are kept; idle ones do not keep the process running. */
export class JwksdClient {
  readonly #url: URL
  readonly #agent: Agent
  readonly #options: JwksdClientOptions

  /** @throws TypeError for a URL that is not https */
  constructor (options: JwksdClientOptions) {
    this.#url = new URL('/sign', options.url)
    if (this.#url.protocol !== 'https:') throw new TypeError(`url must begin with https://, not ${this.#url.protocol}//`)
    const { ca, cert, key } = options
    this.#agent = new Agent({ keepAlive: true, ca, cert, key })
    this.#options = options
  }

  /**
   * A token in compact serialization.
   * @throws JwksdError with the `code` of docs/errors.md, or ERR_UNEXPECTED_ANSWER
   * @throws TimeoutError (DOMException), the reason of `signal`, or an error of node:https
   */
  async sign (request: SignRequest = {}, options: CallOptions = {}): Promise<SignedToken> {
    const answer = await this.#ask(request, options)
    if ('token' in answer) return answer
    throw unexpectedAnswer(200, 'the profile signs a JWS in JSON: use signJson')
  }

  /** A JWS in JSON, of a profile whose preset asks for that. @throws as `sign` */
  async signJson (request: SignRequest = {}, options: CallOptions = {}): Promise<SignedJws> {
    const answer = await this.#ask(request, options)
    if ('jws' in answer) return answer
    throw unexpectedAnswer(200, 'the profile signs a compact token: use sign')
  }

  /**
   * Client authentication by `private_key_jwt` (RFC 7523 section 2.2) for openid-client and oauth4webapi. A new assertion is
   * signed for each request to the authorization server.
   */
  privateKeyJwt (profile: string, request: Pick<SignRequest, 'claims' | 'ttl'> = {}): ClientAuthentication {
    return async (_server, { client_id: clientId }, body) => {
      const { token } = await this.sign({ ...request, profile })
      body.set('client_id', clientId)
      body.set('client_assertion_type', ASSERTION_TYPE)
      body.set('client_assertion', token)
    }
  }

  async #ask (request: SignRequest, { signal }: CallOptions): Promise<SignedToken | SignedJws> {
    const { retries = 3 } = this.#options
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#attempt(request, signal) as SignedToken | SignedJws
      } catch (error) {
        const wait = secondsToWait(error, attempt)
        if (attempt > retries || wait === undefined || wait > LONGEST_WAIT) throw error
        await sleep(wait * 1000, undefined, { signal }).catch(() => {}) // the next attempt throws the reason
      }
    }
  }

  async #attempt (request: SignRequest, signal: AbortSignal | undefined): Promise<unknown> {
    const { apiKeyFile, timeout = 10_000 } = this.#options
    const limit = AbortSignal.timeout(timeout)
    const bearer = apiKeyFile === undefined ? this.#options.apiKey : (await readFile(apiKeyFile, 'utf8')).trim()
    return await postJson(this.#url, request, {
      agent: this.#agent,
      headers: { accept: 'application/json', ...(bearer !== undefined && { authorization: `Bearer ${bearer}` }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit
    })
  }
}

/** Seconds before the request is repeated; undefined where that would not help. */
function secondsToWait (error: unknown, attempt: number): number | undefined {
  if (error instanceof JwksdError) return [429, 503].includes(error.status) ? error.retryAfter ?? attempt : undefined
  return LOST_CONNECTION.includes((error as NodeJS.ErrnoException).code ?? '') ? attempt / 4 : undefined
}
