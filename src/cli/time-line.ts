// A set's keys drawn against time, for a terminal: which are published, which sign, which are being retired. Only the past
// that the files record is drawn.

import { type KeySet, lifeOf, stateOf } from '../core/keys/key-set.ts'
import type { Key } from '../core/keys/key.ts'
import { formatTime } from '../core/time.ts'
import type { Paint } from './color.ts'

const LEGEND = '░ published, signs later   █ signs   ▒ published, no longer signs'
const LEAST_COLUMNS = 20
const LABEL = 16
/** Columns from one date of the axis to the next. */
const TICK = 20
const HOUR = 3600
const DAY = 24 * HOUR
const ZONE = ' UTC'

/** The times that a line shows: `columns` steps of `step` seconds from `from` (NumericDate) on. */
interface Scale { readonly from: number, readonly step: number, readonly columns: number }

/**
 * The time line of the keys that are in the set or will be; empty when there are none.
 * @param now NumericDate (seconds)
 * @param width columns of the terminal
 */
export function drawTimeLine (set: KeySet, now: number, width: number, paint: Paint): string {
  const keys = set.keys.filter(key => !['destroyed', 'compromised'].includes(stateOf(set, key, now)))
  if (keys.length === 0) return ''
  const columns = Math.max(LEAST_COLUMNS, width - LABEL - 2)
  const dates = keys.flatMap(key => Object.values(lifeOf(set, key)) as number[]).filter(Number.isFinite)
  const ahead = Math.max(now + set.lead, ...dates) - now
  const from = Math.max(now - Math.ceil(ahead / 4), Math.min(...keys.map(key => knownFrom(set, key, now))))
  const scale = { from, step: Math.ceil((now + ahead * 1.1 - from) / columns), columns }
  const margin = ' '.repeat(LABEL + 2)
  const marker = `${margin}${' '.repeat(Math.floor((now - from) / scale.step))}▼ now`
  const rows = keys.map(key => `${label(key.kid)}  ${drawKey(set, key, scale, now)}`)
  const painted = rows.map(row => row
    .replace(/░+/, text => paint('cyan', text)).replace(/█+/, text => paint('green', text)).replace(/▒+/, text => paint('yellow', text)))
  return [marker, ...painted, margin + drawAxis(scale), LEGEND.slice(0, width), ''].join('\n')
}

/** The first time known of a key: its activation, or now where that is in the future or has no date. */
function knownFrom (set: KeySet, key: Key, now: number): number {
  const { activates, deactivates } = lifeOf(set, key)
  return Math.min(now, activates > -Infinity ? activates : deactivates)
}

function drawKey (set: KeySet, key: Key, { from, step, columns }: Scale, now: number): string {
  const { activates, deactivates, removed } = lifeOf(set, key)
  const known = knownFrom(set, key, now)
  const cells = Array.from({ length: columns }, (_, column) => {
    const time = Math.max(known, from + column * step)
    if (from + (column + 1) * step <= known) return ' '
    return time < activates ? '░' : time < deactivates ? '█' : time < removed ? '▒' : ' '
  })
  return cells.join('').trimEnd()
}

function label (kid: string): string {
  return (kid.length > LABEL ? kid.slice(0, LABEL - 1) + '…' : kid).padEnd(LABEL)
}

/** A date at every twentieth column, as fine as the span needs; as many as there is room for. */
function drawAxis ({ from, step, columns }: Scale): string {
  const span = step * columns
  const [start, end] = span > 90 * DAY ? [0, 10] : span > 3 * HOUR ? [5, 16] : [11, 19]
  const length = `│${' '.repeat(end - start)}${ZONE}`.length
  const ticks = Array.from({ length: Math.floor((columns - length) / TICK) + 1 }, (_, tick) =>
    `│${formatTime(from + tick * TICK * step).slice(start, end).replace('T', ' ')}`.padEnd(TICK))
  return `${ticks.join('').trimEnd()}${ZONE}`
}
