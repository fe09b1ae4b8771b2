// Notes: properties of a key in comment lines above its PEM block (RFC 7468 section 2 allows text there).
// Rejects notes with a wrong value and duplicate ones.

import { fault } from '../errors.ts'
import { type Alg, ALGS, isAlg } from './alg.ts'
import { withPlainLineEnds } from './pem.ts'
import { withoutSecrets } from '../secrets.ts'
import { formatTime, readDate } from '../time.ts'

/** What the note of a held key says in place of a date. NumericDates (seconds). */
export interface Held {
  /** When the key was published. */
  readonly since: number
  /** When its lead is over. */
  readonly earliest: number
}

/** Times are NumericDates (seconds). */
export interface Notes {
  /** Infinity while the key is held. */
  activates?: number
  held?: Held
  alg?: Alg
  kid?: string
  /** When the key was found to be compromised. The note counts from the moment it is there, whatever its date. */
  revoked?: number
}

const NOTE = /^#\s*([a-z][\w-]*)\s*:\s*(.*?)\s*$/
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/
const KID = /^[\x21-\x7e]{1,256}$/
/** A line that somebody meant as a note. */
const MEANT = /^\s*[#;/*-]*\s*(activates|alg|kid|revoked)\s*[:=]/i
const LONGEST_QUOTE = 80

/** Why a text must not be a kid, or undefined. Consumers look kids up in objects, put them in URLs and print them. */
export function kidWeakness (text: string): string | undefined {
  if (!KID.test(text)) return 'is not 1 to 256 printable ASCII characters without spaces'
  if (/^(["'`]).*\1$/.test(text)) return `has quotes, which would be part of it: write ${text.slice(1, -1)}`
  return text in Object.prototype ? 'is the name of a member that every JavaScript object has' : undefined
}

/** A date-time as NumericDate; NaN where it is none. */
function readTime (value: string): number {
  return DATE_TIME.test(value) ? readDate(value) : NaN
}

const NO_TIME = 'is not an RFC 3339 date-time with a zone, such as 2026-12-01T00:00:00Z'
const HELD = /^held since (\S+), not before (\S+)$/

const readers: Record<string, (notes: Notes, value: string) => string | undefined> = {
  activates (notes, value) {
    const [, from = '', to = ''] = HELD.exec(value) ?? []
    const [time, since, earliest] = [value, from, to].map(readTime) as [number, number, number]
    if (!Number.isNaN(time)) notes.activates = time
    else if (!Number.isNaN(since + earliest)) Object.assign(notes, { activates: Infinity, held: { since, earliest } })
    else return /^held/.test(value) ? 'is not "held since …, not before …" with two RFC 3339 date-times' : NO_TIME
  },
  alg (notes, value) {
    if (!isAlg(value)) return `is not one of ${ALGS.join(', ')}`
    notes.alg = value
  },
  kid (notes, value) {
    const wrong = kidWeakness(value)
    if (wrong) return wrong
    notes.kid = value
  },
  revoked (notes, value) {
    const time = readTime(value)
    if (Number.isNaN(time)) return NO_TIME
    notes.revoked = time
  }
}

/**
 * Reads `# name: value` lines. Lines that are not notes are free text; a note with a name that jwksd does not know
 * becomes a warning, since it may be a misspelt one, and so does a line that was meant as a note and is none.
 * @param preamble the text above the block
 * @param rest the text below it, where notes have no effect
 * @throws FaultsError naming `file` and the note when a value is wrong or a note is duplicated
 */
export function readNotes (file: string, preamble: string, rest = ''): { notes: Notes, warnings: string[] } {
  const notes: Notes = {}
  const warnings: string[] = []
  const seen = new Set<string>()
  for (const line of preamble.split('\n')) {
    const [, name, value] = NOTE.exec(line) ?? []
    if (name === undefined || value === undefined) {
      if (MEANT.test(line)) warnings.push(`${file}: ${missed(line, 'above the PEM block, at the start of a line')}`)
      continue
    }
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!read) {
      warnings.push(`${file}: the note "${name}" is not known and is ignored (known: ${Object.keys(readers).join(', ')})`)
      continue
    }
    const wrong = seen.has(name) ? 'is duplicated' : read(notes, value)
    if (wrong) throw fault(file, `the note "${name}" ${wrong}`, `correct the line "# ${name}: …" above the PEM block`)
    seen.add(name)
  }
  const below = rest.split('\n').filter(line => MEANT.test(line))
  warnings.push(...below.map(line => `${file}: ${missed(line, 'above the PEM block: below it, it has no effect')}`))
  return { notes, warnings }
}

function missed (line: string, where: string): string {
  const name = MEANT.exec(line)![1]!.toLowerCase()
  return `the line "${withoutSecrets(line.slice(0, LONGEST_QUOTE))}" is not read as a note; write "# ${name}: …" ${where}`
}

/** Notes as the comment lines that `readNotes` reads back. */
export function writeNotes (notes: Notes): string {
  const lines: string[] = []
  const { activates, held } = notes
  if (held) lines.push(`# activates: held since ${formatTime(held.since)}, not before ${formatTime(held.earliest)}`)
  else if (activates !== undefined) lines.push(`# activates: ${formatTime(activates)}`)
  if (notes.alg !== undefined) lines.push(`# alg: ${notes.alg}`)
  if (notes.kid !== undefined) lines.push(`# kid: ${notes.kid}`)
  if (notes.revoked !== undefined) lines.push(`# revoked: ${formatTime(notes.revoked)}`)
  return lines.map(line => line + '\n').join('')
}

/** A key file's text with some notes replaced; everything else in it stays as it is. */
export function setNotes (text: string, notes: Notes): string {
  const plain = withPlainLineEnds(text)
  const start = plain.search(/^-----BEGIN /m)
  const others = plain.slice(0, start).split('\n').filter(line => !Object.hasOwn(notes, NOTE.exec(line)?.[1] ?? ''))
  return others.join('\n') + writeNotes(notes) + plain.slice(start)
}
