// The policy part of the configuration: profiles and clients, and whether their lifetimes are safe for the sets.

import type { ApiKeyHash } from '../core/api-key.ts'
import type { Client } from '../core/policy.ts'
import { SERVER_CLAIMS } from '../core/profile.ts'
import { type Margins, shortestLead, shortestRetire } from '../core/rotation.ts'
import { presets } from '../presets/index.ts'
import { DEFAULT_SET, type ProfileConfig, type SetConfig } from './config.ts'
import type { Note } from './read.ts'
import type { RawClient, RawProfile } from './schema.ts'
import { formatDuration, parseDate, parseDuration, parseRate, type Rate } from './units.ts'

/** API keys that a client may have at once: the old one and its successor. */
export const LIVE_KEYS = 2

/** Profiles by name; those with a fault are left out and noted. */
export function readProfiles (raw: Record<string, RawProfile>, note: Note): Map<string, ProfileConfig> {
  const profiles = new Map<string, ProfileConfig>()
  for (const [name, { preset: presetName, set = 'default', alg, key, claims = {}, ttl = {} }] of Object.entries(raw)) {
    const at = ['profiles', name]
    const preset = presets.get(presetName)
    if (!preset) {
      note([...at, 'preset'], `there is no preset "${presetName}"`, `use one of: ${[...presets.keys()].join(', ')}`)
      continue
    }
    if (alg && !preset.algs.includes(alg)) {
      note([...at, 'alg'], `${preset.title} does not take ${alg}`, `use one of: ${preset.algs.join(', ')}`)
    }
    for (const claim of SERVER_CLAIMS.filter(claim => Object.hasOwn(claims, claim))) {
      note([...at, 'claims', claim], 'is set by jwksd itself', 'remove it; ttl says how long a token lives')
    }
    const max = ttl.max === undefined ? preset.ttl.max : parseDuration(ttl.max) as number
    const usual = ttl.default === undefined ? Math.min(preset.ttl.default, max) : parseDuration(ttl.default) as number
    if (max > preset.ttl.max) {
      note([...at, 'ttl', 'max'], `is longer than ${formatDuration(preset.ttl.max)}, the longest that ${preset.title} allows`,
        `rule: ${preset.ttl.source}`)
    }
    if (usual > max || usual < 1) {
      note([...at, 'ttl', 'default'], `must be from 1s to ttl.max, ${formatDuration(max)}`, 'shorten it, or lengthen ttl.max')
    }
    profiles.set(name, { name, preset, set, ...(alg && { alg }), ...(key && { key }), claims, ttl: { default: usual, max } })
  }
  return profiles
}

/** Notes every set whose times would let a cached JWK Set lack a key that a vendor needs (core/rotation.ts). */
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

/** Clients by name; contradictions are noted. */
export function readClients (
  raw: Record<string, RawClient>,
  { note, now, profileNames }: { note: Note, now: number, profileNames: readonly string[] }
): Map<string, Client> {
  const clients = new Map<string, Client>()
  const ids = new Map<string, string>()
  for (const [name, { auth, profiles, rate }] of Object.entries(raw)) {
    const at = ['clients', name]
    const apiKeys = auth.map(({ apiKey: { id, sha256, expires } }): ApiKeyHash => ({
      id, sha256: Buffer.from(sha256, 'hex'), ...(expires && { expires: parseDate(expires) as number })
    }))
    apiKeys.forEach(({ id }, i) => {
      if (ids.has(id)) note([...at, 'auth', i, 'apiKey', 'id'], `is also the id of a key of ${ids.get(id)}`, 'each key has its own id')
      ids.set(id, name)
    })
    if (apiKeys.filter(({ expires = Infinity }) => now < expires).length > LIVE_KEYS) {
      note([...at, 'auth'], `has more than ${LIVE_KEYS} live API keys`, 'remove the oldest: two are enough to change a key without a gap')
    }
    profiles.forEach((profile, i) => {
      if (profileNames.includes(profile)) return
      note([...at, 'profiles', i], `there is no profile "${profile}"`, `use one of: ${profileNames.join(', ') || '(none is defined)'}`)
    })
    clients.set(name, { name, apiKeys, profiles, ...(rate && { rate: parseRate(rate) as Rate }) })
  }
  return clients
}
