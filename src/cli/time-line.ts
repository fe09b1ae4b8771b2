// The time line of a set's keys for a terminal.

import type { KeySet } from '../core/keys/key-set.ts'
import { type Lane, makeTimeLine, type PublishedState } from '../core/keys/time-line.ts'
import { formatTime } from '../core/time.ts'
import type { Paint } from './color.ts'

const LEGEND = '░ published, signs later   █ signs   ▒ published, no longer signs'
const CELLS: Record<PublishedState, string> = { 'pre-activation': '░', active: '█', deactivated: '▒' }
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
  const line = makeTimeLine(set, now)
  if (!line) return ''
  const columns = Math.max(LEAST_COLUMNS, width - LABEL - 2)
  const scale = { from: line.from, step: Math.ceil((line.to - line.from) / columns), columns }
  const margin = ' '.repeat(LABEL + 2)
  const marker = `${margin}${' '.repeat(Math.floor((now - scale.from) / scale.step))}▼ now`
  const rows = line.lanes.map(lane => `${label(lane.key.kid)}  ${drawLane(lane, scale)}`)
  const painted = rows.map(row => row
    .replace(/░+/, text => paint('cyan', text)).replace(/█+/, text => paint('green', text)).replace(/▒+/, text => paint('yellow', text)))
  return [marker, ...painted, margin + drawAxis(scale), LEGEND.slice(0, width), ''].join('\n')
}

function drawLane ({ spans }: Lane, { from, step, columns }: Scale): string {
  const known = spans[0]!.from
  const cells = Array.from({ length: columns }, (_, column) => {
    const time = from + (column + 1) * step <= known ? -Infinity : Math.max(known, from + column * step)
    const span = spans.find(one => time >= one.from && time < one.to)
    return span ? CELLS[span.state] : ' '
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
