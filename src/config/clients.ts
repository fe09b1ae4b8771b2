// Clients and how they authenticate. Rejects a credential that would mean two clients, and an authentication method
// that can never succeed.

import type { ApiKeyHash } from '../core/clients/api-key.ts'
import type { IdentityProvider, Subject } from '../core/clients/jwt-bearer.ts'
import type { Client } from '../core/clients/policy.ts'
import { didYouMean } from '../core/near-match.ts'
import { formatTime } from '../core/time.ts'
import { isPlaceholder } from './placeholders.ts'
import type { Path, Report } from './report.ts'
import type { ClientFields } from './schema.ts'

/** API keys that a client may have at once: the old one and its successor. */
export const LIVE_KEYS = 2
/** Seconds before its end from which an API key is warned of. */
const EXPIRES_SOON = 14 * 86400

/** What clients refer to. */
interface Referred {
  /** NumericDate (seconds). */
  readonly now: number
  /** All profile names of the document, also of those with faults. */
  readonly profileNames: readonly string[]
  /** The same for identity providers. */
  readonly issuerNames: readonly string[]
  readonly issuers: ReadonlyMap<string, IdentityProvider>
  /** False when the internal listener asks for no certificate. */
  readonly mtls: boolean
}

/** Reports a credential that another client already has. `kind` names the credential in the message. */
type Claim = (kind: string, credential: string, path: Path) => void

/** Clients by name; contradictions are reported. */
export function readClients (fields: ReadonlyMap<string, ClientFields>, referred: Referred, report: Report): Map<string, Client> {
  const profileNames = new Set(referred.profileNames)
  const owners = new Map<string, string>()
  const clients = new Map<string, Client>()
  for (const [name, { auth, profiles, rate }] of fields) {
    const below = report.below('clients', name)
    const claim: Claim = (kind, credential, path) => {
      const owner = owners.get(credential)
      if (owner !== undefined) below.fault(path, `is also the ${kind} of ${owner}`, 'each credential means one client: write it once')
      owners.set(credential, name)
    }
    profiles.forEach((profile, i) => {
      if (profileNames.has(profile)) return
      below.fault(['profiles', i], `there is no profile "${profile}"`,
        didYouMean(profile, [...profileNames], `use one of: ${[...profileNames].join(', ') || '(none is defined)'}`))
    })
    if (!auth) below.warn([], `has no auth, so nobody can sign as it; make an API key with: jwksd client key ${name} --write`)
    const methods = readMethods(auth ?? [], claim, referred, below)
    warnOfExpiry(name, methods.apiKeys, referred.now, below)
    clients.set(name, { name, ...methods, profiles, ...(rate && { rate }) })
  }
  return clients
}

/** Warns of API keys that have expired or soon will. */
function warnOfExpiry (client: string, apiKeys: readonly ApiKeyHash[], now: number, report: Report): void {
  for (const { id, expires = Infinity } of apiKeys) {
    if (expires - now >= EXPIRES_SOON) continue
    report.warn(['auth'], `the API key ${id} ${expires > now ? 'expires' : 'expired'} on ${formatTime(expires)}; make the next with: jwksd client key ${client} --write`)
  }
}

/** The entries of `auth` by kind. @param report of the client */
function readMethods (
  auth: NonNullable<ClientFields['auth']>, claim: Claim, { now, issuers, issuerNames, mtls: offered }: Referred, report: Report
): Pick<Client, 'apiKeys' | 'subjects' | 'sans'> {
  const apiKeys: ApiKeyHash[] = []
  const subjects: Subject[] = []
  const sans: string[] = []
  auth.forEach(({ apiKey, jwt, mtls }, i) => {
    if (apiKey) {
      const { id, sha256, expires } = apiKey
      claim('id of a key', `apiKey ${id}`, ['auth', i, 'apiKey', 'id'])
      if (/^0+$/.test(sha256) && !isPlaceholder(id)) report.warn(['auth', i, 'apiKey', 'sha256'], 'is the hash of no token, so nobody can use this API key')
      apiKeys.push({ id, sha256: Buffer.from(sha256, 'hex'), ...(expires !== undefined && { expires }) })
    }
    if (jwt) {
      const issuer = issuers.get(jwt.issuer)
      claim('sub', `jwt ${jwt.issuer} ${jwt.sub}`, ['auth', i, 'jwt', 'sub'])
      if (issuer) subjects.push({ issuer, sub: jwt.sub })
      else if (!issuerNames.includes(jwt.issuer)) {
        report.fault(['auth', i, 'jwt', 'issuer'], `there is no issuer "${jwt.issuer}"`,
          didYouMean(jwt.issuer, issuerNames, `describe it under issuers; there are: ${issuerNames.join(', ') || '(none)'}`))
      }
    }
    if (mtls) {
      claim('name in the certificate', `mtls ${mtls.san}`, ['auth', i, 'mtls', 'san'])
      if (!offered) report.fault(['auth', i, 'mtls'], 'cannot be used: the internal listener asks for no certificate', 'name the CA of the clients in sign.tls.clientCa')
      sans.push(mtls.san)
    }
  })
  if (apiKeys.filter(({ expires = Infinity }) => now < expires).length > LIVE_KEYS) {
    report.fault(['auth'], `has more than ${LIVE_KEYS} live API keys`, 'remove the oldest: two are enough to change a key without a gap')
  }
  return { apiKeys, subjects, sans }
}
