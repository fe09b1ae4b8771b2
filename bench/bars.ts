// The targets of this project, evaluated on the figures of one run. They hold for Node 24; nothing fails when one is missed.

import { POST, SIGNATURE } from './parts/sign.ts'
import { figure, NoFigureError, type Row, type Table } from './report.ts'

/** Reads a figure: the id of a table, a row and a column. @throws Error when it was not measured */
type Read = (table: string, row: string, column?: string) => number

interface Bar { readonly work: string, readonly limit: number, readonly unit: string, readonly measure: (read: Read) => number }

const ratio = (table: string, peer: string) => (read: Read): number => read(table, 'jwksd') / read(table, peer)
const FASTIFY = 'Fastify + helmet + jose'

const BARS: readonly Bar[] = [
  { work: 'JWKS keep-alive, CPU: jwksd / Caddy', limit: 0.7, unit: '×', measure: ratio('jwks', 'Caddy (file)') },
  { work: 'JWKS keep-alive, CPU: jwksd / nginx', limit: 2.8, unit: '×', measure: ratio('jwks', 'nginx (file)') },
  { work: 'JWKS keep-alive, CPU: jwksd / Fastify + helmet', limit: 0.5, unit: '×', measure: ratio('jwks', FASTIFY) },
  { work: 'JWKS new connection, CPU: jwksd / Fastify + helmet', limit: 1, unit: '×', measure: ratio('new-EC', FASTIFY) },
  { work: 'sign RS384, CPU: jwksd / Fastify + jose, which only signs', limit: 1, unit: '×', measure: ratio('sign-RS384', FASTIFY) },
  { work: 'sign RS384, CPU: jwksd / Go, which only signs', limit: 0.6, unit: '×', measure: ratio('sign-RS384', 'Go net/http') },
  {
    work: 'sign ES256, CPU: jwksd / (bare POST + bare signature)',
    limit: 1.6,
    unit: '×',
    measure: read => read('sign-ES256', 'jwksd') / (read('sign-ES256', POST) + read('sign-ES256', SIGNATURE))
  },
  { work: 'JWKS p99 while signing is saturated, against at rest', limit: 2, unit: '×', measure: read => read('saturated', 'jwksd', 'ratio') },
  { work: '1,000 sets, 10,000 clients: CPU when idle', limit: 1, unit: '% of a core', measure: read => read('growth', '1,000 sets, 10,000 clients', 'idle') },
  { work: '1,000 sets, 10,000 clients: JWKS, CPU / 1 of each', limit: 1.1, unit: '×', measure: growth('jwks') },
  { work: '1,000 sets, 10,000 clients: sign, CPU / 1 of each', limit: 1.1, unit: '×', measure: growth('sign') },
  { work: '1,000 sets, 10,000 clients: ready after', limit: 3, unit: 's', measure: read => read('growth', '1,000 sets, 10,000 clients', 'ready') },
  { work: '1,000 sets, 10,000 clients: memory', limit: 250, unit: 'MB', measure: read => read('growth', '1,000 sets, 10,000 clients', 'memory') },
  { work: 'reload of 1,000 keys: longest stall', limit: 50, unit: 'ms', measure: read => read('reload', '1,000 keys', 'stall') },
  { work: 'memory after load, ten keys', limit: 130, unit: 'MB', measure: read => read('growth', '10 keys in the set', 'memory') }
]

function growth (column: string) {
  return (read: Read): number => read('growth', '1,000 sets, 10,000 clients', column) / read('growth', '1 set, 1 client, 1 key', column)
}

/** The targets as a table. */
export function evaluate (tables: readonly Table[]): Table {
  const read: Read = (id, row, column = 'cpu') => figure(tables.find(table => table.id === id)?.rows.find(({ name }) => name === row)?.values[column])
  const rows = BARS.map(({ work, limit, unit, measure }): Row => {
    const target = `≤ ${limit} ${unit}`
    try {
      const value = measure(read)
      return { name: work, values: { target, value, outcome: value <= limit ? 'reached' : 'MISSED' } }
    } catch (error) {
      if (!(error instanceof NoFigureError)) throw error
      return { name: work, values: { target, outcome: 'not measured in this run' } }
    }
  })
  return { id: 'targets', title: `Targets, which hold for Node 24 (this is ${process.versions.node})`, note: '', columns: { target: 'target', value: 'measured', outcome: '' }, rows }
}
