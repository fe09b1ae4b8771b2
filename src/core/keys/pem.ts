// PEM text (RFC 7468): splits a file into its blocks and the text around them. Rejects text without a complete block and
// says how it was damaged; decoding a block's content is up to the caller.

import { fault } from '../errors.ts'

/** What to say of a passphrase that decrypts nothing, although it may be right. */
export const TOO_OLD = 'the encryption may be too old for OpenSSL 3: openssl pkcs8 -provider legacy -provider default -topk8 -in FILE -out NEW'

export interface PemBlock {
  /** The words after BEGIN, e.g. `PRIVATE KEY`. */
  readonly label: string
  /** The block only, from BEGIN to END, with LF line ends. */
  readonly text: string
  /** The lines between BEGIN and END. */
  readonly base64: string
}

export interface PemText {
  /** The text above the first block. */
  readonly preamble: string
  readonly blocks: readonly PemBlock[]
  /** The text between and below the blocks. */
  readonly rest: string
}

/** A label has any printable characters, and single hyphens or spaces between them (RFC 7468 section 3). */
const LABEL = '[!-,.-~]+(?:[- ][!-,.-~]+)*'
const BLOCK = new RegExp(`^-----BEGIN (${LABEL})-----[ \\t]*\\n([\\s\\S]*?)^-----END \\1-----[ \\t]*$`, 'gm')

/** What editors, environment variables and secret stores do to PEM text, and how to tell. The first that fits is named. */
const DAMAGES: ReadonlyArray<readonly [RegExp, string]> = [
  [/-----BEGIN [^\n]*\\n/, 'its line ends are the two characters "\\n"'],
  [/-----BEGIN [^\n]*-----[^\n]*-----END /, 'it is all on one line'],
  [/^[ \t]+-----BEGIN /m, 'its lines are indented'],
  [/^["'][ \t]*-----BEGIN |-----["']\s*$/m, 'it is in quotes']
]
const JOINED = /-----END [^\n]*----------BEGIN /

/**
 * The PEM blocks of a text. LF, CRLF, CR and a byte order mark are accepted.
 * @param content what the file should hold, for the words of a fault
 * @throws FaultsError naming `file` when there is no block, or one is damaged
 */
export function splitPem (file: string, raw: string, content: 'key' | 'certificate' = 'key'): PemText {
  const text = withPlainLineEnds(raw)
  const matches = [...text.matchAll(BLOCK)]
  const begins = text.match(/-----BEGIN /g)?.length ?? 0
  if (begins === 0) {
    throw fault(file, 'there is no PEM block in it', content === 'key'
      ? 'put one PEM key in the file, or move the file away'
      : 'give the certificate chain in PEM: blocks that begin with -----BEGIN CERTIFICATE-----')
  }
  if (begins > matches.length) throw damaged(file, text, content)
  const rest = matches.map(({ index, 0: block }, i) => text.slice(index + block.length, matches[i + 1]?.index)).join('\n')
  return {
    preamble: text.slice(0, matches[0]!.index),
    blocks: matches.map(match => ({ label: match[1]!, text: match[0] + '\n', base64: match[2]! })),
    rest
  }
}

function damaged (file: string, text: string, content: 'key' | 'certificate'): Error {
  if (JOINED.test(text)) {
    return fault(file, 'two PEM blocks are joined without a line end between END and BEGIN', 'put a line end between the two rows of hyphens')
  }
  const [, damage] = DAMAGES.find(([pattern]) => pattern.test(text)) ?? []
  if (damage === undefined) {
    return fault(file, 'a PEM block is cut short or damaged: BEGIN has no matching END on a line of its own', 'copy the whole file again')
  }
  return fault(file, `its PEM text is damaged: ${damage}`, content === 'key'
    ? `jwksd import ${shellWord(file)}`
    : 'write it as it was issued: BEGIN and END on lines of their own, without anything in front of them')
}

/** Text with LF line ends and without a byte order mark. */
export function withPlainLineEnds (raw: string): string {
  return raw.replace(/^\uFEFF/, '').replace(/\r\n?/g, '\n')
}

/** A file name as a shell takes it. */
export function shellWord (name: string): string {
  return /^[\w./+:@%-]+$/.test(name) ? name : `'${name.replaceAll('\'', '\'\\\'\'')}'`
}
