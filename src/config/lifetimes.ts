// Whether the lifetimes of sets and profiles are safe together, asked of core/keys/rotation.ts.

import { type Margins, shortestLead, shortestRetire } from '../core/keys/rotation.ts'
import { formatDuration } from '../core/time.ts'
import type { Report } from './report.ts'
import { DEFAULT_SET, type ProfileConfig, type SetConfig } from './types.ts'

/** Reports every set whose times would let a cached JWK Set lack a key that a vendor needs (core/keys/rotation.ts). */
export function checkLifetimes (
  sets: ReadonlyMap<string, SetConfig>, profiles: ReadonlyMap<string, ProfileConfig>, margins: Margins, report: Report
): void {
  const longestTtls = new Map<string, number>([...sets.keys()].map(name => [name, 0]))
  for (const { set, ttl } of profiles.values()) longestTtls.set(set, Math.max(longestTtls.get(set) ?? 0, ttl.max))
  for (const [name, longestTtl] of longestTtls) {
    const below = report.below('sets', name)
    const { maxAge, lead, retire, rotation, staleIfError = 0 } = sets.get(name) ?? DEFAULT_SET
    const safeLead = shortestLead({ maxAge }, margins)
    const safeRetire = shortestRetire(longestTtl, margins)
    const reserve = `reload.interval ${formatDuration(margins.interval)} + reload.skew ${formatDuration(margins.skew)}`
    if (maxAge < 1) below.fault(['maxAge'], 'is 0: vendors would fetch the keys for every token', 'use 10m')
    if (lead < safeLead) {
      below.fault(['lead'], `${formatDuration(lead)} is too short: a vendor's cache could lack a key that signs already`,
        `use at least ${formatDuration(safeLead)} (maxAge ${formatDuration(maxAge)} + ${reserve})`)
    }
    const longestStale = Math.max(0, Math.min(retire, lead - maxAge))
    if (staleIfError > longestStale) {
      below.fault(['staleIfError'], `${formatDuration(staleIfError)} is too long: a cache could lack a key that signs by then, or keep one that is gone`,
        `use at most ${formatDuration(longestStale)} (lead - maxAge, and not more than retire)`)
    }
    if (rotation && rotation.every <= lead) {
      below.fault(['rotation', 'every'], `${formatDuration(rotation.every)} is too short: a key would be followed before it signs`,
        `use more than the lead, ${formatDuration(lead)}; 90d is usual`)
    }
    if (retire < safeRetire) {
      below.fault(['retire'], `${formatDuration(retire)} is too short: tokens could outlive the key that verifies them`,
        `use at least ${formatDuration(safeRetire)} (longest ttl ${formatDuration(longestTtl)} + ${reserve})`)
    }
  }
}
