// The one body parser: JSON (RFC 8259) that means the same to every reader. Refuses what JSON.parse lets through
// silently: duplicate members, `__proto__`, numbers that would change, invalid UTF-8, deep nesting.

import { type JSONVisitor, visit } from 'jsonc-parser'
import { RequestError } from '../core/errors.ts'

const MAX_DEPTH = 32
const utf8 = new TextDecoder('utf-8', { fatal: true })

/**
 * @param name what the bytes are for the reader of an error
 * @throws RequestError ERR_BAD_REQUEST naming the field where it can
 */
export function parseStrictJson (bytes: Buffer, name = 'the body'): unknown {
  const text = decode(bytes, name)
  const value = parse(text, name)
  visit(text, new Strictness(name))
  return value
}

function decode (bytes: Buffer, name: string): string {
  try {
    return utf8.decode(bytes)
  } catch (cause) {
    throw new RequestError('ERR_BAD_REQUEST', `${name} is not valid UTF-8`, { field: 'body', cause })
  }
}

function parse (text: string, name: string): unknown {
  try {
    return JSON.parse(text)
  } catch (cause) {
    // The parser's own message quotes the text, which may hold what nobody should log.
    throw new RequestError('ERR_BAD_REQUEST', `${name} is not valid JSON`, { field: 'body', cause })
  }
}

class Strictness implements JSONVisitor {
  readonly #open: Array<Set<string>> = []
  readonly #name: string

  constructor (name: string) {
    this.#name = name
  }

  onObjectBegin = (): void => { this.#enter() }
  onArrayBegin = (): void => { this.#enter() }
  onObjectEnd = (): void => { this.#open.pop() }
  onArrayEnd = (): void => { this.#open.pop() }

  onObjectProperty = (name: string, ...[, , , , path]: [number, number, number, number, () => Array<string | number>]): void => {
    const field = [...path(), name].join('.')
    const members = this.#open.at(-1)!
    if (members.has(name)) throw new RequestError('ERR_BAD_REQUEST', `${field} is duplicated`, { field })
    if (name === '__proto__') throw new RequestError('ERR_BAD_REQUEST', `${field} is not a member that is taken`, { field })
    members.add(name)
  }

  onLiteralValue = (value: unknown, ...[, , , , path]: [number, number, number, number, () => Array<string | number>]): void => {
    if (typeof value !== 'number' || (Number.isFinite(value) && (!Number.isInteger(value) || Number.isSafeInteger(value)))) return
    const field = path().join('.') || 'body'
    throw new RequestError('ERR_BAD_REQUEST', `${field} is a number that JSON readers round; send it as a string`, { field })
  }

  #enter (): void {
    if (this.#open.length >= MAX_DEPTH) {
      throw new RequestError('ERR_BAD_REQUEST', `${this.#name} is nested deeper than ${MAX_DEPTH} levels`, { field: 'body' })
    }
    this.#open.push(new Set())
  }
}
