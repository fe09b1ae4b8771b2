// Counts from the audit log: what was signed and refused, per day, client, profile and key. Skips lines that were
// changed, and says how many.

import { isIntact, readStart } from './audit-chain.ts'
import { readBlocks } from './audit-lines.ts'

/** Times are RFC 3339 in UTC: from the first to before the second. */
export interface ReportFilter {
  readonly from: string
  readonly to: string
  readonly client?: string | undefined
  readonly profile?: string | undefined
}

/** Decisions of one day (UTC). What a decision does not have is empty: a refused request has no kid. */
export interface ReportRow {
  readonly day: string
  readonly client: string
  readonly profile: string
  readonly kid: string
  granted: number
  refused: number
}

export interface Report {
  /** In order of day, client, profile and kid. */
  readonly rows: readonly ReportRow[]
  /** Lines that could not be read. */
  readonly unreadable: number
}

interface Entry extends Partial<Pick<ReportRow, 'client' | 'profile' | 'kid'>> { readonly event: string, readonly count?: number }

const COUNTED = ['granted', 'refused', 'refusals']
/** A refused request may ask for any name; those that no configuration can have are left out. */
const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** @throws FaultsError when a file cannot be read */
export async function countDecisions (files: readonly string[], filter: ReportFilter): Promise<Report> {
  const rows = new Map<string, ReportRow>()
  let unreadable = 0
  for (const file of files) {
    for await (const { lines } of readBlocks(file)) {
      for (const bytes of lines) {
        const line = bytes.toString()
        const start = readStart(bytes)
        if (!start || !isIntact(line)) unreadable++
        else if (COUNTED.includes(start.event) && start.time >= filter.from && start.time < filter.to) {
          count(rows, start.time.slice(0, 10), JSON.parse(line) as Entry, filter)
        }
      }
    }
  }
  return { rows: [...rows].sort(([a], [b]) => a < b ? -1 : 1).map(([, row]) => row), unreadable }
}

function count (rows: Map<string, ReportRow>, day: string, entry: Entry, wanted: ReportFilter): void {
  const { client = '', kid = '' } = entry
  const profile = entry.profile !== undefined && NAME.test(entry.profile) ? entry.profile : ''
  if ((wanted.client ?? client) !== client || (wanted.profile ?? profile) !== profile) return
  const key = [day, client, profile, kid].join('\0')
  const row = rows.get(key) ?? { day, client, profile, kid, granted: 0, refused: 0 }
  if (entry.event === 'granted') row.granted++
  else row.refused += entry.count ?? 1
  rows.set(key, row)
}
