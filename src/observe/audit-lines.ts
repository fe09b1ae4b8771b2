// Reads the lines of audit log files, plain or gzipped by logrotate, in blocks: a log may be larger than memory.

import { createReadStream } from 'node:fs'
import type { Readable } from 'node:stream'
import { createGunzip } from 'node:zlib'
import { fault } from '../core/errors.ts'

/** Bytes read at a time. */
const BLOCK = 1024 * 1024
/** A record has a few KB. Longer text without a line feed is passed on in pieces, which bounds memory. */
const LONGEST = 1024 * 1024
const LINE_FEED = 10

/** Lines without their line feeds. */
export interface Block {
  readonly lines: readonly Buffer[]
  /** The last line has no line feed: the file ends in it. */
  readonly isOpen: boolean
}

/**
 * The lines of a file; of one whose name ends in `.gz` after gunzip.
 * @throws FaultsError naming file and reason when it cannot be read
 */
export async function * readBlocks (file: string): AsyncGenerator<Block> {
  const input = createReadStream(file, { highWaterMark: BLOCK })
  let rest: Buffer = Buffer.alloc(0)
  try {
    for await (const chunk of file.endsWith('.gz') ? gunzip(input) : input) {
      const bytes = rest.length === 0 ? chunk as Buffer : Buffer.concat([rest, chunk as Buffer])
      const lines = splitLines(bytes)
      rest = bytes.subarray(lines.reduce((sum, { length }) => sum + length + 1, 0))
      if (rest.length > LONGEST) {
        lines.push(rest)
        rest = Buffer.alloc(0)
      }
      yield { lines, isOpen: false }
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw fault(file, `cannot be read (${code})`, code?.startsWith('Z_') ? 'it is damaged: take it from a copy' : 'look at its name and its mode')
  } finally {
    input.destroy()
  }
  if (rest.length > 0) yield { lines: [rest], isOpen: true }
}

function gunzip (input: Readable): Readable {
  const output = createGunzip({ chunkSize: BLOCK })
  input.on('error', error => { output.destroy(error) })
  return input.pipe(output)
}

/** The whole lines in `bytes`. */
function splitLines (bytes: Buffer): Buffer[] {
  const lines: Buffer[] = []
  let start = 0
  for (let end = bytes.indexOf(LINE_FEED); end >= 0; end = bytes.indexOf(LINE_FEED, start)) {
    lines.push(bytes.subarray(start, end))
    start = end + 1
  }
  return lines
}
