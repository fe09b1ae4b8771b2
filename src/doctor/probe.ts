// The probes of a URL: resolve its name, fetch it from every address as a SMART server does, then repeat the request in the
// ways of other clients. Observes only; the checks judge. Ends within its budget whatever the server does.

import { rootCertificates, createSecureContext, type SecureContext, type SecureVersion } from 'node:tls'
import { lookup } from 'node:dns/promises'
import { isIP } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { mayConnect } from './address.ts'
import { isUsable } from './firewalls.ts'
import { canHandshake, exchange, type Exchange, type Request, type Target } from './connect.ts'

export interface ProbeOptions {
  /** NumericDate (seconds). */
  readonly now: number
  /** PEM of the authorities to trust in place of the public ones. */
  readonly ca?: string
  /** Connect also to addresses that are not of the public Internet. */
  readonly allowPrivate?: boolean
  /** Addresses of a name; default: the system's resolver. */
  readonly resolve?: (host: string) => Promise<readonly string[]>
  /** Milliseconds for everything. */
  readonly budget?: number
}

/** The request of other clients, each over a connection of its own. */
export type Variant = 'emptyUserAgent' | 'http10' | 'head' | 'noSni' | 'noAccept' | 'anyAccept' | 'jwkSetAccept' | 'sameEtag' | 'otherEtag'

export const VERSIONS = ['TLSv1', 'TLSv1.1', 'TLSv1.2', 'TLSv1.3'] as const satisfies readonly SecureVersion[]

/** Everything that was seen of a URL. */
export interface Observed {
  readonly url: URL
  readonly now: number
  readonly ownCa: boolean
  /** Of the name, in the resolver's order; with none, `resolveError` says why. */
  readonly addresses: readonly string[]
  readonly resolveError?: string
  /** Those of them that no connection was made to. */
  readonly refused: readonly string[]
  /** GET with `Accept: application/json`, one for each address. */
  readonly exchanges: readonly Exchange[]
  /** The first of them that has an answer, else the first. */
  readonly main?: Exchange
  /** Of the same address as `main`; none where that has no usable answer. */
  readonly variants: Readonly<Partial<Record<Variant, Exchange>>>
  /** Whether each version of TLS can be spoken; none where no connection was made. */
  readonly versions: Readonly<Partial<Record<SecureVersion, boolean>>>
}

const BUDGET = 4000 // the checks of keys may take another second
/** Shares of the budget until the name is resolved, and until the sets are fetched. */
const [RESOLVED, FETCHED] = [0.4, 0.75]
const MOST_ADDRESSES = 8
const HEADERS = { accept: 'application/json', 'user-agent': 'jwksd-check' }

/** Host of a URL as a resolver or a certificate knows it: an IPv6 address without brackets, no trailing dot. */
export function hostOf ({ hostname }: URL): string {
  return hostname.replace(/^\[(.*)\]$/, '$1').replace(/\.$/, '')
}

/** Looks at a URL. Never throws for what a resolver or a server does. */
export async function observe (url: URL, options: ProbeOptions): Promise<Observed> {
  const { now, ca, allowPrivate = false, budget = BUDGET } = options
  const started = performance.now()
  const left = (share: number): number => started + budget * share - performance.now()
  const host = hostOf(url)
  const { addresses, ...resolved } = await resolveWithin(host, options, left(RESOLVED))
  const allowed = addresses.filter(address => allowPrivate || mayConnect(host, address))
  const context = createSecureContext({ ca: ca ?? [...rootCertificates], ...ANY_TLS })
  const targets = allowed.slice(0, MOST_ADDRESSES).map(address => targetOf(url, address, context))
  const exchanges = await Promise.all(targets.map(async target => await exchange(target, { headers: HEADERS }, left(FETCHED))))
  const main = exchanges.find(({ answer }) => answer) ?? exchanges[0]
  const target = targets.find(({ address }) => address === main?.address)
  const [variants, versions] = target ? await Promise.all([repeat(target, main!, left(1)), tryVersions(target, left(1))]) : [{}, {}]
  const refused = addresses.filter(address => !allowed.includes(address))
  return { url, now, ownCa: ca !== undefined, addresses, ...resolved, refused, exchanges, ...(main && { main }), variants, versions }
}

/** Old versions and weak keys are spoken, too: a check names them. */
const ANY_TLS = { ciphers: 'DEFAULT@SECLEVEL=0', minVersion: 'TLSv1' } as const

/** The URL at one of its addresses. */
export function targetOf (url: URL, address: string, context: SecureContext): Target {
  const host = hostOf(url)
  return {
    address,
    port: Number(url.port || 443),
    servername: isIP(host) ? '' : host,
    authority: url.host,
    path: url.pathname + url.search,
    context
  }
}

/** The addresses of a name, or why there are none. */
export async function resolveWithin (host: string, { resolve = lookupAll }: Pick<ProbeOptions, 'resolve'>, ms: number): Promise<Pick<Observed, 'addresses' | 'resolveError'>> {
  if (isIP(host)) return { addresses: [host] }
  const timer = new AbortController()
  const resolved = Promise.race([resolve(host), sleep(ms, undefined, { signal: timer.signal, ref: false })]).then(
    addresses => addresses ? { addresses: [...new Set(addresses)] } : { addresses: [], resolveError: 'TIMEOUT' },
    ({ code = 'ERROR' }: NodeJS.ErrnoException) => ({ addresses: [], resolveError: code })
  )
  return await resolved.finally(() => { timer.abort() })
}

async function lookupAll (host: string): Promise<string[]> {
  return (await lookup(host, { all: true })).map(({ address }) => address)
}

async function repeat (target: Target, { answer }: Exchange, ms: number): Promise<Observed['variants']> {
  if (!answer || !isUsable(answer)) return {}
  const { etag } = answer.headers
  const { accept, 'user-agent': agent } = HEADERS
  const requests: Partial<Record<Variant, Request>> = {
    emptyUserAgent: { headers: { accept, 'user-agent': '' } },
    http10: { headers: HEADERS, http10: true },
    head: { headers: HEADERS, method: 'HEAD' },
    ...(target.servername && { noSni: { headers: HEADERS, noSni: true } }),
    noAccept: { headers: { 'user-agent': agent } },
    anyAccept: { headers: { accept: '*/*', 'user-agent': agent } },
    jwkSetAccept: { headers: { accept: 'application/jwk-set+json', 'user-agent': agent } },
    ...(etag && { sameEtag: { headers: { ...HEADERS, 'if-none-match': etag } } }),
    otherEtag: { headers: { ...HEADERS, 'if-none-match': '"jwksd-check"' } }
  }
  const exchanges = Object.entries(requests).map(async ([variant, request]) => [variant, await exchange(target, request, ms)] as const)
  return Object.fromEntries(await Promise.all(exchanges))
}

async function tryVersions (target: Target, ms: number): Promise<Observed['versions']> {
  const tries = VERSIONS.map(async version => {
    const context = createSecureContext({ ca: [], ...ANY_TLS, minVersion: version, maxVersion: version })
    return [version, await canHandshake({ ...target, context }, ms)] as const
  })
  return Object.fromEntries(await Promise.all(tries))
}
