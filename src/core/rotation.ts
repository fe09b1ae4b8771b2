// The two inequalities that keep every vendor able to verify. Whoever plans, loads or reloads asks here.
// Refuses set rules under which a cached JWK Set could lack a key that signs or signed.

import type { SetRules } from './key-set.ts'

/** What the inequalities leave room for. Durations in seconds. */
export interface Margins {
  /** Until a changed file is served, at the latest: the poll interval of a reload. */
  readonly interval: number
  /** By which the clocks of signer, replicas and vendors may differ. */
  readonly skew: number
}

export const DEFAULT_MARGINS: Margins = { interval: 10, skew: 60 }

/** The shortest safe lead: `activates ≥ published + maxAge + reload interval + skew`. Seconds. */
export function shortestLead ({ maxAge }: Pick<SetRules, 'maxAge'>, { interval, skew }: Margins): number {
  return maxAge + interval + skew
}

/** The shortest safe retirement: `removed ≥ deactivated + reload interval + longest ttl + skew`. Seconds. */
export function shortestRetire (longestTtl: number, { interval, skew }: Margins): number {
  return interval + longestTtl + skew
}
