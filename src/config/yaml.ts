// YAML text → plain data plus the line of every field. Refuses what YAML itself refuses, duplicate keys included.

import { type Document, isNode, LineCounter, parseDocument } from 'yaml'
import { type Fault, fault, FaultsError } from '../core/errors.ts'

export interface SourceText {
  readonly file: string
  /** The document as plain data; objects have no prototype surprises since YAML keys are copied one by one. */
  readonly data: unknown
  /** `file:line field` of a path; the nearest parent's line where the field itself is missing. */
  where: (path: readonly (string | number)[]) => string
}

/** @throws FaultsError with every syntax fault and its line */
export function readYaml (file: string, text: string): SourceText {
  const lines = new LineCounter()
  const document = parseDocument(text, { lineCounter: lines, prettyErrors: false })
  if (document.errors.length > 0) {
    throw new FaultsError(document.errors.map((error): Fault => ({
      where: `${file}:${lines.linePos(error.pos[0]).line}`,
      problem: error.message,
      hint: 'hint the YAML; jwksd.example.yaml shows the form'
    })))
  }
  const where = (path: readonly (string | number)[]): string =>
    `${file}:${lineOf(document, lines, path)}${path.length > 0 ? ' ' + path.join('.') : ''}`
  return { file, data: toPlainData(document, file), where }
}

/** @throws FaultsError when an alias names nothing, or a value contains itself */
function toPlainData (document: Document, file: string): unknown {
  try {
    return JSON.parse(JSON.stringify(document.toJS() ?? {}))
  } catch (error) {
    throw fault(file, `an alias cannot be resolved: ${(error as Error).message.split('\n')[0]}`, 'write the value out where the alias stands')
  }
}

function lineOf (document: Document, lines: LineCounter, path: readonly (string | number)[]): number {
  for (let length = path.length; length > 0; length--) {
    const node = document.getIn(path.slice(0, length), true)
    if (isNode(node) && node.range) return lines.linePos(node.range[0]).line
  }
  return 1
}
