// Clients, their ways in, and the issuers whose tokens they may show. Refuses a credential that would mean two
// clients, a way in that leads nowhere, and keys of an issuer that would be trusted for too long.

import path from 'node:path'
import type { ApiKeyHash } from '../core/clients/api-key.ts'
import type { Subject, IdentityProvider } from '../core/clients/jwt-bearer.ts'
import type { Client } from '../core/clients/policy.ts'
import type { Note, Path } from './parse.ts'
import type { RawClient, RawIssuer } from './schema.ts'
import { parseHttpsUrl, parseRate, type Rate } from './units.ts'
import { formatDuration, parseDate, parseDuration } from '../core/time.ts'

/** API keys that a client may have at once: the old one and its successor. */
export const LIVE_KEYS = 2

/** Seconds: usual and longest time for which an issuer's keys outlast its outage. A withdrawn key lives as long. */
const STALE_IF_ERROR = 3600
const LONGEST_STALE_IF_ERROR = 86400

/** Issuers by name; contradictions are noted. */
export function readIdentityProviders (raw: Record<string, RawIssuer>, base: string, note: Note): Map<string, IdentityProvider> {
  const issuers = new Map<string, IdentityProvider>()
  for (const [name, { issuer, audience, algs, jwksUrl, ca, tokenFile, staleIfError: stale }] of Object.entries(raw)) {
    const twin = [...issuers.values()].find(other => other.issuer === issuer)
    if (twin) note(['issuers', name, 'issuer'], `is also the iss of ${twin.name}`, 'describe each issuer once')
    const staleIfError = stale === undefined ? STALE_IF_ERROR : parseDuration(stale) as number
    if (staleIfError > LONGEST_STALE_IF_ERROR) {
      note(['issuers', name, 'staleIfError'], 'is too long: a key that the issuer withdrew would be trusted all that time',
        `use at most ${formatDuration(LONGEST_STALE_IF_ERROR)}`)
    }
    issuers.set(name, {
      name,
      issuer,
      audience,
      algs,
      jwksUrl: parseHttpsUrl(jwksUrl) as URL,
      ...(ca && { ca: path.resolve(base, ca) }),
      ...(tokenFile && { tokenFile: path.resolve(base, tokenFile) }),
      staleIfError
    })
  }
  return issuers
}

interface Context {
  note: Note
  /** NumericDate (seconds). */
  now: number
  /** All profile names of the document, also of those with faults. */
  profileNames: readonly string[]
  /** The same for issuers. */
  issuerNames: readonly string[]
  issuers: ReadonlyMap<string, IdentityProvider>
  /** False when the internal listener asks for no certificate. */
  mtls: boolean
}

/** Clients by name; contradictions are noted. */
export function readClients (raw: Record<string, RawClient>, context: Context): Map<string, Client> {
  const { note, profileNames } = context
  const owners = new Map<string, string>()
  const clients = new Map<string, Client>()
  for (const [name, { auth, profiles, rate }] of Object.entries(raw)) {
    const at = ['clients', name]
    const own: Own = (what, credential, path) => {
      if (owners.has(credential)) note(path, `is also the ${what} of ${owners.get(credential)}`, 'each credential means one client: write it once')
      owners.set(credential, name)
    }
    profiles.forEach((profile, i) => {
      if (profileNames.includes(profile)) return
      note([...at, 'profiles', i], `there is no profile "${profile}"`, `use one of: ${profileNames.join(', ') || '(none is defined)'}`)
    })
    const ways = readWays(auth, [...at, 'auth'], own, context)
    clients.set(name, { name, ...ways, profiles, ...(rate && { rate: parseRate(rate) as Rate }) })
  }
  return clients
}

/** Notes a credential that is somebody's already. `what` it is of its owner, for the reader. */
type Own = (what: string, credential: string, path: Path) => void

/** The entries of `auth` by kind. */
function readWays (
  auth: RawClient['auth'], at: Path, own: Own, { note, now, issuers, issuerNames, mtls: offered }: Context
): Pick<Client, 'apiKeys' | 'subjects' | 'sans'> {
  const apiKeys: ApiKeyHash[] = []
  const subjects: Subject[] = []
  const sans: string[] = []
  auth.forEach(({ apiKey, jwt, mtls }, i) => {
    if (apiKey) {
      const { id, sha256, expires } = apiKey
      own('id of a key', `apiKey ${id}`, [...at, i, 'apiKey', 'id'])
      apiKeys.push({ id, sha256: Buffer.from(sha256, 'hex'), ...(expires && { expires: parseDate(expires) as number }) })
    }
    if (jwt) {
      const issuer = issuers.get(jwt.issuer)
      own('sub', `jwt ${jwt.issuer} ${jwt.sub}`, [...at, i, 'jwt', 'sub'])
      if (issuer) subjects.push({ issuer, sub: jwt.sub })
      else if (!issuerNames.includes(jwt.issuer)) {
        note([...at, i, 'jwt', 'issuer'], `there is no issuer "${jwt.issuer}"`, `describe it under issuers; there are: ${issuerNames.join(', ') || '(none)'}`)
      }
    }
    if (mtls) {
      own('name in the certificate', `mtls ${mtls.san}`, [...at, i, 'mtls', 'san'])
      if (!offered) note([...at, i, 'mtls'], 'cannot be used: the internal listener asks for no certificate', 'name the CA of the clients in sign.tls.clientCa')
      sans.push(mtls.san)
    }
  })
  if (apiKeys.filter(({ expires = Infinity }) => now < expires).length > LIVE_KEYS) {
    note(at, `has more than ${LIVE_KEYS} live API keys`, 'remove the oldest: two are enough to change a key without a gap')
  }
  return { apiKeys, subjects, sans }
}
