// The house: imports point one way, core is pure, no two files import each other in a circle, and what reads the
// clock, the disk or the network stands where it belongs. Reads the sources as text, so that it holds for new files.
// docs/architecture.md draws the same graph; the drawing is compared with the sources.

import { existsSync, readdirSync, readFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import t from 'tap'

const SRC = fileURLToPath(new URL('../src', import.meta.url))
const FROM = /^(?:import|export)\s(?:[^'"]*?\sfrom\s)?['"]([^'"]+)['"]|\bimport\(\s*['"]([^'"]+)['"]/gm

/** Packages that a room may use, where not all. `client` runs in other programs: it has only what Node.js has. */
const MAY_USE: Record<string, RegExp> = {
  core: /^(jose|ajv|node:(crypto|util|zlib|buffer|url|module))$/,
  client: /^node:/
}
/** The floors, top to bottom: a file imports from its own room or from a lower floor, types included. `client` imports nothing of ours. */
const FLOORS = [
  'client', 'main', 'cli', 'server', 'http', 'signing', 'doctor', 'observe', 'state', 'keystore', 'config', 'presets', 'core'
]

/** Imports of each file, by path below src/. Own files are paths below src/, others their package. */
type Imports = ReadonlyMap<string, readonly string[]>
interface Source { file: string, text: string }

/** `core` of `core/keys/key.ts`, `main` of `main.ts`. */
const roomOf = (file: string): string => file.split(path.sep)[0]!.replace(/\.ts$/, '')

function importsOf ({ file, text }: Source): string[] {
  return [...text.matchAll(FROM)].map(([, from, lazy]) => from ?? lazy!).map(name =>
    name.startsWith('.') ? path.join(path.dirname(file), name) : name)
}

/** Each import that breaks a rule of the house, in words. */
function brokenRules (sources: readonly Source[]): string[] {
  return sources.flatMap(source => {
    const room = roomOf(source.file)
    const floor = FLOORS.indexOf(room)
    if (floor < 0) return [`${source.file}: no room of the house`]
    return importsOf(source).flatMap(name => {
      if (!name.endsWith('.ts')) return MAY_USE[room]?.test(name) === false ? [`${source.file}: ${room} uses ${name}`] : []
      return (room === 'client' ? roomOf(name) === room : FLOORS.indexOf(roomOf(name)) >= floor) ? [] : [`${source.file} -> ${name}`]
    })
  })
}

/** Circles of imports, types included. */
function circles (imports: Imports): string[] {
  const found: string[] = []
  const done = new Set<string>()
  const visit = (file: string, way: readonly string[]): void => {
    if (way.includes(file)) found.push([...way.slice(way.indexOf(file)), file].join(' -> '))
    if (done.has(file) || way.includes(file)) return
    for (const next of imports.get(file) ?? []) visit(next, [...way, file])
    done.add(file)
  }
  for (const file of imports.keys()) visit(file, [])
  return found
}

/** Each room and the rooms it imports from, top to bottom: `cli: server, http`. */
function drawRooms (sources: readonly Source[]): string[] {
  return FLOORS.flatMap(room => {
    const own = sources.filter(({ file }) => roomOf(file) === room)
    const used = new Set(own.flatMap(source => importsOf(source)).filter(name => name.endsWith('.ts')).map(roomOf))
    return own.length === 0 ? [] : [`${room}: ${FLOORS.filter(other => other !== room && used.has(other)).join(', ') || '–'}`]
  })
}

/** The same lines out of a page's table `| room | owns | imports |`. */
const roomsOfPage = (page: string): string[] =>
  [...page.matchAll(/^\| `(\w+)` \|[^|]+\| ([^|]+) \|$/gm)].map(([, room, imports]) => `${room}: ${imports}`)
    .filter(line => FLOORS.includes(line.split(':')[0]!))

const sources: Source[] = readdirSync(SRC, { recursive: true, encoding: 'utf8' })
  .filter(file => file.endsWith('.ts'))
  .map(file => ({ file, text: readFileSync(path.join(SRC, file), 'utf8') }))

t.test('imports point one way', async t => {
  t.ok(sources.length > 30 && sources.flatMap(source => importsOf(source)).length > 100, 'the sources were read')
  t.strictSame(brokenRules(sources), [])
})

t.test('docs/architecture.md draws what the sources import, and names files that exist', async t => {
  const page = readFileSync(path.join(SRC, '../docs/architecture.md'), 'utf8')
  t.strictSame(roomsOfPage(page), drawRooms(sources), 'correct the table of rooms in docs/architecture.md')
  const named = [...page.matchAll(/`((?:src|test|docs)\/[^`]*)`/g)].map(([, name]) => name!)
  t.ok(named.length > 20)
  t.strictSame(named.filter(name => !existsSync(path.join(SRC, '..', name))), [])
  const drawn = (file: string, text: string): string[] => drawRooms([{ file, text }])
  t.strictSame(drawn('http/a.ts', "import type { A } from '../state/load.ts'\nimport '../core/errors.ts'\nimport 'jose'"), ['http: state, core'])
  t.strictNotSame(roomsOfPage(page.replace('| presets, core |', '| core |')), drawRooms(sources), 'negative control')
})

t.test('SECURITY.md proves each of its guarantees with tests that exist', async t => {
  const page = readFileSync(path.join(SRC, '../SECURITY.md'), 'utf8')
  const guarantees = [...page.matchAll(/^(\d+)\. \*\*/gm)].map(([, number]) => number!)
  const rows = [...page.matchAll(/^\| ([\d, ]+) \| (`test\/[^|]*) \| ([^|]+) \|$/gm)]
  t.strictSame([...new Set(rows.flatMap(([, numbers]) => numbers!.split(', ')))], guarantees)
  const named = rows.flatMap(([, , files]) => files!.match(/[^` ]+/g)!)
  t.strictSame(named.filter(name => !existsSync(path.join(SRC, '..', name))), [])
})

t.test('no circles', async t => {
  t.strictSame(circles(new Map(sources.map(source => [source.file, importsOf(source)]))), [])
})

t.test('the process of the public listener loads nothing that signs or authenticates', async t => {
  const loaded = (entry: string): string[] => {
    const found = new Set<string>()
    const visit = (file: string): void => {
      if (found.has(file)) return
      found.add(file)
      const source = sources.find(one => one.file === file)
      const text = source?.text.replaceAll(/^(?:import|export) type .*$|\bimport\(.*$/gm, '') ?? ''
      importsOf({ file, text }).forEach(visit)
    }
    visit(entry)
    return [...found]
  }
  const harmful = (files: string[]): string[] => files.filter(file => /^(signing|http\/auth)\/|^(jose|rate-limiter-flexible|jsonc-parser|ajv|yaml)$/.test(file)).sort()
  t.ok(loaded('server/serve-public.ts').includes('fastify'))
  t.strictSame(harmful(loaded('server/serve-public.ts')), [])
  t.match(harmful(loaded('server/signing.ts')), ['http/auth/authenticate.ts'], 'control')
})

t.test('core has no clock, no disk, no environment, no output', async t => {
  const impure = /\bDate\.now\b|\bnew Date\(\)|\bperformance\.|\bprocess\.|\bconsole\.|\bsetTimeout\b|\bsetInterval\b|\bfetch\(/
  const lines = sources.filter(({ file }) => roomOf(file) === 'core')
    .flatMap(({ file, text }) => text.split('\n').filter(line => impure.test(line)).map(line => `${file}: ${line.trim()}`))
  t.strictSame(lines, [])
})

t.test('every folder with tests is run: by a room, by .taprc, or in a suite of its own', async t => {
  const TEST = path.join(SRC, '../test')
  const folders = readdirSync(TEST, { withFileTypes: true }).filter(one => one.isDirectory()).map(({ name }) => name)
  const tested = folders.filter(name => readdirSync(path.join(TEST, name), { recursive: true }).some(file => String(file).endsWith('.test.ts')))
  const rooms = readdirSync(path.join(TEST, 'rooms')).map(file => path.basename(file, '.ts'))
  t.strictSame(tested.sort(), [...rooms, 'interop', 'journeys', 'faults', 'programs'].sort())
})

t.test('negative control: a file that breaks a rule is found', async t => {
  const bad = (file: string, text: string): number => brokenRules([{ file, text }]).length
  t.equal(bad('core/keys/a.ts', "import { readFileSync } from 'node:fs'"), 1)
  t.equal(bad('core/a.ts', "import Fastify, {\n  type X\n} from 'fastify'"), 1)
  t.equal(bad('core/a.ts', "import type { Config } from '../config/types.ts'"), 1, 'a type only')
  t.equal(bad('core/a.ts', "const x = await import('../keystore/files.ts')"), 1)
  t.equal(bad('core/a.ts', "export * from '../state/load.ts'"), 1)
  t.equal(bad('keystore/a.ts', "import '../state/snapshot.ts'"), 1)
  t.equal(bad('state/a.ts', "import type { Metrics } from '../observe/metrics.ts'"), 1)
  t.equal(bad('http/auth/a.ts', "import { run } from '../../main.ts'"), 1)
  t.equal(bad('server/a.ts', "import { serve } from '../cli/serve.ts'"), 1)
  t.equal(bad('client/a.ts', "import type { A } from '../core/errors.ts'"), 1, 'client is apart')
  t.equal(bad('client/a.ts', "import { request } from 'undici'"), 1)
  t.equal(bad('cli/a.ts', "import { JwksdClient } from '../client/index.ts'"), 1)
  t.equal(bad('elsewhere/a.ts', "import '../core/errors.ts'"), 1, 'a room that the house does not know')
  t.equal(bad('stray.ts', "import './core/errors.ts'"), 1, 'a file at the root of src')
  t.equal(bad('cli/a.ts', "import { sign } from '../../elsewhere.ts'"), 1, 'a file outside src')
  t.equal(bad('client/a.ts', "import { b } from './b.ts'\nimport { request } from 'node:https'"), 0)
  t.equal(bad('core/a.ts', "import { b } from './b.ts'\nimport { sign } from 'node:crypto'"), 0)
  t.equal(bad('http/auth/a.ts', "import { b } from '../problem.ts'\nimport { c } from '../../core/errors.ts'"), 0)
  t.equal(circles(new Map([['a.ts', ['b.ts']], ['b.ts', ['c.ts']], ['c.ts', ['a.ts']]])).length, 1)
})
