// The time line of a set as SVG. Places are percentages and sizes pixels, so that texts keep their size on every screen.
// No style attributes: the policy of the page blocks them.

import type { Key } from '../../core/keys/key.ts'
import { type KeySet, lifeOf, stateOf } from '../../core/keys/key-set.ts'
import { describeNext } from '../../core/keys/outlook.ts'
import { type Lane, makeTimeLine, type PublishedState, type TimeLine } from '../../core/keys/time-line.ts'
import { formatDate, formatRelative } from '../../core/time.ts'
import { html, type Html } from './html.ts'

const MINUTE = 60
const HOUR = 60 * MINUTE
const DAY = 24 * HOUR
/** Distances from one date of the axis to the next, of which the shortest is taken that leaves room for the dates. */
const STEPS = [
  MINUTE, 5 * MINUTE, 15 * MINUTE, HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR, DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 182 * DAY
]
const MOST_TICKS = 7
const [TOP, LANE, BAR, AXIS] = [24, 48, 16, 26]
const LONGEST_KID = 24
/** Room before what is known, as part of the width. */
const LEFT = 0.04
/** What ends before this part of the width is not drawn. */
const LEAST = 0.006

/** What the bars mean, in the order in which a key goes through them. */
export const LEGEND: ReadonlyMap<PublishedState, string> = new Map([
  ['pre-activation', 'published, signs later'], ['active', 'signs'], ['deactivated', 'published, no longer signs']
])

/** Fills that the bars share; once on each page. */
export const PATTERNS = html`<svg class="patterns" width="0" height="0" aria-hidden="true" focusable="false"><defs>
<pattern id="retiring" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect class="soft" width="6" height="6"/><rect class="line" width="2.5" height="6"/></pattern>
</defs></svg>`

/** The legend of all time lines. */
export const legend = html`<ul class="legend">${[...LEGEND].map(([state, text]) => html`<li><svg width="22" height="12" aria-hidden="true" focusable="false">${bar(state, '0', '100%', 0, 12)}</svg> ${text}</li>`)}<li>times in UTC</li></ul>`

/** The drawing; nothing where no key is published. @param now NumericDate (seconds) */
export function drawTimeLine (set: KeySet, now: number): Html | undefined {
  const found = makeTimeLine(set, now)
  if (!found) return undefined
  const line = { ...found, from: found.from - (found.to - found.from) * LEFT }
  const bottom = TOP + line.lanes.length * LANE
  const x = (time: number): string => `${place(line, time)}%`
  const id = `line-${set.name}`
  return html`<svg class="line" role="img" aria-labelledby="${id}-title ${id}-text" width="100%" height="${bottom + AXIS}">
<title id="${id}-title">Lives of the keys of ${set.name}</title><desc id="${id}-text">${describe(set, line, now)}</desc>
${ticksOf(line).map(({ at, label, minor }) => html`<g class="tick${minor && ' minor'}"><line x1="${x(at)}" x2="${x(at)}" y1="${TOP - 6}" y2="${bottom + 4}"/><text x="${x(at)}" y="${bottom + 19}" text-anchor="middle">${label}</text></g>`)}
${line.lanes.map((lane, i) => drawBars(set, lane, TOP + i * LANE, line, now))}
<g class="now"><text x="${x(now)}" y="${TOP - 10}" text-anchor="${anchorOf(place(line, now))}">now</text>${[TOP - 5, ...line.lanes.map((_, i) => TOP + i * LANE + 19)].map((y, i) =>
  html`<line x1="${x(now)}" x2="${x(now)}" y1="${y}" y2="${y + (i === 0 ? 6 : BAR + 6)}"/>`)}</g>
${line.lanes.map(({ key }, i) => drawLabel(set, key, TOP + i * LANE, now))}
</svg>`
}

function drawBars (set: KeySet, { key, spans }: Lane, y: number, line: TimeLine, now: number): Html[] {
  const isUndated = lifeOf(set, key).activates === -Infinity
  const shown = line.from + (line.to - line.from) * LEAST
  return spans.filter(({ to }) => to > shown).map(({ state, from, to }, i) => {
    const left = isUndated && i === 0 ? 0 : place(line, Math.max(from, line.from))
    const width = round(place(line, Math.min(to, line.to)) - left)
    return bar(state, `${left}%`, `${width}%`, y + 22, BAR)
  })
}

function drawLabel (set: KeySet, key: Key, y: number, now: number): Html {
  const kid = key.kid.length > LONGEST_KID ? `${key.kid.slice(0, LONGEST_KID - 1)}…` : key.kid
  const next = describeNext(set, key, now, at => formatDate(at, now))
  return html`<text class="kid" x="0" y="${y + 15}">${kid}<tspan class="note" dx="10">${next}</tspan></text>`
}

function bar (state: PublishedState, x: string, width: string, y: number, height: number): Html {
  return html`<rect class="bar ${state}"${state === 'deactivated' && html` fill="url(#retiring)"`} x="${x}" y="${y}" width="${width}" height="${height}" rx="3"/>`
}

/** The text alternative. */
function describe (set: KeySet, { lanes }: TimeLine, now: number): string {
  return lanes.map(({ key }) => {
    const next = describeNext(set, key, now, at => `${formatDate(at, now)} (${formatRelative(at - now)})`)
    return `${key.kid}: ${LEGEND.get(stateOf(set, key, now) as PublishedState)}; ${next}.`
  }).join(' ')
}

/** Percent of the width. */
function place ({ from, to }: TimeLine, time: number): number {
  return round((time - from) / (to - from) * 100)
}

function round (value: number): number {
  return Math.round(value * 100) / 100
}

/** A text at the edge must stay inside; the time now is never near the other one. */
function anchorOf (percent: number): string {
  return percent < 6 ? 'start' : 'middle'
}

interface Tick { readonly at: number, readonly label: string, readonly minor: boolean }

/** Round dates (UTC) inside the line; every other one is left out on a narrow screen. */
function ticksOf ({ from, to }: TimeLine): Tick[] {
  const span = to - from
  const step = STEPS.find(one => span / one <= MOST_TICKS) ?? Math.ceil(span / MOST_TICKS / DAY) * DAY
  const first = Math.ceil((from + span * 0.06) / step) * step
  const count = Math.max(0, Math.floor((to - span * 0.06 - first) / step) + 1)
  return Array.from({ length: count }, (_, i) => first + i * step)
    .map(at => ({ at, label: labelOf(at, step, span), minor: at / step % 2 !== 0 }))
}

function labelOf (at: number, step: number, span: number): string {
  const [, day, month, year, time] = new Date(at * 1000).toUTCString().split(/,? /)
  if (step < DAY && !(step >= HOUR && time === '00:00:00')) return time!.slice(0, 5)
  return span > 300 * DAY ? `${month} ${year}` : `${Number(day)} ${month}`
}
