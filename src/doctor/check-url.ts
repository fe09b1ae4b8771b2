// The doctor of a URL: probes it as a vendor's machine would, then lets every check judge what was seen.

import { ADDRESS_CHECKS } from './address-checks.ts'
import { type Check, faulty, ok, runChecks } from './checks.ts'
import { CLIENT_CHECKS } from './client-checks.ts'
import type { Answer } from './connect.ts'
import { isUsable } from './firewalls.ts'
import type { Finding } from './finding.ts'
import { HTTP_CHECKS } from './http-checks.ts'
import { type Jwk, readSet } from './jwk-set.ts'
import { KEY_CHECKS } from './key-checks.ts'
import { observe, type Observed, type ProbeOptions } from './probe.ts'
import { SET_CHECKS } from './set-checks.ts'
import { TLS_CHECKS } from './tls-checks.ts'

/** What a probe of a URL gives: every finding, and the body where it is a JWK Set. */
export interface UrlReport {
  readonly findings: Finding[]
  readonly set?: string
}

const SAME_KEYS: Check<Observed> = {
  name: 'same-keys',
  looksAt: 'the same keys from every address of the name',
  why: 'a client that meets an address without the key rejects the token',
  source: 'RFC 1794: the name server chooses the order of the addresses',
  judge: ({ exchanges }) => {
    const seen = exchanges.flatMap(({ address, answer }) => answer ? [{ address, keys: canonicalKeys(answer) }] : [])
    if (seen.length < 2) return undefined
    const other = seen.find(({ keys }) => keys !== seen[0]!.keys)
    return other ? faulty(`${other.address} differs from ${seen[0]!.address}`, 'deploy the same keys to every server') : ok(`${seen.length} addresses`)
  }
}

/** One text for equal keys, in whatever order the set and its members are. */
function canonicalKeys (answer: Answer): string {
  const { keys = [] } = isUsable(answer) ? readSet(answer.body) : {}
  const text = (jwk: Jwk): string => JSON.stringify(Object.entries(jwk).sort(([a], [b]) => a < b ? -1 : 1))
  return keys.map(text).sort().join('\n')
}

/** Every check, for docs/reference/check.md. */
export const URL_CHECKS = [...ADDRESS_CHECKS, ...TLS_CHECKS, ...HTTP_CHECKS, ...CLIENT_CHECKS, SAME_KEYS]
export const ALL_SET_CHECKS = [...SET_CHECKS, ...KEY_CHECKS]

/** The findings about the body of a set, wherever it comes from. */
export function checkSet (bytes: Buffer): Finding[] {
  return runChecks(ALL_SET_CHECKS, readSet(bytes))
}

/** A published private key is said before anything else. */
const isUrgent = ({ check, level }: Finding): boolean => check === 'private-members' && level === 'fault'

/** As `checkUrl`, and gives the set for further checks. */
export async function probeUrl (url: URL, options: ProbeOptions): Promise<UrlReport> {
  if (url.protocol !== 'https:') return { findings: runChecks(ADDRESS_CHECKS.slice(0, 1), { url } as Observed) }
  const observed = await observe(url, options)
  const findings = runChecks(URL_CHECKS, observed)
  const answer = observed.main?.answer
  if (!answer || !isUsable(answer) || !answer.complete || answer.headers['content-encoding']) return { findings }
  const { keys } = readSet(answer.body)
  const all = [...findings, ...checkSet(answer.body)]
  return { findings: [...all.filter(isUrgent), ...all.filter(finding => !isUrgent(finding))], ...(keys && { set: answer.body.toString('utf8') }) }
}

/**
 * What a vendor's machine would see of a URL. Takes at most about five seconds, whatever the server does.
 * @see docs/reference/check.md for the names of the findings
 */
export async function checkUrl (url: URL, options: ProbeOptions): Promise<Finding[]> {
  return (await probeUrl(url, options)).findings
}
