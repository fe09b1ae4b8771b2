// The word with which a vendor refuses: what its user sees in place of the finding.

import type { Preset } from '../core/tokens/preset.ts'

/**
 * eClinicalWorks' reason codes, by the finding that explains them. Not in eCW's own guide: integrators have written them down,
 * for instance in DoorDoc's "Error Reference" of the eCW FHIR API.
 */
const ECW: ReadonlyArray<readonly [term: string, checks: RegExp]> = [
  ['jwks_kid_mismatch', /^kid-|^key-type$/],
  ['jwks_malformed', /^jwks/]
]

/** @param check of a fault; undefined where no word of the vendor is known */
export function vendorTermOf (check: string, preset?: Preset): string | undefined {
  if (!preset) return undefined
  const own = preset.name === 'eclinicalworks' ? ECW.find(([, checks]) => checks.test(check)) : undefined
  if (own) return own[0]
  // RFC 6749 section 5.2, RFC 7523 section 3.2: the answer to a client that cannot be authenticated.
  return preset.rules.some(({ claim, same }) => claim === 'sub' && same === 'iss') ? 'invalid_client' : undefined
}
