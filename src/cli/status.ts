// jwksd status: the keys of each set with their states and dates, as a table and a time line. Reads only files: it works
// with or without a running server. Faults of the files are printed at the end.

import { Command } from 'commander'
import { type Fault, fault, FaultsError } from '../core/errors.ts'
import { type KeyState, lifeOf, stateOf } from '../core/keys/key-set.ts'
import { didYouMean } from '../core/near-match.ts'
import { describeNext, findUnsignedAlgs, type Planned, summarize } from '../core/keys/outlook.ts'
import { loadSettings } from '../state/settings.ts'
import { lookAhead } from '../keystore/plan.ts'
import type { Settings } from '../keystore/rotate.ts'
import { readKeySets } from '../keystore/key-sets.ts'
import { fieldsOfHeldKey, readFetches, wordHeldKey } from './held-keys.ts'
import { type Io, presentConfig, printFaults } from './io.ts'
import { type Color, makePaint, type Paint } from './color.ts'
import { drawTimeLine } from './time-line.ts'
import { formatDuration, formatRelative, formatTime } from '../core/time.ts'

interface Options { config?: string, json?: true }

/** Columns when standard output is not a terminal. */
const WIDTH = 80

export function statusCommand (io: Io): Command {
  return new Command('status')
    .argument('[set]', 'one set (default: all)')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--json', 'result as JSON; times are RFC 3339')
    .action(async (set: string | undefined, options: Options) => { await showStatus(io, set, options) })
}

async function showStatus (io: Io, asked: string | undefined, { config, json }: Options): Promise<void> {
  const { env, clock, stdout } = io
  const now = clock()
  const settings = await loadSettings(presentConfig(config, env), env, now)
  const { sets: found, fileFaults, setFaults, warnings } = await readKeySets(settings, env)
  const faults: Fault[] = [...fileFaults, ...setFaults.filter(({ set }) => asked === undefined || set === asked)]
  const sets = [...found.values()].filter(({ name }) => asked === undefined || name === asked)
  if (asked !== undefined && sets.length === 0 && !setFaults.some(({ set }) => set === asked)) {
    throw fault(asked, 'there is no such set', didYouMean(asked, found.keys(), `make its first key with: jwksd keygen ${asked}`))
  }
  const fetches = await readFetches(io, settings, sets)
  const planned = sets.map(set => lookAhead(set, settings, now, fetches))
  const certificate = asked === undefined && settings.acme
    ? await (await import('./certificate-status.ts')).readCertificateStatus(settings.acme, now)
    : undefined
  faults.push(...certificate?.faults ?? [])
  const summary = summarize([...faults, ...sets.flatMap(set => findUnsignedAlgs(set, now))], planned, now)
  stdout.write(json
    ? JSON.stringify({ now: formatTime(now), summary, sets: planned.map(one => describeSet(one, now)), certificate: certificate?.fields, faults, warnings }) + '\n'
    : [`${summary}\n`, ...certificate ? [certificate.line] : [], ...planned.map(one => drawSet(one, settings, now, { width: stdout.columns ?? WIDTH, paint: makePaint(io) }))].join('\n'))
  if (faults.length > 0) throw new FaultsError(faults, warnings)
  printFaults(io, [], warnings)
}

/** A date that may never come, for JSON. */
function date (seconds: number): string | null {
  return Number.isFinite(seconds) ? formatTime(seconds) : null
}

function describeSet ({ set, ahead, held }: Planned, now: number): object {
  const { name, maxAge, lead, retire } = set
  const keys = set.keys.map(key => {
    const { activates, deactivates, removed } = lifeOf(set, key)
    return {
      kid: key.kid,
      alg: key.alg,
      state: stateOf(set, key, now),
      private: key.privateKey !== undefined,
      file: key.file,
      activates: date(activates),
      deactivates: date(deactivates),
      removed: date(removed),
      revoked: date(key.revoked ?? Infinity)
    }
  })
  const dated = ahead.map(entry => ({ ...entry, at: formatTime(entry.at) }))
  return { set: name, maxAge, lead, retire, keys, held: held.map(fieldsOfHeldKey), ahead: dated }
}

interface Screen { readonly width: number, readonly paint: Paint }

const COLORS: Record<KeyState, Color> = {
  'pre-activation': 'cyan', active: 'green', deactivated: 'yellow', destroyed: 'dim', compromised: 'red'
}

function drawSet ({ set, held }: Planned, settings: Settings, now: number, { width, paint }: Screen): string {
  const every = settings.sets.get(set.name)?.rotation?.every
  const times = `max-age ${formatDuration(set.maxAge)}, lead ${formatDuration(set.lead)}, retire ${formatDuration(set.retire)}`
  const states = set.keys.map(key => stateOf(set, key, now))
  const rows = [['kid', 'alg', 'state', 'next'], ...set.keys.map((key, i) => [key.kid, key.alg, states[i]!, describeNext(set, key, now, at => shortDate(at, now))])]
  const files = ['file', ...set.keys.map(({ file }) => file)]
  const lines = drawRows(rows, (cell, row, column) => row > 0 && column === 2 ? paint(COLORS[states[row - 1]!], cell) : cell)
  const plain = drawRows(rows)
  const widest = Math.max(...plain.map(line => line.length))
  const fits = widest + 2 + Math.max(...files.map(file => file.length)) <= width
  const table = lines.map((line, row) => fits
    ? `${line}${' '.repeat(widest - plain[row]!.length + 2)}${files[row]}\n`
    : row === 0 ? `${line}\n` : `${line}\n  ${files[row]}\n`).join('')
  return `set ${set.name}: ${times}${every === undefined ? '' : `, rotation every ${formatDuration(every)}`}

${table}
${held.map(one => wordHeldKey(one, set.name, now) + '\n').join('')}${drawTimeLine(set, now, width, paint)}`
}

/** Short enough for 80 columns. */
function shortDate (at: number, now: number): string {
  return `${formatTime(at).slice(0, 16).replace('T', ' ')}Z, ${formatRelative(at - now)}`
}

/** Rows of cells as text, each column as wide as its widest cell. */
export function drawTable (rows: ReadonlyArray<readonly string[]>): string {
  return drawRows(rows).map(line => line + '\n').join('')
}

type PaintCell = (cell: string, row: number, column: number) => string

function drawRows (rows: ReadonlyArray<readonly string[]>, paint: PaintCell = cell => cell): string[] {
  const widths = rows[0]!.map((_, column) => Math.max(...rows.map(row => row[column]!.length)))
  return rows.map((row, i) => row.map((cell, column) =>
    paint(cell, i, column) + ' '.repeat(widths[column]! - cell.length)).join('  ').trimEnd())
}
