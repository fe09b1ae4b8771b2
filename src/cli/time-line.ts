// A set's keys drawn against time, for a terminal: who is published, who signs, who is on the way out.

import { type KeySet, lifeOf, stateOf } from '../core/keys/key-set.ts'
import { formatTime } from '../core/time.ts'

const LEGEND = '░ published, signs later   █ signs   ▒ published, signs no longer'
const LEAST_COLUMNS = 20
const LABEL = 16
/** Columns from one date of the axis to the next. */
const TICK = 20
const HOUR = 3600
const DAY = 24 * HOUR

/**
 * The time line of the keys that are in the set or will be; empty when there are none.
 * @param now NumericDate (seconds)
 * @param width columns of the terminal
 */
export function drawTimeLine (set: KeySet, now: number, width: number): string {
  const keys = set.keys.filter(key => !['destroyed', 'compromised'].includes(stateOf(set, key, now)))
  if (keys.length === 0) return ''
  const columns = Math.max(LEAST_COLUMNS, width - LABEL - 2)
  const dates = keys.flatMap(key => Object.values(lifeOf(set, key)) as number[]).filter(Number.isFinite)
  const ahead = Math.max(now + set.lead, ...dates) - now
  const from = now - Math.ceil(ahead / 4)
  const step = Math.ceil((now + ahead * 1.1 - from) / columns)
  const rows = keys.map(key => {
    const { activates, deactivates, removed } = lifeOf(set, key)
    const cells = Array.from({ length: columns }, (_, column) => {
      const time = from + column * step
      if (time < activates) return time < activates - set.lead ? ' ' : '░'
      return time < deactivates ? '█' : time < removed ? '▒' : ' '
    })
    return `${label(key.kid)}  ${cells.join('').trimEnd()}`
  })
  const margin = ' '.repeat(LABEL + 2)
  const marker = `${margin}${' '.repeat(Math.floor((now - from) / step))}▼ now`
  return [marker, ...rows, margin + drawAxis(from, step, columns), LEGEND, ''].join('\n')
}

function label (kid: string): string {
  return (kid.length > LABEL ? kid.slice(0, LABEL - 1) + '…' : kid).padEnd(LABEL)
}

/** A date at every twentieth column, as fine as the span needs. */
function drawAxis (from: number, step: number, columns: number): string {
  const span = step * columns
  const [start, end] = span > 90 * DAY ? [0, 10] : span > 3 * HOUR ? [5, 16] : [11, 19]
  const ticks = Array.from({ length: Math.ceil((columns - end + start) / TICK) }, (_, tick) =>
    `│${formatTime(from + tick * TICK * step).slice(start, end).replace('T', ' ')}`.padEnd(TICK))
  return `${ticks.join('').trimEnd()} UTC`
}
