// Writes what a run has found: bench/results/published.json, the plot, and the tables of docs/performance.md, each between
// the comments <!-- bench:<id> --> and <!-- /bench:<id> -->.

import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { About } from './machine.ts'
import { plot } from './plot.ts'
import { asMarkdown, figure, type Row, type Table } from './report.ts'

/** One run, as it is kept. */
export interface Results extends About { readonly form: 'full' | 'short', readonly tables: readonly Table[] }

const repository = (file: string): string => fileURLToPath(new URL(`../../${file}`, import.meta.url))
const PUBLISHED = repository('bench/results/published.json')
const PAGE = repository('docs/performance.md')
const PLOT = repository('docs/performance.svg')

/** The work of the table for sizing: the table that has its CPU time. */
const PER_CORE: Readonly<Record<string, string>> = {
  'GET JWKS, connections stay open': 'jwks',
  'GET JWKS, new connection, session resumed': 'resumed',
  'GET JWKS, new connection, P-256 certificate': 'new-EC',
  'GET JWKS, new connection, RSA 2048 certificate': 'new-RSA',
  'POST /sign, ES256 (P-256)': 'sign-ES256',
  'POST /sign, RS256 (RSA 2048)': 'sign-RS256',
  'POST /sign, RS384 (RSA 3072)': 'sign-RS384'
}

/** How many requests of each kind one busy core answers: what a deployment is sized with. */
function perCore (tables: readonly Table[]): Table {
  const rows = Object.entries(PER_CORE).flatMap(([name, id]): Row[] => {
    const cpu = tables.find(table => table.id === id)?.rows[0]?.values.cpu
    return cpu ? [{ name, values: { cpu, rate: Math.round(1e6 / figure(cpu)) } }] : []
  })
  return { id: 'per-core', title: 'What one core answers', note: '', columns: { cpu: 'CPU, µs each', rate: 'each second and core' }, rows }
}

function describe ({ date, machine, versions, form }: Results): string {
  const list = Object.entries(versions).map(([name, version]) => `${name} ${version}`).join(', ')
  return `Measured on ${date.slice(0, 10)} with \`npm run bench${form === 'full' ? ' -- --full' : ''}\` on ${machine.cores} cores (${machine.cpu}), ` +
    `${machine.memory}, Linux ${machine.kernel}, load before the start ${machine.load.toFixed(1)}. Versions: ${list}.`
}

/** The plot and the page of a run. @param page the text of docs/performance.md; tables that the run has not measured stay as they are */
export function render (results: Results, page: string): { svg: string, page: string } {
  const { versions, date, machine, tables } = results
  const blocks = new Map([...tables, perCore(tables)].map(table => [table.id, [asMarkdown(table), table.note].filter(Boolean).join('\n\n')]))
  blocks.set('about', describe(results))
  return {
    svg: plot(tables, `npm run bench, Node ${versions.node}, ${machine.cores} cores (${machine.cpu}), ${date.slice(0, 10)}`),
    page: page.replace(/(<!-- bench:(\S+) -->\n)[\s\S]*?(<!-- \/bench:\2 -->)/g, (all, start: string, id: string, end: string) => {
      const block = blocks.get(id)
      return block === undefined ? all : `${start}\n${block}\n\n${end}`
    })
  }
}

/** Writes plot and page from the results that were published last. */
export function writeDocs (): void {
  const { svg, page } = render(JSON.parse(readFileSync(PUBLISHED, 'utf8')) as Results, readFileSync(PAGE, 'utf8'))
  writeFileSync(PLOT, svg)
  writeFileSync(PAGE, page)
}

/** Keeps a run and writes everything that is made from it. */
export function publish (results: Results): void {
  writeFileSync(PUBLISHED, JSON.stringify(results, null, 1) + '\n')
  writeDocs()
}
