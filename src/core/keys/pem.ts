// PEM text (RFC 7468): splits a file into its blocks and the text above them.
// Rejects text without a whole block; decoding what a block holds is the caller's work.

import { fault } from '../errors.ts'

export interface PemBlock {
  /** The words after BEGIN, e.g. `PRIVATE KEY`. */
  readonly label: string
  /** The block only, from BEGIN to END, with LF line ends. */
  readonly text: string
  /** What lies between them. */
  readonly base64: string
}

const BLOCK = /^-----BEGIN ([A-Z0-9 ]+)-----[ \t]*\n([\s\S]*?)^-----END \1-----[ \t]*$/gm

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
  return { preamble, blocks: matches.map(match => ({ label: match[1]!, text: match[0] + '\n', base64: match[2]! })) }
}

/** Text with LF line ends and without a byte order mark. */
export function withPlainLineEnds (raw: string): string {
  return raw.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}
