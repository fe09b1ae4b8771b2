// jwksd report: how much was signed and refused, per day, client, profile and key, from the audit log.

import { readdir } from 'node:fs/promises'
import path from 'node:path'
import { Command, Option } from 'commander'
import { fault } from '../core/errors.ts'
import { formatTime, parseDate } from '../core/time.ts'
import { countDecisions, type Report, type ReportRow } from '../observe/audit-report.ts'
import { loadSettings } from '../state/settings.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig, printFaults } from './io.ts'
import { drawTable } from './status.ts'

interface Options { from: number, to?: number, client?: string, profile?: string, config?: string, csv?: true, json?: true }

export function reportCommand (io: Io): Command {
  return new Command('report')
    .argument('[file...]', 'files of the audit log (default: audit.file of the configuration and what it was rotated to)')
    .addOption(new Option('--from <date>', 'first day or moment, UTC').argParser(argument(parseDate)).makeOptionMandatory())
    .option('--to <date>', 'up to before this day or moment (default: now)', argument(parseDate))
    .option('--client <name>', 'one client')
    .option('--profile <name>', 'one profile')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--csv', 'result as CSV')
    .addOption(new Option('--json', 'result as JSON').conflicts('csv'))
    .action(async (files: string[], options: Options) => { await report(io, files, options) })
}

async function report (io: Io, named: readonly string[], { from, to, client, profile, config, csv, json }: Options): Promise<void> {
  const period = { from: formatTime(from), to: formatTime(to ?? io.clock() + 1) }
  const files = named.length > 0 ? named : await findFiles(io, config)
  const found = await countDecisions(files, { ...period, client, profile })
  io.stdout.write(json ? JSON.stringify({ ...period, rows: found.rows }) + '\n' : csv ? toCsv(found) : toTable(found))
  if (found.unreadable > 0) {
    printFaults(io, [], [`${found.unreadable} ${found.unreadable === 1 ? 'line was' : 'lines were'} left out: jwksd verify-audit says what is wrong`])
  }
}

/** `audit.jsonl`, `audit.jsonl.1`, `audit.jsonl.2.gz`, `audit.jsonl-20261125.gz`. */
async function findFiles ({ env, clock }: Io, option: string | undefined): Promise<string[]> {
  const { audit } = await loadSettings(presentConfig(option, env), env, clock())
  if (audit?.file === undefined) throw fault('audit.file', 'names no file, so there is no log to count', 'name the files of the log: jwksd report --from 2026-11-01 FILE…')
  const { dir, base } = path.parse(audit.file)
  const names = await readdir(dir).catch((): string[] => [])
  const files = names.filter(name => name === base || (name.startsWith(base) && /^[.-]\d+(\.gz)?$/.test(name.slice(base.length))))
  if (files.length === 0) throw fault(audit.file, 'is not there yet', 'nothing was signed, or the log is elsewhere: name its files')
  return files.map(name => path.join(dir, name))
}

const COLUMNS = ['day', 'client', 'profile', 'kid', 'granted', 'refused'] as const

function cellsOf (row: ReportRow): string[] {
  return COLUMNS.map(column => String(row[column]))
}

function toTable ({ rows }: Report): string {
  const [granted, refused] = [sum(rows, 'granted'), sum(rows, 'refused')]
  return drawTable([COLUMNS, ...rows.map(row => cellsOf(row).map(cell => cell || '-')), ['total', '', '', '', String(granted), String(refused)]])
}

function sum (rows: readonly ReportRow[], column: 'granted' | 'refused'): number {
  return rows.reduce((total, row) => total + row[column], 0)
}

/** RFC 4180. */
function toCsv ({ rows }: Report): string {
  const quote = (cell: string): string => /[",]/.test(cell) ? `"${cell.replaceAll('"', '""')}"` : cell
  return [COLUMNS, ...rows.map(cellsOf)].map(cells => cells.map(quote).join(',') + '\r\n').join('')
}
