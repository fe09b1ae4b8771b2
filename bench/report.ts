// Tables of figures: how they are kept in results, and printed on a terminal or as Markdown.

/** The median of several rounds, with the lowest and the highest. */
export interface Spread { readonly median: number, readonly min: number, readonly max: number }

export type Value = Spread | number | string
export interface Row { readonly name: string, readonly values: Readonly<Record<string, Value>> }

export interface Table {
  readonly id: string
  readonly title: string
  /** What was measured, and how; a sentence or two. */
  readonly note: string
  /** Heads of the columns by the name of their values. */
  readonly columns: Readonly<Record<string, string>>
  readonly rows: readonly Row[]
}

export function spread (values: readonly number[]): Spread {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const median = sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
  return { median, min: sorted[0]!, max: sorted.at(-1)! }
}

/** A figure that this run has not measured. */
export class NoFigureError extends Error {}

/** The figure that stands for a value. @throws NoFigureError when there is none */
export function figure (value: Value | undefined): number {
  if (value === undefined || typeof value === 'string') throw new NoFigureError(value)
  return typeof value === 'number' ? value : value.median
}

const round = (n: number): string => n >= 100 ? n.toFixed(0) : n >= 10 ? n.toFixed(1) : n.toFixed(2)

export function format (value: Value | undefined): string {
  if (value === undefined) return '–'
  if (typeof value === 'string') return value
  return typeof value === 'number' ? round(value) : `${round(value.median)} (${round(value.min)}–${round(value.max)})`
}

/** The cells of a table, its heads first. */
const cells = ({ columns, rows }: Table): string[][] =>
  [['', ...Object.values(columns)], ...rows.map(({ name, values }) => [name, ...Object.keys(columns).map(key => format(values[key]))])]

/** For a terminal of 100 columns or more. */
export function asText (table: Table): string {
  const all = cells(table)
  const widths = all[0]!.map((_, column) => Math.max(...all.map(row => row[column]!.length)))
  const lines = all.map(row => `  ${row.map((cell, column) => column ? cell.padStart(widths[column]!) : cell.padEnd(widths[0]!)).join('  ')}`)
  return `\n${table.title}\n${table.note ? `  ${table.note}\n` : ''}${lines.join('\n')}`
}

export function asMarkdown (table: Table): string {
  const [heads, ...rows] = cells(table)
  const line = (row: readonly string[]): string => `| ${row.join(' | ')} |`
  return [line(heads!), line(heads!.map((_, column) => column ? '--:' : '---')), ...rows.map(line)].join('\n')
}
