// The only body parser: JSON (RFC 8259) that means the same to every reader. Rejects what JSON.parse lets through
// silently: duplicate members, `__proto__`, numbers that would change, half characters, invalid UTF-8, deep nesting.

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
  if (!isCanonical(text, value)) visit(text, new Strictness(text, name))
  return value
}

/**
 * What a text can hold that comes back unchanged from JSON.parse and JSON.stringify, and is refused: see Strictness. And a space behind a
 * comma or a colon: Python writes it, and a text with it hardly ever comes back.
 */
const UNSEEN = /\\u|__proto__|\d{16}|\de[+-]|[:,] /

/**
 * Whether a text is what JSON.stringify makes of its value, as most callers send it. Then no member was lost and no number has
 * changed, and the walk through the text would find nothing.
 */
function isCanonical (text: string, value: unknown): boolean {
  return !UNSEEN.test(text) && (text.match(/[[{]/g) ?? []).length <= MAX_DEPTH && JSON.stringify(value) === text
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
    // The parser's own message quotes the text, which may contain secrets.
    throw new RequestError('ERR_BAD_REQUEST', `${name} is not valid JSON`, { field: 'body', cause })
  }
}

class Strictness implements JSONVisitor {
  readonly #open: Array<Set<string>> = []
  readonly #text: string
  readonly #name: string

  constructor (text: string, name: string) {
    this.#text = text
    this.#name = name
  }

  onObjectBegin = (): void => { this.#enter() }
  onArrayBegin = (): void => { this.#enter() }
  onObjectEnd = (): void => { this.#open.pop() }
  onArrayEnd = (): void => { this.#open.pop() }

  onObjectProperty = (name: string, ...[, , , , path]: [number, number, number, number, () => Array<string | number>]): void => {
    const fieldOf = (): string => [...path(), name].join('.')
    const members = this.#open.at(-1)!
    if (members.has(name)) throw refuseMember(fieldOf(), 'is duplicated')
    if (name === '__proto__') throw refuseMember(fieldOf(), 'is not a member that is taken')
    checkCharacters(name, fieldOf)
    members.add(name)
  }

  onLiteralValue = (value: unknown, ...[at, length, , , path]: [number, number, number, number, () => Array<string | number>]): void => {
    const fieldOf = (): string => path().join('.') || 'body'
    if (typeof value === 'string') checkCharacters(value, fieldOf)
    if (typeof value !== 'number' || isExact(this.#text.slice(at, at + length), value)) return
    const field = fieldOf()
    throw new RequestError('ERR_BAD_REQUEST', `${field} is a number that JSON readers round; send it as a string`, { field })
  }

  #enter (): void {
    if (this.#open.length >= MAX_DEPTH) {
      throw new RequestError('ERR_BAD_REQUEST', `${this.#name} is nested deeper than ${MAX_DEPTH} levels`, { field: 'body' })
    }
    this.#open.push(new Set())
  }
}

function refuseMember (field: string, problem: string): RequestError {
  return new RequestError('ERR_BAD_REQUEST', `${field} ${problem}`, { field })
}

/** Half of a surrogate pair has no UTF-8 form: readers replace it, reject it, or keep it. */
function checkCharacters (text: string, fieldOf: () => string): void {
  if (!/\p{Surrogate}/u.test(text)) return
  const field = fieldOf()
  throw new RequestError('ERR_BAD_REQUEST', `${field} holds half of a surrogate pair, which has no UTF-8 form`, {
    field, hint: 'send whole characters; bytes that are no text go into payload_b64u'
  })
}

/** Whether a reader that keeps numbers as doubles (RFC 8259 section 6) sees the number that is written; -0 becomes 0 in many. */
function isExact (written: string, value: number): boolean {
  return Number.isFinite(value) && !Object.is(value, -0) && (!Number.isInteger(value) || Number.isSafeInteger(value)) &&
    digitsOf(written) === digitsOf(String(value))
}

/** The significant digits of a decimal and their power of ten: equal for equal numbers. */
function digitsOf (decimal: string): string {
  const [, whole, fraction = '', exponent = '0'] = /^-?(\d+)(?:\.(\d+))?(?:e(.+))?$/i.exec(decimal)!
  const digits = `${whole}${fraction}`.replace(/^0+/, '')
  const kept = digits.replace(/(?<!0)0+$/, '') // without the first part it would try from each zero of a run, for seconds
  return kept === '' ? '0' : `${kept}e${Number(exponent) - fraction.length + digits.length - kept.length}`
}
