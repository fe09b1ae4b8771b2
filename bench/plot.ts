// The plot of docs/performance.md and README: CPU time of one request or token, one panel for each kind of work.
// Plain SVG whose colours follow the reader's light or dark theme.

import type { Spread, Table } from './report.ts'

/** The tables that are plotted, and the heads of their panels. */
const PANELS: Readonly<Record<string, string>> = {
  jwks: 'GET JWKS, connections stay open',
  'new-EC': 'GET JWKS, new TLS connection',
  'sign-RS384': 'POST /sign, RS384 (RSA 3072)',
  'sign-ES256': 'POST /sign, ES256 (P-256)'
}
const [WIDTH, HEAD, ROW, LABEL, BAR, GAP] = [450, 34, 21, 190, 190, 24]

const STYLE = `
text { font: 13px system-ui, sans-serif; fill: #24292f }
.head { font-weight: 600 } .note { font-size: 12px; fill: #57606a } .label { text-anchor: end }
.bar { fill: #8c959f } .ours { fill: #0969da } .floor { fill: #8c959f; fill-opacity: .4 } .spread { stroke: #24292f; stroke-opacity: .6 }
@media (prefers-color-scheme: dark) {
  text { fill: #e6edf3 } .note { fill: #9198a1 } .ours { fill: #4493f8 } .spread { stroke: #e6edf3 }
}`

const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;')
const isFloor = (name: string): boolean => /^bare|^signature/.test(name)
const microseconds = (n: number): string => `${n >= 100 ? n.toFixed(0) : n.toFixed(1)} µs`

function panel ({ rows }: Table, head: string, x: number, y: number): string {
  const bars = rows.map(({ name, values }) => ({ name, cpu: values.cpu as Spread }))
  const longest = Math.max(...bars.map(({ cpu }) => cpu.max))
  const scale = (n: number): number => Math.round(n / longest * BAR * 10) / 10
  const lines = bars.map(({ name, cpu }, index) => {
    const top = HEAD + index * ROW
    const type = name === 'jwksd' ? 'ours' : isFloor(name) ? 'floor' : 'bar'
    const middle = top + ROW / 2 - 1
    return `<text class="label${name === 'jwksd' ? ' head' : ''}" x="${LABEL - 8}" y="${top + 14}">${escape(name)}</text>
<rect class="${type}" x="${LABEL}" y="${top + 2}" width="${scale(cpu.median)}" height="${ROW - 6}" rx="2"/>
<line class="spread" x1="${LABEL + scale(cpu.min)}" x2="${LABEL + scale(cpu.max)}" y1="${middle}" y2="${middle}"/>
<text class="note" x="${LABEL + scale(cpu.max) + 6}" y="${top + 14}">${microseconds(cpu.median)}</text>`
  })
  return `<g transform="translate(${x} ${y})"><text class="head" x="0" y="18">${escape(head)}</text>\n${lines.join('\n')}\n</g>`
}

/** @param about a line for the foot: versions and date */
export function plot (tables: readonly Table[], about: string): string {
  const shown = Object.entries(PANELS).flatMap(([id, head]) => {
    const table = tables.find(table => table.id === id)
    return table ? [{ table, head }] : []
  })
  const heightOf = (row: number): number =>
    HEAD + ROW * Math.max(0, ...shown.slice(row * 2, row * 2 + 2).map(({ table }) => table.rows.length)) + GAP
  const tops = [30, 30 + heightOf(0)]
  const height = 30 + heightOf(0) + heightOf(1) + 10
  const panels = shown.map(({ table, head }, index) => panel(table, head, index % 2 * (WIDTH + GAP), tops[index >> 1]!))
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${2 * WIDTH + GAP} ${height}" width="${2 * WIDTH + GAP}" height="${height}" role="img"
 aria-label="CPU time of the server for each request: jwksd and what would be used instead">
<style>${STYLE}</style>
<text class="note" x="0" y="16">CPU time of the server for each request, user and system. Shorter is better. Median, and lowest to highest round.</text>
${panels.join('\n')}
<text class="note" x="0" y="${height - 6}">${escape(about)}</text>
</svg>
`
}
