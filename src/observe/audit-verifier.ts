// Proves that lines of an audit log are one complete chain, or names the first bad one. A line is proven by the next one,
// which has its hash; its own checksum is only checked where that does not fit, and at the end.

import { createHash, type Hash, hash } from 'node:crypto'
import { decodeJwt } from 'jose'
import { fault } from '../core/errors.ts'
import { type ChainHead, isFirst, isIntact, type Link, readStart, startAfter } from './audit-chain.ts'
import { at, changed, misplaced, type Place } from './line-faults.ts'

/** A line that has its place in the chain. */
export interface Line extends ChainHead, Place {
  readonly bytes: Buffer
}

/** A checkpoint that fits the lines before it. Its signature is not verified yet. */
export interface Checkpoint extends Place {
  readonly jws: string
  /** Number of the line that it signs. */
  readonly seq: number
}

/** Lines that were changed, or cut short by a full disk if the next record has their hash. */
interface Torn { readonly place: Place, readonly bytes: Hash, last: string }

/** A chain as far as it was taken. */
interface Chain {
  readonly first: Line
  last: Line
  /** The line before the last one. */
  before: Line | undefined
  /** Of its last lines, by seq modulo REACH. */
  readonly hashes: string[]
}

/** A checkpoint is signed while other records are written: it names one of this many lines before it. */
const REACH = 4096

export interface VerifierOptions {
  /** The first lines may be in files that were deleted. */
  readonly isPartial?: boolean | undefined
  /** A chain may begin with any line, as where standard output was collected: each start of the server begins one. */
  readonly isStream?: boolean | undefined
  /** Hash of a line that must be there. */
  readonly known?: string | undefined
}

export class ChainVerifier {
  readonly #options: VerifierOptions
  #before: Line | undefined
  #last: Line | undefined
  #torn: Torn | undefined
  /** By id: a chain goes on after lines of another one, which `jwksd sign` begins where it finds a file just rotated. */
  readonly #chains = new Map<string, Chain>()
  #checkpoints: Checkpoint[] = []
  /** The first line of each chain. */
  readonly chains: Line[] = []
  lines = 0
  #isKnown = false

  constructor (options: VerifierOptions = {}) {
    this.#options = options
  }

  /** The last line that was taken. */
  get last (): Line | undefined {
    return this.#last
  }

  /** @throws FaultsError naming the first bad line, which is this one or one before it */
  add (bytes: Buffer, file: string, number: number): void {
    const last = this.#last
    // A million lines are compared in this way, without taking them apart.
    if (last && !this.#torn && follows(bytes, last)) {
      this.#take({ log: last.log, seq: last.seq + 1, sha256: hash('sha256', bytes), bytes, file, line: number })
    } else this.#addApart(bytes, { file, line: number })
  }

  #addApart (bytes: Buffer, place: Place): void {
    const start = readStart(bytes)
    const line = start && { ...start, ...place, bytes, sha256: hash('sha256', bytes) }
    if (!this.#torn && line && this.#fits(line) && this.#endsProven(line)) {
      this.#take(line)
      return
    }
    if (!this.#torn && this.#last && !isWhole(this.#last)) this.#takeBack(this.#last)
    if (this.#torn && line && this.#explains(this.#torn, line)) {
      this.#torn = undefined
      this.#take(line)
      return
    }
    if (line && isWhole(line)) {
      throw this.#torn ? changed(this.#torn.place) : misplaced(this.#chains.get(line.log)?.last ?? this.#last, line)
    }
    this.#tear({ ...place, bytes })
  }

  /** The checkpoints since the last call. */
  takeCheckpoints (): Checkpoint[] {
    const found = this.#checkpoints
    this.#checkpoints = []
    return found
  }

  /**
   * Nothing follows.
   * @param isOpen the last line has no line feed
   * @throws FaultsError when the last line is not whole, or the known one is missing
   */
  end (isOpen: boolean): void {
    const last = this.#torn?.place ?? this.#last!
    if (isOpen) throw at(last, 'is cut off: the file ends in it', 'the end is missing; if jwksd is writing it now, try again')
    if (this.#torn || !isWhole(this.#last!)) throw changed(last)
    const { known } = this.#options
    if (known !== undefined && !this.#isKnown) throw fault('--known', `no line has the hash ${known}`, 'the end of the log was cut off, or it was rewritten: compare it with a copy')
  }

  #fits (line: Line & Link): boolean {
    const last = this.#chains.get(line.log)?.last
    if (last) return line.seq === last.seq + 1 && line.prev === last.sha256
    const { isPartial = false, isStream = false } = this.#options
    return ((isStream || this.#last?.file !== line.file) && isFirst(line)) || (!this.#last && isPartial)
  }

  /** The next line of a chain proves the one before it. One of another chain does not: that line must be whole by itself. */
  #endsProven ({ log }: Line): boolean {
    return !this.#last || this.#last.log === log || isWhole(this.#last)
  }

  /** A record that says itself why there is no whole line before it. In a new file it does not know its hash. */
  #explains ({ bytes, last }: Torn, line: Line & Link): boolean {
    if (!this.#fits(line) || !isWhole(line)) return false
    const { event, torn } = JSON.parse(line.bytes.toString()) as { event: string, torn?: string }
    if (event !== 'resumed') return false
    return torn === undefined ? last !== line.file : torn === bytes.copy().digest('hex')
  }

  #take (line: Line): void {
    let chain = this.#chains.get(line.log)
    if (!chain) {
      this.#chains.set(line.log, chain = { first: line, last: line, before: undefined, hashes: [] })
      this.chains.push(line)
    }
    chain.before = chain.last
    chain.last = line
    chain.hashes[line.seq % REACH] = line.sha256
    this.#before = this.#last
    this.#last = line
    this.lines++
    this.#isKnown ||= line.sha256 === this.#options.known
    if (isCheckpoint(line) && isWhole(line)) this.#takeCheckpoint(line, chain)
  }

  #takeCheckpoint (line: Line, { first, hashes }: Chain): void {
    const { jws } = JSON.parse(line.bytes.toString()) as { jws: string }
    const { log, seq = 0, sha256 } = readPayload(jws)
    const isHere = seq >= first.seq && seq > line.seq - REACH
    if (log !== line.log || seq >= line.seq || (isHere ? sha256 !== hashes[seq % REACH] : !this.#options.isPartial)) {
      throw at(line, 'holds a checkpoint that was signed for other lines than these', 'the log was rewritten, or lines are missing: compare it with a copy')
    }
    this.#checkpoints.push({ file: line.file, line: line.line, jws, seq })
  }

  #takeBack (line: Line): void {
    const chain = this.#chains.get(line.log)!
    this.#last = this.#before
    this.lines--
    if (chain.first === line) {
      this.#chains.delete(line.log)
      this.chains.pop()
    } else chain.last = chain.before!
    this.#tear(line)
  }

  #tear ({ bytes, file, line }: Place & { readonly bytes: Buffer }): void {
    if (this.#torn) this.#torn.bytes.update('\n')
    this.#torn ??= { place: { file, line }, bytes: createHash('sha256'), last: file }
    this.#torn.bytes.update(bytes)
    this.#torn.last = file
  }
}

function follows (bytes: Buffer, last: ChainHead): boolean {
  const start = startAfter(last)
  return bytes.toString('latin1', 0, start.length) === start
}

/** `"time":"2026-11-22T20:40:00Z",` is between the link and the event. */
const CHECKPOINT = '"event":"checkpoint"'
const FARTHEST = 200

function isCheckpoint ({ bytes }: Line): boolean {
  return bytes.subarray(0, FARTHEST).includes(CHECKPOINT)
}

function isWhole ({ bytes }: Line): boolean {
  return isIntact(bytes.toString())
}

/** What a checkpoint says; nothing where it cannot be read. */
function readPayload (jws: string): Partial<ChainHead> {
  try {
    return decodeJwt(jws)
  } catch {
    return {}
  }
}
