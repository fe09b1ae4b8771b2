// YAML text → plain data and the line of every field. Rejects what is no YAML, an empty document and other encodings,
// each by its first cause: what a parser says after that is mostly a consequence. js-yaml reads, at a tenth of the cost
// of `yaml`, which is loaded to word a fault.

import { createRequire } from 'node:module'
import { load, YAMLException } from 'js-yaml'
import type { YAMLError } from 'yaml'
import { fault } from '../core/errors.ts'
import { indexLines } from './lines.ts'
import type { Where } from './report.ts'

export interface SourceText {
  readonly file: string
  /** The document as plain data; objects have no prototype surprises since YAML keys are copied one by one. */
  readonly data: unknown
  /** `file:line field` of a path; the nearest parent's line where the field itself is missing. */
  where: Where
}

/** Values that aliases may add to those that are written. */
const MAX_ALIASED = 100_000

/** @throws FaultsError with the first fault and its line */
export function readYaml (file: string, text: string): SourceText {
  checkEncoding(file, text)
  const data = toPlainData(file, text, parse(file, text))
  if (data === null) throw fault(file, 'is empty', 'start from jwksd.example.yaml')
  return { file, data, where: makeWhere(file, text) }
}

/** Words the places of a document: `file:line field`. */
export function makeWhere (file: string, text: string): Where {
  let lines: ReturnType<typeof indexLines> | undefined
  return path => {
    lines ??= indexLines(text)
    return `${file}:${lines(path)}${path.length > 0 ? ' ' + path.join('.') : ''}`
  }
}

function checkEncoding (file: string, text: string): void {
  if (text.includes('\0')) throw fault(file, 'is UTF-16, not UTF-8', `convert it: iconv -f UTF-16 -t UTF-8 ${file}`)
  if (text.includes('\uFFFD')) throw fault(file, 'has bytes that are not UTF-8', 'save it as UTF-8')
  if (/\r[^\n]/.test(text) && !text.includes('\n')) {
    throw fault(file, 'has carriage returns as its only line ends, so it is one long line', `convert it: tr '\\r' '\\n' < ${file}`)
  }
}

const HINT = 'correct the YAML; jwksd.example.yaml shows the form'

/** What is wrong and what to do, without terms of YAML's grammar. */
function wordError ({ code, message }: YAMLError, line: string): [problem: string, hint: string] {
  if (code === 'TAB_AS_INDENT' || /^ *\t/.test(line)) return ['is indented with a tab', 'indent with spaces: YAML takes no tabs']
  const [, bracket] = /Unexpected flow-(?:map|seq)-end token.*"([}\]])"/.exec(message) ?? []
  if (bracket) return [`there is a "${bracket}" that nothing opened`, 'remove it, or write the bracket that opens it']
  const name = line.trim().split(':')[0]!
  switch (code) {
    case 'BAD_INDENT': return message.startsWith('Flow')
      ? ['a "{" or "[" before this line is not closed', 'write the bracket that closes it']
      : ['is not indented like the lines that it belongs with', 'give the fields of one level the same number of spaces']
    case 'DUPLICATE_KEY': return [`the field "${name}" is duplicated`, 'keep one of them']
    case 'BLOCK_AS_IMPLICIT_KEY': return ['has a second colon with a space after it', 'put the value in quotes, or remove the space']
    case 'MULTILINE_IMPLICIT_KEY': return [`"${line.trim()}" is no field and no value`, 'write a colon and a space after the name of a field']
    case 'MISSING_CHAR': return ['something before this line is not closed, such as a quote', 'close it, or remove what opened it']
    case 'MULTIPLE_DOCS': return ['a second document begins here', 'keep one document, without a line ---']
    default: return [message, HINT]
  }
}

function parse (file: string, text: string): unknown {
  try {
    return load(text)
  } catch (error) {
    throw wordFailure(file, text, error as YAMLException)
  }
}

/** The first fault that `yaml` finds has a code; without one, js-yaml's reason is all there is. */
function wordFailure (file: string, text: string, { reason, mark }: YAMLException): Error {
  const { LineCounter, parseDocument } = createRequire(import.meta.url)('yaml') as typeof import('yaml')
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [first] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0])
  if (first) {
    const { line } = lines.linePos(first.pos[0])
    const [problem, hint] = wordError(first, text.split('\n')[line - 1]!)
    return fault(`${file}:${line}`, problem, hint)
  }
  if (document.contents === null) return fault(file, 'is empty', 'start from jwksd.example.yaml')
  if (reason.startsWith('unidentified alias')) return aliasFault(file, reason)
  return fault(`${file}:${mark!.line + 1}`, reason, HINT)
}

function aliasFault (file: string, reason: string): Error {
  return fault(file, `an alias cannot be resolved: ${reason}`, 'write out the value instead of the alias')
}

/** @throws FaultsError when a value contains itself, or aliases multiply it beyond measure */
function toPlainData (file: string, text: string, value: unknown): unknown {
  if (!(countValues(value) <= text.length + MAX_ALIASED)) throw aliasFault(file, 'a value contains itself, or aliases repeat it too often')
  return JSON.parse(JSON.stringify(value))
}

/** Values once all aliases are written out; NaN where a value contains itself. */
function countValues (value: unknown, known = new Map<object, number>()): number {
  if (typeof value !== 'object' || value === null) return 1
  const before = known.get(value)
  if (before !== undefined) return before
  known.set(value, NaN)
  const count = Object.values(value).reduce((sum: number, one) => sum + countValues(one, known), 1)
  known.set(value, count)
  return count
}
