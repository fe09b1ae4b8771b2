// What held keys wait for, in words and as JSON, for `status` and `rotate`.

import type { FaultsError } from '../core/errors.ts'
import { type ConsumerFetches, isPublicUrl } from '../core/keys/fetches.ts'
import { type HeldKey, wordLacking } from '../core/keys/gate.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import { formatRelative, formatTime } from '../core/time.ts'
import type { Settings } from '../state/settings.ts'
import { type Io, printFaults } from './io.ts'

/** What the ledger says, where a gate asks for it, and the public URLs, where a key waits to be seen there. */
export async function readFetches (io: Io, settings: Settings, sets: readonly KeySet[]): Promise<readonly ConsumerFetches[]> {
  const waiting = sets.filter(({ publicUrls, keys }) => publicUrls && keys.some(({ held }) => held))
  const seen = waiting.length > 0 ? (await import('../doctor/public-urls.ts')).fetchPublicUrls(waiting, io.clock()) : []
  return [...await readFromLedger(io, settings), ...await seen]
}

/** A ledger that cannot be read is reported, and the gates wait. */
async function readFromLedger (io: Io, settings: Settings): Promise<readonly ConsumerFetches[]> {
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
    ...held.lacks.map(one => wordLacking(one, now)),
    wordNext(held, set, now)
  ]
  return lines.join('\n  ') + '\n'
}

function wordNext ({ has, lacks, earliest, deadline }: HeldKey, set: string, now: number): string {
  if (lacks.length > 0) {
    const url = lacks.find(isPublicUrl)
    return deadline > now
      ? `deadline ${formatTime(deadline)}, ${formatRelative(deadline - now)}`
      : `the deadline was ${formatRelative(deadline - now)}: ${url ? `look there with: jwksd check ${url.consumer}` : 'ask them to fetch it'}, or accept that they refuse tokens: jwksd rotate ${set} --force`
  }
  return earliest > now && !has.some(isPublicUrl) ? `its lead ends ${formatTime(earliest)}, ${formatRelative(earliest - now)}` : `jwksd rotate ${set} gives it its date`
}

/** As JSON; times are RFC 3339. */
export function fieldsOfHeldKey ({ key, since, earliest, has, lacks, deadline }: HeldKey): object {
  return {
    kid: key.kid,
    since: formatTime(since),
    earliest: formatTime(earliest),
    deadline: deadline < Infinity ? formatTime(deadline) : null,
    has: has.map(one => ({ consumer: one.consumer, since: formatTime(one.since) })),
    lacks: lacks.map(({ last, ...rest }) => ({ ...rest, last: last === undefined ? null : formatTime(last) }))
  }
}
