// Consumers, the ledger of what they fetch, and the gates that wait for them. Rejects a consumer that nothing identifies,
// and a gate that could never open: nothing is recorded, no such consumer, or a consumer of another set.

import { didYouMean } from '../core/near-match.ts'
import { formatDuration } from '../core/time.ts'
import type { Report } from './report.ts'
import type { ConsumerFields } from './schema.ts'
import type { Config, ConsumerConfig, SetConfig } from './types.ts'
import { isTooWide } from './units.ts'

/** How long a gate waits before it raises an alert (seconds). */
export const DEFAULT_DEADLINE = 14 * 86400

/** Consumers by name; one that any request would match is reported. */
export function readConsumers (fields: ReadonlyMap<string, ConsumerFields>, report: Report): Map<string, ConsumerConfig> {
  return new Map([...fields].map(([name, { set, from = [], userAgent }]) => {
    if (from.length === 0 && userAgent === undefined) {
      report.fault(['consumers', name], 'has neither from nor userAgent: every request would be this consumer', 'give the addresses that it fetches from, as in: from: [203.0.113.0/24]')
    }
    return [name, { set, from, ...(userAgent !== undefined && { userAgent }) }]
  }))
}

type Audience = Pick<Config, 'consumers' | 'sets'>

/** The configured consumers whose fetches count for a set: those of its URL or of one that includes it. */
export function namedConsumersOf (set: string, { consumers, sets }: Audience): string[] {
  const counts = (url: string): boolean => url === set || sets.get(url)?.include.includes(set) === true
  return [...consumers].filter(([, consumer]) => counts(consumer.set)).map(([name]) => name)
}

/** The consumers of a set. Where none is configured, everybody who fetches it is one, which has the name of the set. */
export function consumersOf (set: string, config: Audience): string[] {
  const named = namedConsumersOf(set, config)
  return named.length > 0 ? named : [set]
}

/** What gates refer to. */
interface Referred extends Audience {
  /** All consumer names of the document, also of those with faults. */
  readonly consumerNames: readonly string[]
  /** Fetches are recorded, in a file or in Redis. */
  readonly isRecorded: boolean
}

/** Reports every gate that could never open, or whose deadline is over before the lead is. */
export function checkGates ({ consumers, sets, consumerNames, isRecorded }: Referred, report: Report): void {
  for (const [set, { gate, lead }] of sets) {
    if (!gate) continue
    const below = report.below('sets', set, 'gate')
    if (!isRecorded) below.fault([], 'waits for fetches that nothing records', 'add ledger: { file: ledger.json }')
    if (gate.deadline <= lead) {
      below.fault(['deadline'], `${formatDuration(gate.deadline)} is too short: it would be over before the lead is`, `use more than the lead, ${formatDuration(lead)}; 14d is usual`)
    }
    const known = consumersOf(set, { consumers, sets })
    gate.consumers.forEach((name, i) => {
      const other = consumers.get(name)
      if (known.includes(name) || (!other && consumerNames.includes(name))) return
      if (other) below.fault(['consumers', i], `fetches the set "${other.set}", which has no key of this set`, `use one of: ${known.join(', ')}`)
      else below.fault(['consumers', i], `there is no consumer "${name}"`, didYouMean(name, known, `describe it under consumers, or use one of: ${known.join(', ')}`))
    })
  }
}

/** Trusting every address would let everybody name the address that is recorded. */
export function checkProxies (proxies: readonly string[], report: Report): void {
  proxies.forEach((cidr, i) => {
    if (isTooWide(cidr)) report.fault(['trustProxy', i], 'trusts every address: any client could claim any other', 'give the addresses of your proxies')
  })
}

/** A password that would cross the network in clear text is warned of. */
export function checkRedis ({ protocol, hostname, password }: URL, report: Report): void {
  const isLocal = /^(localhost|127\.|\[::1\])/.test(hostname)
  if (password && protocol === 'redis:' && !isLocal) report.warn(['redis', 'url'], 'sends its password unencrypted; use rediss://')
}

/** A set's rules, with the deadline that its gate has by default. */
export function withDeadline<S extends { gate?: { consumers: readonly string[], deadline?: number } }> (
  { gate, ...rules }: S
): Omit<S, 'gate'> & Pick<SetConfig, 'gate'> {
  return { ...rules, ...(gate && { gate: { deadline: DEFAULT_DEADLINE, ...gate } }) }
}
