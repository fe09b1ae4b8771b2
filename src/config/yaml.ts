// YAML text → plain data and the line of every field. Rejects what is no YAML, an empty document and other encodings,
// each by its first cause: what a parser says after that is mostly a consequence.

import { type Document, isNode, LineCounter, parseDocument, type YAMLError } from 'yaml'
import { fault } from '../core/errors.ts'
import type { Path, Where } from './report.ts'

export interface SourceText {
  readonly file: string
  /** The document as plain data; objects have no prototype surprises since YAML keys are copied one by one. */
  readonly data: unknown
  /** `file:line field` of a path; the nearest parent's line where the field itself is missing. */
  where: Where
}

/** @throws FaultsError with the first fault and its line */
export function readYaml (file: string, text: string): SourceText {
  checkEncoding(file, text)
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  const [first] = [...document.errors].sort((a, b) => a.pos[0] - b.pos[0])
  if (first) {
    const { line } = lines.linePos(first.pos[0])
    const [problem, hint] = wordError(first, text.split('\n')[line - 1]!)
    throw fault(`${file}:${line}`, problem, hint)
  }
  const where: Where = path =>
    `${file}:${lineOf(document, lines, path)}${path.length > 0 ? ' ' + path.join('.') : ''}`
  const data = toPlainData(document, file)
  if (data === null) throw fault(file, 'is empty', 'start from jwksd.example.yaml')
  return { file, data, where }
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

/** @throws FaultsError when an alias names nothing, or a value contains itself */
function toPlainData (document: Document, file: string): unknown {
  try {
    return JSON.parse(JSON.stringify(document.toJS()))
  } catch (error) {
    throw fault(file, `an alias cannot be resolved: ${(error as Error).message.split('\n')[0]}`, 'write out the value instead of the alias')
  }
}

function lineOf (document: Document, lines: LineCounter, path: Path): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
