// Whether the lifetimes of sets and profiles are safe together, asked of core/keys/rotation.ts.

import { type Margins, shortestLead, shortestRetire } from '../core/keys/rotation.ts'
import { DEFAULT_SET, type ProfileConfig, type SetConfig } from './types.ts'
import type { Note } from './parse.ts'
import { formatDuration } from '../core/time.ts'

/** Notes every set whose times would let a cached JWK Set lack a key that a vendor needs (core/keys/rotation.ts). */
export function checkLifetimes (
  sets: ReadonlyMap<string, SetConfig>, profiles: ReadonlyMap<string, ProfileConfig>, margins: Margins, note: Note
): void {
  for (const name of new Set([...sets.keys(), ...[...profiles.values()].map(({ set }) => set)])) {
    const set = sets.get(name) ?? DEFAULT_SET
    const longestTtl = Math.max(0, ...[...profiles.values()].filter(profile => profile.set === name).map(({ ttl }) => ttl.max))
    const lead = shortestLead(set, margins)
    const retire = shortestRetire(longestTtl, margins)
    const reserve = `reload.interval ${formatDuration(margins.interval)} + reload.skew ${formatDuration(margins.skew)}`
    if (set.maxAge < 1) note(['sets', name, 'maxAge'], 'is 0: vendors would fetch the keys for every token', 'use 10m')
    if (set.lead < lead) {
      note(['sets', name, 'lead'], `${formatDuration(set.lead)} is too short: a vendor's cache could lack a key that signs already`,
        `use at least ${formatDuration(lead)} (maxAge ${formatDuration(set.maxAge)} + ${reserve})`)
    }
    if (set.rotation && set.rotation.every <= set.lead) {
      note(['sets', name, 'rotation', 'every'], `${formatDuration(set.rotation.every)} is too short: a key would be followed before it signs`,
        `use more than the lead, ${formatDuration(set.lead)}; 90d is usual`)
    }
    if (set.retire < retire) {
      note(['sets', name, 'retire'], `${formatDuration(set.retire)} is too short: tokens could outlive the key that verifies them`,
        `use at least ${formatDuration(retire)} (longest ttl ${formatDuration(longestTtl)} + ${reserve})`)
    }
  }
}
