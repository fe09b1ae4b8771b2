// The word with which a vendor refuses: what its user sees in place of the finding.

import type { Preset } from '../core/tokens/preset.ts'
import type { Finding } from './finding.ts'

/**
 * eClinicalWorks' reason codes, by the finding that explains them. They are not in eCW's own guide: integrators have written them
 * down, for instance in DoorDoc's "Error Reference" of the eCW FHIR API. The fourth, jwks_not_whitelisted, cannot be seen from
 * outside: the URL is right, and eCW's support has not entered it.
 */
const ECW: ReadonlyArray<readonly [term: string, checks: RegExp]> = [
  ['jwks_kid_mismatch', /^(kid(-.*)?|duplicate-kid|key-type|vendor-kid)$/],
  ['jwks_malformed', /^(jwks|json|jwk-set|empty-set|duplicate-members|key-members|key-types|content-type|compression|size)$/],
  ['jwks_url_inaccessible', new RegExp('^(url-form|dns-name|port|resolution|ip-versions|private-address|reachable|tls-.*|certificate-.*|' +
    'missing-intermediate|no-sni|http-.*|redirect|challenge-page|status|speed|empty-user-agent|accept|head)$')]
]

/** Adds the vendor's word to faults, where one is known. */
export function addVendorTerms (findings: readonly Finding[], preset?: Preset): Finding[] {
  return findings.map(one => {
    const vendorTerm = one.level === 'fault' && preset ? termOf(one.check, preset) : undefined
    return { ...one, ...vendorTerm !== undefined && { vendorTerm } }
  })
}

function termOf (check: string, { name, rules }: Preset): string | undefined {
  const own = name === 'eclinicalworks' ? ECW.find(([, checks]) => checks.test(check)) : undefined
  if (own) return own[0]
  // RFC 6749 section 5.2, RFC 7523 section 3.2: the answer to a client that cannot be authenticated.
  return rules.some(({ claim, same }) => claim === 'sub' && same === 'iss') ? 'invalid_client' : undefined
}
