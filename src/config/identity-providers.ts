// The identity providers whose tokens clients may show (the section `issuers`). Rejects one that is described twice, and
// keys that would be trusted for too long.

import path from 'node:path'
import { type IdentityProvider, normalizeType } from '../core/clients/jwt-bearer.ts'
import { formatDuration } from '../core/time.ts'
import type { Report } from './report.ts'
import type { IssuerFields } from './schema.ts'

/** Seconds: usual and longest time for which a provider's keys outlast its outage. A withdrawn key lives as long. */
const STALE_IF_ERROR = 3600
const LONGEST_STALE_IF_ERROR = 86400

/** What tokens are by default: those without a type, general ones and access tokens; never ID, logout or event tokens. */
const TYPES = ['none', 'JWT', 'at+jwt']
/** Seconds. */
const LONGEST_LIFE = 86400

/** Identity providers by name; contradictions are reported. @param base directory of relative paths */
export function readIdentityProviders (
  fields: ReadonlyMap<string, IssuerFields>, base: string, report: Report
): Map<string, IdentityProvider> {
  const providers = new Map<string, IdentityProvider>()
  for (const [name, { ca, tokenFile, staleIfError = STALE_IF_ERROR, typ = TYPES, maxLife = LONGEST_LIFE, ...others }] of fields) {
    const duplicate = [...providers.values()].find(({ issuer }) => issuer === others.issuer)
    if (duplicate) report.fault(['issuers', name, 'issuer'], `is also the iss of ${duplicate.name}`, 'describe each issuer once')
    if (maxLife < 1) report.fault(['issuers', name, 'maxLife'], 'is 0: no token could be valid', 'use 24h')
    if (staleIfError > LONGEST_STALE_IF_ERROR) {
      report.fault(['issuers', name, 'staleIfError'], 'is too long: a key that the issuer withdrew would be trusted all that time',
        `use at most ${formatDuration(LONGEST_STALE_IF_ERROR)}`)
    }
    providers.set(name, {
      name,
      ...others,
      ...(ca && { ca: path.resolve(base, ca) }),
      ...(tokenFile && { tokenFile: path.resolve(base, tokenFile) }),
      staleIfError,
      types: typ.map(normalizeType),
      maxLife
    })
  }
  return providers
}
