// The three authentication methods: API key, JWT bearer, client certificate. Each yields a client of the policy or a reason for
// the log. An Authorization header decides where there is one: after it fails, no other method is tried.

import type { X509Certificate } from 'node:crypto'
import type { FastifyBaseLogger, FastifyRequest } from 'fastify'
import type { JWTVerifyGetKey } from 'jose'
import { apiKeyId, claimedKeyId, matchesApiKey } from '../../core/clients/api-key.ts'
import { type Credentials, indexCredentials, subjectAltNames } from '../../core/clients/credentials.ts'
import { claimedIssuer, type IdentityProvider, verifySubject } from '../../core/clients/jwt-bearer.ts'
import type { Client, Policy } from '../../core/clients/policy.ts'
import type { AuthMethod } from '../../observe/decision.ts'
import { makeRemoteJwks } from './remote-jwks.ts'
import type { Snapshot } from '../../state/snapshot.ts'
import { clientCertificate } from './client-certificate.ts'
import type { Clock } from '../../core/time.ts'

const BEARER = /^Bearer +(\S+)$/i

/** A client, and the method by which it has authenticated. */
export interface Identified { readonly client: Client, readonly auth: AuthMethod }

/** Makes the function that finds the client of a request, or why there is none. */
export function makeIdentify ({ current, clock }: { current: () => Snapshot, clock: Clock }):
(request: FastifyRequest) => Promise<Identified | string> {
  const indexes = new WeakMap<Policy, Credentials>()
  const remoteJwks = makeRemoteJwks(clock)

  const credentials = (): Credentials => {
    const { policy } = current()
    const index = indexes.get(policy) ?? indexCredentials(policy)
    indexes.set(policy, index)
    return index
  }

  return async ({ headers: { authorization }, raw, log }) => {
    const now = clock()
    if (authorization === undefined) return withMethod('mtls', identifyCertificate(credentials(), clientCertificate(raw.socket, now)))
    const [, token = ''] = BEARER.exec(authorization) ?? []
    if (!token.includes('.')) return withMethod('apiKey', identifyApiKey(credentials(), token, now))
    return withMethod('jwt', await identifyJwt(credentials(), token, { now, log, keysOf: remoteJwks }))
  }
}

function withMethod (auth: AuthMethod, found: Client | string): Identified | string {
  return typeof found === 'string' ? found : { client: found, auth }
}

function identifyApiKey ({ apiKeys }: Credentials, token: string, now: number): Client | string {
  const [client, key] = apiKeys.get(claimedKeyId(token) ?? '') ?? []
  if (matchesApiKey(token, key, now) && client) return client
  const id = apiKeyId(token)
  return id === undefined ? 'no API key in a form that is known' : `API key ${id}: unknown, wrong or expired`
}

interface Verification {
  now: number
  log: FastifyBaseLogger
  keysOf: (issuer: IdentityProvider, log: FastifyBaseLogger) => JWTVerifyGetKey
}

async function identifyJwt ({ issuers }: Credentials, token: string, { now, log, keysOf }: Verification): Promise<Client | string> {
  const iss = claimedIssuer(token)
  const known = issuers.get(iss ?? '')
  if (!known) return `JWT: its iss is ${quote(iss)}, which no client's issuer has`
  const { issuer, clients } = known
  try {
    const sub = await verifySubject(token, issuer, keysOf(issuer, log), now)
    return clients.get(sub) ?? `JWT of ${issuer.name}: its sub is ${quote(sub)}, which no client has`
  } catch (error) {
    return `JWT of ${issuer.name}: ${(error as Error).message}`
  }
}

function identifyCertificate ({ sans }: Credentials, certificate: X509Certificate | undefined): Client | string {
  if (!certificate) return 'neither an Authorization header nor a client certificate'
  const names = subjectAltNames(certificate)
  const clients = [...new Set(names.map(name => sans.get(name)).filter(client => client !== undefined))]
  if (clients.length === 1) return clients[0]!
  return `certificate with the names ${quote(names)}: they mean ${clients.length === 0 ? 'no client' : 'several clients'}`
}

/** Names from outside, short and on one line. */
function quote (value: unknown): string {
  return String(JSON.stringify(value)).slice(0, 256)
}
