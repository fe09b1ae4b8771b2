// What held keys wait for, in words and as JSON, for `status` and `rotate`.

import type { FaultsError } from '../core/errors.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { HeldKey } from '../core/keys/gate.ts'
import { formatRelative, formatTime } from '../core/time.ts'
import type { Settings } from '../state/settings.ts'
import { type Io, printFaults } from './io.ts'

/** What the ledger says, where a gate asks for it. One that cannot be read is reported, and the gates wait. */
export async function readFetches (io: Io, settings: Settings): Promise<readonly ConsumerFetches[]> {
  if (![...settings.sets.values()].some(({ gate }) => gate)) return []
  const { readLedger } = await import('../observe/ledger.ts')
  return await readLedger(settings).catch((error: FaultsError) => {
    printFaults(io, error.faults)
    return []
  })
}

/** Who has a held key, who lacks it, and what comes next: a line each. @param set its name */
export function wordHeldKey (held: HeldKey, set: string, now: number): string {
  const lines = [
    `held: ${held.key.kid} since ${formatTime(held.since)}`,
    ...held.has.map(({ consumer, since }) => `${consumer} has had it since ${formatTime(since)}`),
    ...held.lacks.map(({ consumer, last }) =>
      `${consumer} lacks it (${last === undefined ? 'has not fetched the set yet' : `last fetched ${formatRelative(last - now)}, an older body`})`),
    wordNext(held, set, now)
  ]
  return lines.join('\n  ') + '\n'
}

function wordNext ({ lacks, earliest, deadline }: HeldKey, set: string, now: number): string {
  if (lacks.length > 0) {
    return deadline > now
      ? `deadline ${formatTime(deadline)}, ${formatRelative(deadline - now)}`
      : `the deadline was ${formatRelative(deadline - now)}: ask them to fetch it, or accept that they refuse tokens: jwksd rotate ${set} --force`
  }
  return earliest > now ? `its lead ends ${formatTime(earliest)}, ${formatRelative(earliest - now)}` : `jwksd rotate ${set} gives it its date`
}

/** As JSON; times are RFC 3339. */
export function fieldsOfHeldKey ({ key, since, earliest, has, lacks, deadline }: HeldKey): object {
  return {
    kid: key.kid,
    since: formatTime(since),
    earliest: formatTime(earliest),
    deadline: deadline < Infinity ? formatTime(deadline) : null,
    has: has.map(one => ({ consumer: one.consumer, since: formatTime(one.since) })),
    lacks: lacks.map(({ consumer, last }) => ({ consumer, last: last === undefined ? null : formatTime(last) }))
  }
}
