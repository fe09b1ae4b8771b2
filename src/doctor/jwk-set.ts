// A JWK Set as a client reads it: bytes to keys, with what the reader stumbled over. Judges nothing.

import { visit } from 'jsonc-parser'

export type Jwk = Readonly<Record<string, unknown>>

export interface SetSeen {
  readonly bytes: Buffer
  /** Why the bytes are no JSON; absent where they are. */
  readonly problem?: string
  /** Names of members that an object has twice, with their path. */
  readonly duplicates: readonly string[]
  /** The parsed JSON; undefined where there is none. */
  readonly json?: unknown
  /** Members of `keys` that are objects; absent where there is no such array. */
  readonly keys?: readonly Jwk[]
}

const LONGEST_KID = 60
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** Reads the body of an answer. Never throws. */
export function readSet (bytes: Buffer): SetSeen {
  const read = parse(bytes)
  if (typeof read === 'string') return { bytes, problem: read, duplicates: [] }
  const { json } = read
  const keys = isObject(json) && Array.isArray(json.keys) ? json.keys.filter(isObject) : undefined
  return { bytes, ...read, ...(keys && { keys }) }
}

/** A key by its kid, shortened, or by its place. */
export function nameOf ({ kid }: Jwk, index: number): string {
  if (typeof kid !== 'string') return `key ${index + 1}`
  return kid.length > LONGEST_KID ? `kid ${kid.slice(0, LONGEST_KID)}…` : `kid ${kid}`
}

export function isObject (value: unknown): value is Jwk {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

/** @returns why not, as text */
function parse (bytes: Buffer): string | { json: unknown, duplicates: string[] } {
  if (bytes.length === 0) return 'the body is empty'
  if (bytes.subarray(0, 3).equals(Buffer.from([0xef, 0xbb, 0xbf]))) return 'the body begins with a byte order mark'
  try {
    const text = utf8.decode(bytes)
    return { json: JSON.parse(text), duplicates: findDuplicates(text) }
  } catch (error) {
    if (error instanceof RangeError) return 'the JSON is nested too deeply' // the visitor calls itself
    return error instanceof SyntaxError ? 'the body is not JSON' : 'the body is not UTF-8'
  }
}

function findDuplicates (text: string): string[] {
  const open: Array<Set<string>> = []
  const found: string[] = []
  visit(text, {
    onObjectBegin: () => { open.push(new Set()) },
    onObjectEnd: () => { open.pop() },
    onObjectProperty: (name, _offset, _length, _line, _character, path) => {
      const members = open.at(-1)!
      if (members.has(name)) found.push([...path(), name].join('.'))
      members.add(name)
    }
  })
  return found
}
