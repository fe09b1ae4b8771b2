// PEM text (RFC 7468): splits a file into its blocks and the text above them, and reads the notes in that text.
// Refuses text without a whole block; decoding what a block holds is key.ts's work.

import { fault } from '../errors.ts'
import { type Alg, ALGS, isAlg } from './alg.ts'
import { formatTime } from '../time.ts'

export interface PemBlock {
  /** What stands after BEGIN, e.g. `PRIVATE KEY`. */
  readonly label: string
  /** The block alone, from BEGIN to END, with LF line ends. */
  readonly text: string
}

/** What a key says of itself in comment lines above its block. Times are NumericDates (seconds). */
export interface Notes {
  activates?: number
  alg?: Alg
  kid?: string
  /** When the key was found to be compromised. That the note stands there is what counts. */
  revoked?: number
}

const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\n[\s\S]*?^-----END \1-----[ \t]*$/gm
const NOTE = /^#\s*([a-z][\w-]*)\s*:\s*(.*?)\s*$/
const DATE_TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d)?(Z|[+-]\d\d:\d\d)$/
const KID = /^[\x21-\x7e]{1,256}$/

/**
 * The PEM blocks of a text and the text above the first. LF, CRLF and a byte order mark are accepted.
 * @throws FaultsError naming `file` when there is no block, or one is cut short
 */
export function splitPem (file: string, raw: string): { preamble: string, blocks: PemBlock[] } {
  const text = withPlainLineEnds(raw)
  const matches = [...text.matchAll(BLOCK)]
  const begins = text.match(/-----BEGIN /g)?.length ?? 0 // also where two files were joined without a line end
  if (begins === 0) throw fault(file, 'there is no PEM block in it', 'put one PEM key in the file, or move the file away')
  if (begins > matches.length) {
    throw fault(file, 'a PEM block is cut short or damaged: BEGIN has no matching END on a line of its own', 'copy the whole file again')
  }
  const preamble = text.slice(0, matches[0]!.index)
  return { preamble, blocks: matches.map(match => ({ label: match[1]!, text: match[0] + '\n' })) }
}

function withPlainLineEnds (raw: string): string {
  return raw.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}

/** Reads a note that is a time. */
function readTime (name: 'activates' | 'revoked') {
  return (notes: Notes, value: string): string | undefined => {
    const ms = DATE_TIME.test(value) ? Date.parse(value) : NaN
    if (Number.isNaN(ms)) return 'is not an RFC 3339 date-time with a zone, such as 2026-12-01T00:00:00Z'
    notes[name] = Math.floor(ms / 1000)
  }
}

const readers: Record<string, (notes: Notes, value: string) => string | undefined> = {
  activates: readTime('activates'),
  alg (notes, value) {
    if (!isAlg(value)) return `is not one of ${ALGS.join(', ')}`
    notes.alg = value
  },
  kid (notes, value) {
    if (!KID.test(value)) return 'is not 1 to 256 printable ASCII characters without spaces'
    notes.kid = value
  },
  revoked: readTime('revoked')
}

/**
 * Reads `# name: value` lines. Lines that are not notes are free text; a note with a name that jwksd does not
 * know is told as a warning, since it may be a misspelt one.
 * @throws FaultsError naming `file` and the note when a value is wrong or a note stands twice
 */
export function readNotes (file: string, preamble: string): { notes: Notes, warnings: string[] } {
  const notes: Notes = {}
  const warnings: string[] = []
  const seen = new Set<string>()
  for (const line of preamble.split('\n')) {
    const [, name, value] = NOTE.exec(line) ?? []
    if (name === undefined || value === undefined) continue
    const read = Object.hasOwn(readers, name) ? readers[name] : undefined
    if (!read) {
      warnings.push(`${file}: the note "${name}" is not known and is ignored (known: ${Object.keys(readers).join(', ')})`)
      continue
    }
    const wrong = seen.has(name) ? 'stands twice' : read(notes, value)
    if (wrong) throw fault(file, `the note "${name}" ${wrong}`, `hint the line "# ${name}: …" above the PEM block`)
    seen.add(name)
  }
  return { notes, warnings }
}

/** Notes as the comment lines that `readNotes` reads back. */
export function writeNotes (notes: Notes): string {
  const lines: string[] = []
  if (notes.activates !== undefined) lines.push(`# activates: ${formatTime(notes.activates)}`)
  if (notes.alg !== undefined) lines.push(`# alg: ${notes.alg}`)
  if (notes.kid !== undefined) lines.push(`# kid: ${notes.kid}`)
  if (notes.revoked !== undefined) lines.push(`# revoked: ${formatTime(notes.revoked)}`)
  return lines.map(line => line + '\n').join('')
}

/** A key file's text with some notes set anew; everything else in it stays as it is. */
export function setNotes (text: string, notes: Notes): string {
  const plain = withPlainLineEnds(text)
  const start = plain.search(/^-----BEGIN /m)
  const others = plain.slice(0, start).split('\n').filter(line => !Object.hasOwn(notes, NOTE.exec(line)?.[1] ?? ''))
  return others.join('\n') + writeNotes(notes) + plain.slice(start)
}
