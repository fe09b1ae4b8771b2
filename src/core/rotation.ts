// The two inequalities that keep every vendor able to verify. Whoever plans, loads or reloads asks here.
// Refuses set rules under which a cached JWK Set could lack a key that signs or signed.

import type { SetRules } from './key-set.ts'

/** Seconds until a changed file is served, at the latest: the poll interval of a reload. */
export const RELOAD_INTERVAL = 10
/** Seconds by which the clocks of signer, replicas and vendors may differ. */
export const SKEW = 60

/** The shortest safe lead: `activates ≥ published + maxAge + reload interval + skew`. Seconds. */
export function shortestLead ({ maxAge }: Pick<SetRules, 'maxAge'>): number {
  return maxAge + RELOAD_INTERVAL + SKEW
}

/** The shortest safe retirement: `removed ≥ deactivated + reload interval + longest ttl + skew`. Seconds. */
export function shortestRetire (longestTtl: number): number {
  return RELOAD_INTERVAL + longestTtl + SKEW
}
