// The files of one audit log, verified from the oldest to the newest. Rejects the first bad line.

import { fault } from '../core/errors.ts'
import { readStart } from './audit-chain.ts'
import { readBlocks } from './audit-lines.ts'
import { at } from './line-faults.ts'
import { type Checkpoint, ChainVerifier, type Line, type VerifierOptions } from './audit-verifier.ts'

interface VerifyOptions extends VerifierOptions {
  /** @returns the kid of the key that signed it; throws when none of the known keys did */
  readonly verifyCheckpoint?: ((jws: string) => Promise<string>) | undefined
}

/** What was proven. */
export interface Proof {
  readonly files: readonly string[]
  readonly lines: number
  /** The first line of each chain. */
  readonly chains: readonly [Line, ...Line[]]
  readonly last: Line
  /** When the first and the last line were written, RFC 3339. */
  readonly from: string
  readonly to: string
  readonly checkpoints: readonly Checkpoint[]
  /** Keys that signed them. */
  readonly kids: readonly string[]
}

/**
 * Verifies a log in files that were rotated; their order does not matter.
 * @throws FaultsError naming the first bad line, or a file that cannot be read
 */
export async function verifyFiles (names: readonly string[], options: VerifyOptions): Promise<Proof> {
  const files = await sortByAge(names)
  const verifier = new ChainVerifier(options)
  const checkpoints: Checkpoint[] = []
  const kids = new Set<string>()
  let isOpen = false
  for (const file of files) {
    let line = 0
    for await (const block of readBlocks(file)) {
      isOpen = block.isOpen
      try {
        for (const bytes of block.lines) verifier.add(bytes, file, ++line)
      } finally {
        // Also where the chain breaks: a checkpoint with a bad signature before that is the first bad line.
        for (const checkpoint of verifier.takeCheckpoints()) {
          checkpoints.push(checkpoint)
          if (options.verifyCheckpoint) kids.add(await verifySignature(checkpoint, options.verifyCheckpoint))
        }
      }
    }
  }
  verifier.end(isOpen)
  const { lines, chains } = verifier
  const [first, last] = [chains[0]!, verifier.last!] // a file without a line was rejected
  const [from, to] = [first, last].map(({ bytes }) => readStart(bytes)!.time) as [string, string]
  return { files, lines, chains: [first, ...chains.slice(1)], last, from, to, checkpoints, kids: [...kids] }
}

async function verifySignature (checkpoint: Checkpoint, verify: NonNullable<VerifyOptions['verifyCheckpoint']>): Promise<string> {
  return await verify(checkpoint.jws).catch(() => {
    throw at(checkpoint, 'holds a checkpoint that none of the known keys signed', 'name the public keys of its time with --jwks FILE')
  })
}

/** The oldest first, by the first line of each that can be read. Empty files are left out: logrotate makes them. */
async function sortByAge (names: readonly string[]): Promise<string[]> {
  const found = await Promise.all(names.map(async file => ({ file, start: await findStart(file) })))
  const starts = found.flatMap(({ file, start }) => start ? [{ file, ...start }] : [])
  if (starts.length === 0) throw fault(names.join(', '), 'holds no line of an audit log', 'name the files that audit.file wrote')
  return starts.sort((a, b) => a.log === b.log ? a.seq - b.seq : a.time < b.time ? -1 : 1).map(({ file }) => file)
}

async function findStart (file: string): Promise<ReturnType<typeof readStart>> {
  let isEmpty = true
  for await (const { lines } of readBlocks(file)) {
    isEmpty = false
    const start = lines.map(line => readStart(line)).find(start => start !== undefined)
    if (start) return start
  }
  if (!isEmpty) throw fault(`${file}:1`, 'is no line of an audit log', 'name the files that audit.file wrote')
  return undefined
}
