// A vendor as its customers see it: a token endpoint (node-oidc-provider) that takes client assertions, and an API that takes its
// access tokens. A test plants faults in front of it and of jwksd.

import { Agent, createServer, request as sendRequest } from 'node:https'
import type { IncomingMessage, ServerResponse } from 'node:http'
import type Provider from 'oidc-provider'
import { configureProvider } from './authorization-server.ts'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { listen, makeCertificate } from './jwks-server.ts'

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** A status with `Retry-After: 1`, or no answer at all. */
export type PlantedFault = number | 'silence'
/** What the first requests to each station get in place of an answer. */
export type Faults = Partial<Record<Station, readonly PlantedFault[]>>
type Station = 'sign' | 'token' | 'api'
type Handle = (request: IncomingMessage, response: ServerResponse) => void

interface Seen { readonly run: string, readonly station: Station, readonly at: number, readonly answer: PlantedFault | 'passed on' }

/** URLs have the name of a run in front: `/<run>/token`. `/<run>/sign` of the front is jwksd's `/sign`. */
export interface Vendor {
  readonly issuer: string
  /** PEM of the authority of the token endpoint and the API. */
  readonly ca: string
  /** In front of jwksd: its origin, and the PEM of its authority, another one. */
  readonly front: { readonly origin: string, readonly ca: string }
  /** Every request until now. `at` is in milliseconds, monotonic. */
  readonly seen: Seen[]
  /** By run. */
  readonly faults: Map<string, Faults>
  /** @param jwksd its origin @param ca PEM of the authority of jwksd itself */
  readonly open: (jwksd: string, ca: string) => Promise<void>
}

/** Both servers have their ports at once, and answer when jwksd runs and they are opened. */
export async function startVendor (t: Teardown): Promise<Vendor> {
  const authority = await makeAuthority('vendor')
  const server = createServer(await issueCertificate(authority))
  // RSA: Mono's own verification of a chain knows no other keys.
  const issuerOfFront = await makeCertificate({ commonName: 'private authority', names: [], authority: true, rsaBits: 2048 })
  const front = createServer(await makeCertificate({ names: ['localhost'], issuer: issuerOfFront, rsaBits: 2048 }))
  const issuer = `https://localhost:${await listen(t, server)}`
  const vendor: Vendor = {
    issuer,
    ca: authority.cert,
    front: { origin: `https://localhost:${await listen(t, front)}`, ca: issuerOfFront.cert },
    seen: [],
    faults: new Map(),
    async open (jwksd, ca) {
      const agent = new Agent({ ca, keepAlive: true })
      t.teardown(async () => { agent.destroy() })
      const { default: Provider } = await import('oidc-provider')
      const provider = new Provider(issuer, {
        ...configureProvider(`${jwksd}/.well-known/jwks.json`, ca, []),
        // The first access token of a run ends soon.
        ttl: { ClientCredentials: ({ query: { run } }: { query: { run: string } }) => count(vendor, run, 'token', 'passed on') === 1 ? 5 : 600 }
      })
      const stations: Record<Station, Handle> = {
        sign: (request, response) => {
          const { method, headers } = request
          request.pipe(sendRequest(`${jwksd}/sign`, { method: method!, headers, agent }, answer => {
            answer.pipe(response.writeHead(answer.statusCode!, answer.headers))
          }))
        },
        token: (request, response) => {
          request.url = `/token?run=${request.url!.split('/')[1]}`
          void provider.callback()(request, response)
        },
        api: (request, response) => { void answerApi(provider, request, response) }
      }
      for (const listener of [server, front]) listener.on('request', meetFaults(vendor, stations))
    }
  }
  return vendor
}

/** How often a run has met this answer at a station. */
function count ({ seen }: Vendor, run: string, station: Station, answer?: Seen['answer']): number {
  return seen.filter(one => one.run === run && one.station === station && one.answer === (answer ?? one.answer)).length
}

function meetFaults (vendor: Vendor, stations: Record<Station, Handle>): Handle {
  return (request, response) => {
    const [, run, station] = request.url!.split('/') as [string, string, Station]
    const fault = vendor.faults.get(run)?.[station]?.[count(vendor, run, station)]
    vendor.seen.push({ run, station, at: performance.now(), answer: fault ?? 'passed on' })
    if (fault === undefined) stations[station](request, response)
    else if (fault !== 'silence') response.writeHead(fault, { 'retry-after': '1' }).end(`planted fault ${fault}`)
  }
}

/** The API: 200 and the client's name, or 401. */
async function answerApi (provider: Provider, { headers }: IncomingMessage, response: ServerResponse): Promise<void> {
  const token = await provider.ClientCredentials.find(headers.authorization?.replace(/^Bearer /, '') ?? '')
  response.writeHead(token ? 200 : 401, { 'content-type': 'application/json' })
  response.end(JSON.stringify(token ? { client: token.clientId } : { error: 'invalid_token' }))
}
