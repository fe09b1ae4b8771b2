// Findings for readers: text for a terminal, JSON for programs, Markdown for a ticket. Faults come first, then warnings,
// then what is well. Texts from outside are made harmless here, whatever check they come from.

import { tidy } from './checks.ts'
import type { Finding, Level } from './finding.ts'

/** How to write for a terminal. `width` in columns. */
export interface Screen {
  readonly width: number
  readonly paint: (color: 'red' | 'yellow' | 'green' | 'dim', text: string) => string
}

const LEVELS = ['fault', 'warning', 'ok'] as const satisfies readonly Level[]
/** Columns of the level, and the least that a screen may have. */
const [MARGIN, NARROW] = [9, 60]
const COLORS = { fault: 'red', warning: 'yellow', ok: 'green' } as const

/** True where the command must fail. */
export function hasFault (findings: readonly Finding[]): boolean {
  return findings.some(({ level }) => level === 'fault')
}

/** `2 faults, 1 warning, 20 ok`. */
export function countFindings (findings: readonly Finding[]): string {
  const counts = LEVELS.map(level => ({ level, count: findings.filter(one => one.level === level).length }))
  return counts.map(({ level, count }) => `${count} ${level}${count === 1 || level === 'ok' ? '' : 's'}`).join(', ')
}

/**
 * One line for each finding; below a fault or a warning why it matters and what to do.
 * @param subject what was looked at, such as the URL
 */
export function renderText (subject: string, findings: readonly Finding[], screen: Screen): string {
  const column = Math.max(...findings.map(({ check }) => check.length), 0) + MARGIN + 2
  const lines = sorted(findings).map(finding => textOf(finding, column, screen))
  return `${subject}\n\n${lines.join('')}\n${sentenceOf(findings)}\n`
}

/** What a program reads; the members of a finding are those of the type Finding. */
export function renderJson (subject: string, findings: readonly Finding[]): string {
  return JSON.stringify({ subject, fault: hasFault(findings), findings: sorted(findings) }, null, 2) + '\n'
}

/** What fits a ticket: a table of faults and warnings, and the names of what is well. */
export function renderMarkdown (subject: string, findings: readonly Finding[]): string {
  const rows = sorted(findings).filter(({ level }) => level !== 'ok').map(({ level, check, seen, why, source, hint }) =>
    `| ${[`**${level}** \`${check}\``, escape(seen), escape([why, source && `(${source})`].filter(Boolean).join(' ')), escape(hint ?? '')].join(' | ')} |\n`)
  const table = rows.length === 0 ? '' : `| check | seen | why | what to do |\n|---|---|---|---|\n${rows.join('')}\n`
  const well = findings.filter(({ level }) => level === 'ok').map(({ check }) => `\`${check}\``)
  return `**jwksd check** ${escape(subject)}\n\n${table}${escape(sentenceOf(findings))}\n${well.length > 0 ? `\nNothing wrong with: ${well.join(', ')}\n` : ''}`
}

function sentenceOf (findings: readonly Finding[]): string {
  const verdict = hasFault(findings) ? 'Correct the faults: a client would fail.' : 'No fault found.'
  return `${countFindings(findings)}. ${verdict}`
}

const sorted = (findings: readonly Finding[]): Finding[] =>
  LEVELS.flatMap(level => findings.filter(finding => finding.level === level)).map(finding => ({ ...finding, seen: tidy(finding.seen) }))

function textOf ({ level, check, seen, why, source, hint, vendorTerm }: Finding, column: number, { width, paint }: Screen): string {
  const write = (text: string, indent: number): string => wrap(text, Math.max(width, NARROW) - indent).join(`\n${' '.repeat(indent)}`)
  const head = `${paint(COLORS[level], level.padEnd(MARGIN))}${check.padEnd(column - MARGIN)}${write(seen, column)}\n`
  if (level === 'ok') return head
  const reason = [why, source && `(${source})`, vendorTerm && `The vendor's term: ${vendorTerm}`].filter(Boolean).join(' ')
  const details = [reason && paint('dim', write(reason, MARGIN)), hint && write(`hint: ${hint}`, MARGIN)]
  return head + details.filter(Boolean).map(text => `${' '.repeat(MARGIN)}${text}\n`).join('')
}

/** Lines of at most `width` characters; a longer word stands on a line of its own. */
function wrap (text: string, width: number): string[] {
  const lines = ['']
  for (const word of text.split(' ')) {
    const last = lines.at(-1)!
    if (last === '') lines[lines.length - 1] = word
    else if (last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** Text that Markdown and the HTML in it leave as it is. */
const escape = (text: string): string => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll(/[\\`*_|[\]]/g, '\\$&')
