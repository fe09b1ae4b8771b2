// The file of the audit log: opens it, and finds where its chain ends. Rejects what is neither a regular file nor a FIFO;
// a symbolic link is not followed, since it could direct records to another file.

import { hash } from 'node:crypto'
import { closeSync, constants, fstatSync, lstatSync, openSync, readSync, type Stats } from 'node:fs'
import { type ChainHead, headOf, isIntact, readLink } from './audit-chain.ts'

/** Where a file's chain ends. */
export interface Tail {
  /** The last whole line; absent when there is none. */
  readonly head?: ChainHead
  /** SHA-256 of what follows it, such as half a line of a process that was killed; absent when nothing does. */
  readonly torn?: string
  /** The file does not end with a line feed. */
  readonly isOpen: boolean
}

/** Bytes at the end of the file among which the last line is looked for; a line has a few KB at most. */
const WINDOW = 64 * 1024
const LINE_FEED = 10

const { O_RDWR, O_WRONLY, O_APPEND, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants

/** What is at a path, also if it is a link; undefined when nothing can be found there. */
export function lookAt (file: string): Stats | undefined {
  try {
    return lstatSync(file, { throwIfNoEntry: false })
  } catch {
    return undefined // a directory above it is missing or may not be read: opening says so
  }
}

/**
 * Opens the file for appending, and makes it with mode 0600 when it is missing.
 * @throws Error with `code`: that of open(2), or `not a file`
 */
export function openAuditFile (file: string): { descriptor: number, stats: Stats } {
  // Only a FIFO is opened for writing only: without a reader that fails at once (O_NONBLOCK).
  const access = lookAt(file)?.isFIFO() ? O_WRONLY : O_RDWR
  const descriptor = openSync(file, access | O_APPEND | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600)
  const stats = fstatSync(descriptor)
  if (stats.isFile() || (stats.isFIFO() && access === O_WRONLY)) return { descriptor, stats }
  closeSync(descriptor)
  throw Object.assign(new Error(`${file} is neither a regular file nor a FIFO`), { code: 'not a file' })
}

/** Reads the end of a regular file of `size` bytes. */
export function readTail (descriptor: number, size: number): Tail {
  const length = Math.min(size, WINDOW)
  const bytes = Buffer.alloc(length)
  return findTail(bytes.subarray(0, readSync(descriptor, bytes, 0, length, size - length)))
}

/** The last whole line in `bytes`, and what follows it. */
export function findTail (bytes: Buffer): Tail {
  const text = bytes.toString('latin1')
  const isOpen = text !== '' && !text.endsWith('\n')
  for (let end = isOpen ? text.length : text.length - 1; end > 0;) {
    const start = text.lastIndexOf('\n', end - 1) + 1
    const line = bytes.toString('utf8', start, end)
    const link = readLink(line)
    if (link && isIntact(line)) return { head: headOf(line, link), isOpen, ...tornFrom(bytes, end + 1) }
    end = start - 1
  }
  return { isOpen, ...tornFrom(bytes, 0) }
}

/** The bytes between the last whole line and the next one, without their last line feed. */
function tornFrom (bytes: Buffer, start: number): { torn?: string } {
  const end = bytes.at(-1) === LINE_FEED ? bytes.length - 1 : bytes.length
  return start < end ? { torn: hash('sha256', bytes.subarray(start, end)) } : {}
}
