// A finding: one thing that was looked at, what was seen there, and what to do about it. Types only; each check makes its own.

export type Level = 'ok' | 'warning' | 'fault'

export interface Finding {
  /** Stable name of the check in kebab-case, such as `redirect` or `missing-intermediate`; programs may rely on it. */
  readonly check: string
  readonly level: Level
  /** What was seen, in one line; never a private key, a token or an API key. */
  readonly seen: string
  /** Why it matters to the vendor's machine. */
  readonly why?: string
  /** Where that is written: an RFC section, a vendor's page, the name of a consumer. */
  readonly source?: string
  /** What to do; absent for `ok`. */
  readonly hint?: string
  /** The vendor's own word for it, such as `jwks_kid_mismatch`. */
  readonly vendorTerm?: string
}
