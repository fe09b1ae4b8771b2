// The parts of docs/ that follow from the sources, between marks `<!-- name -->` and `<!-- /name -->`; npm run reference
// writes them. A table keeps its last column, which people write; a new row gets the text of the source.
// test/programs/reference.test.ts compares.

import { COMMANDS } from '../src/cli/commands.ts'
import type { Io } from '../src/cli/io.ts'
import { outlineCommands } from '../src/cli/outline.ts'
import { presetTable } from '../src/cli/presets.ts'
import { schemaText } from '../src/config/schema.ts'
import { STATUS } from '../src/http/problem.ts'
import { openapi } from '../src/http/openapi.ts'
import { addFetchMetrics } from '../src/observe/fetch-metrics.ts'
import { makeMetrics } from '../src/observe/metrics.ts'
import { presets } from '../src/presets/index.ts'

/** Cells of a row: the first identifies it, the last is what the source says of it. */
type Row = readonly [key: string, ...string[]]

const cell = (text: string): string => text.replaceAll('|', '\\|').replace(/\s+/g, ' ')
const code = (text: string): string => `\`${text}\``

/** A table of `rows`; the last column stays as it is on the page. */
function table (head: readonly string[], rows: readonly Row[], before: string): string {
  const written = new Map(before.split('\n').filter(line => line.startsWith('| ')).map(line => line.split(/(?<!\\)\|/).map(text => text.trim()))
    .map(cells => [cells[1]!, cells.at(-2)!]))
  const lines = rows.map(cells => [...cells.slice(0, -1).map(cell), written.get(cell(cells[0])) ?? cell(cells.at(-1)!)])
  return `| ${head.join(' | ')} |\n|${'---|'.repeat(head.length)}\n${lines.map(cells => `| ${cells.join(' | ')} |\n`).join('')}`
}

interface Schema {
  readonly $ref?: string
  readonly type?: string
  readonly format?: string
  readonly enum?: readonly string[]
  readonly default?: unknown
  readonly description?: string
  readonly items?: Schema
  readonly properties?: Record<string, Schema>
  readonly required?: readonly string[]
  readonly additionalProperties?: Schema | boolean
}

const FORMATS: Record<string, string> = {
  'jwksd-duration': 'duration', 'public-url': 'URL', 'https-url': 'URL', 'redis-url': 'URL', address: 'address', 'address-or-public': 'address or `public`', cidr: 'network', rate: 'rate'
}

function typeOf ({ type, format, enum: values, items }: Schema): string {
  if (values) return values.length > 8 ? 'name' : values.map(code).join(', ')
  if (items) return items.properties ? 'list' : `list of ${typeOf(items)}`
  return FORMATS[format ?? ''] ?? { string: 'text', boolean: 'yes or no', integer: 'number', object: 'object' }[type ?? ''] ?? 'any'
}

/** A row for each field below `schema`. Presets have a vocabulary of their own and are one row. */
function fieldRows (schema: Schema, path = ''): Row[] {
  return Object.entries(schema.properties ?? {}).flatMap(([name, field]): Row[] => {
    const key = `${path}${name}`
    const each = typeof field.additionalProperties === 'object' ? field.additionalProperties : undefined
    if (name === 'presets') return [[code(`${key}.<preset>`), 'object', '', field.description!]]
    if (each?.properties) return fieldRows(each, `${key}.<${name.slice(0, -1)}>.`)
    if (field.properties) return fieldRows(field, `${key}.`)
    const { description = '' } = field
    const words = field.default === undefined ? /\(default:? ([^)]*)\)/.exec(description)?.[1] ?? '' : String(field.default)
    const usual = /^[\w-]+$/.test(words) ? code(words) : words
    return [[code(key), typeOf(field), schema.required?.includes(name) ? 'needed' : usual, description.replace(/ \(default[^)]*\)/, '')]]
  })
}

function metricRows (): Row[] {
  const sources = { clock: () => 0 } as Parameters<typeof makeMetrics>[0] & Parameters<typeof addFetchMetrics>[1] // nothing is collected
  const metrics = makeMetrics(sources)
  metrics.followLog(() => 0)
  addFetchMetrics(metrics.registry, sources)
  const all = metrics.registry.getMetricsAsArray() as unknown as Array<{ name: string, help: string, type?: string, labelNames?: string[] }>
  return all.filter(({ name }) => name.startsWith('jwksd_')).map(metric =>
    [code(metric.name), metric.type!, (metric.labelNames ?? []).map(code).join(', '), metric.help] as const)
}

async function commandPages (): Promise<string> {
  const commands = await outlineCommands({ env: {}, clock: () => 0 } as unknown as Io, COMMANDS)
  return commands.map(({ name, parameters, description, options }) => `### \`jwksd ${`${name} ${parameters}`.trim()}\`\n\n${description[0]!.toUpperCase()}${description.slice(1)}.\n\n${
    table(['option', 'does'], options.map(({ flags, value, description, choices }) =>
      [code(`${flags.toReversed().join(', ')} ${value}`.trim()), description + (choices.length > 0 ? ` (${choices.map(code).join(', ')})` : '')]), '')}`).join('\n')
}

function routePages (): string {
  const routes = Object.entries(openapi.paths).flatMap(([path, methods]) =>
    Object.entries(methods as Record<string, Route>).map(([method, route]) => ({ name: `${method.toUpperCase()} ${path}`, route })))
  return routes.map(({ name, route }) => {
    const body = route.requestBody?.content['application/json'].schema
    const rows = Object.entries(route.responses).map(([status, { description, content }]): Row => [status, Object.keys(content ?? {}).map(code).join(', '), description])
    return `### \`${name}\`\n\n${route.summary}.${body ? ` The body:\n\n${table(['member', 'type', 'says'], memberRows(body), '').trim()}` : ''}\n\n${
      table(['status', 'content', 'when'], rows, '')}`
  }).join('\n')
}

interface Route {
  readonly summary: string
  readonly requestBody?: { readonly content: { readonly 'application/json': { readonly schema: Schema } } }
  readonly responses: Record<string, { readonly description: string, readonly content?: object }>
}

const resolve = (schema: Schema): Schema =>
  schema.$ref ? (openapi.components.schemas as unknown as Record<string, Schema>)[schema.$ref.split('/').at(-1)!]! : schema

const memberRows = (schema: Schema): Row[] => Object.entries(resolve(schema).properties ?? {}).map(([name, field]) => [code(name), typeOf(field), field.description ?? ''])

/** The parts by page and name: from what is between the marks to what must be. */
export const PARTS: ReadonlyArray<readonly [page: string, name: string, write: (before: string) => string | Promise<string>]> = [
  ['docs/reference/configuration.md', 'fields', before => table(['field', 'type', 'default', 'means'], fieldRows(JSON.parse(schemaText())), before)],
  ['docs/reference/http.md', 'routes', routePages],
  ['docs/reference/http.md', 'problem', before => table(['member', 'type', 'says'], memberRows(openapi.components.schemas.Problem as Schema), before)],
  ['docs/reference/cli.md', 'commands', commandPages],
  ['docs/reference/metrics.md', 'metrics', before => table(['metric', 'type', 'labels', 'says'], metricRows(), before)],
  ['docs/reference/presets.md', 'presets', () => presetTable([...presets.values()])],
  ['docs/errors.md', 'errors', before => table(['code', 'status', 'when'],
    Object.entries(STATUS).map(([name, [status, title]]) => [`<a id="${name.toLowerCase()}"></a>${code(name)}`, String(status), title]), before)]
]

/** The text of a page with one part as it must be. @throws Error when the page has no such marks */
export async function renderPart (text: string, name: string, write: (typeof PARTS)[number][2]): Promise<string> {
  const [before, rest] = text.split(`<!-- ${name} -->\n`) as [string, string?]
  const [part, after] = rest?.split(`<!-- /${name} -->`) ?? []
  if (part === undefined || after === undefined) throw new Error(`no marks <!-- ${name} --> and <!-- /${name} -->`)
  return `${before}<!-- ${name} -->\n\n${(await write(part)).trim()}\n\n<!-- /${name} -->${after}`
}
