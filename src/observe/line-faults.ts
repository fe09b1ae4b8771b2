// What is wrong with a line that was read from an audit log, and what to do.

import { fault, type FaultsError } from '../core/errors.ts'
import { type ChainHead, isFirst, type Link } from './audit-chain.ts'

/** Where a line is. */
export interface Place {
  readonly file: string
  /** 1 for the first. */
  readonly line: number
}

/** A fault of a line. */
export function at ({ file, line }: Place, problem: string, hint: string): FaultsError {
  return fault(`${file}:${line}`, problem, hint)
}

/** A line that is not whole. */
export function changed (place: Place): FaultsError {
  return at(place, 'is not as it was written: its checksum does not fit', 'compare it with a copy of the log')
}

/**
 * An intact line in the wrong place.
 * @param last the line before it: of its chain, where there is one
 */
export function misplaced (last: ChainHead & Place | undefined, line: Link & Place): FaultsError {
  const compare = 'compare with a copy of the log; name every file of it'
  if (!last) {
    return at(line, `begins with seq ${line.seq}: what was before it is missing`, 'name the files before it too; where they were deleted, use --partial')
  }
  if (line.log !== last.log) {
    const collected = 'where this was collected from standard output or a FIFO, each start of jwksd begins a chain: use --stream; else '
    return at(line, 'is of another chain', (isFirst(line) ? collected : '') + compare)
  }
  const missing = line.seq - last.seq - 1
  if (missing > 0) return at(line, `has seq ${line.seq} after seq ${last.seq}: ${missing === 1 ? 'a line is' : `${missing} lines are`} missing before it`, compare)
  if (missing < 0) return at(line, `has seq ${line.seq} after seq ${last.seq}: it is not in its place`, compare)
  return at(last, 'was replaced: its hash is not the one that the next line holds', compare)
}
