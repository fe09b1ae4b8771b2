// The audit log: one JSON line for each decision, in a chain, written before a token leaves. Its own writer, since a
// logger may drop what it cannot write. When a record cannot be written, nothing is signed; the log recovers on its own.

import { hash, randomBytes } from 'node:crypto'
import { closeSync, fdatasync, writeSync } from 'node:fs'
import { promisify } from 'node:util'
import { type Fault, FaultsError, RequestError } from '../core/errors.ts'
import { type Clock, formatTime } from '../core/time.ts'
import { type ChainHead, formatLine } from './audit-chain.ts'
import { faultOf, isTemporary } from './audit-faults.ts'
import { findTail, lookAt, openAuditFile, readTail, type Tail } from './audit-file.ts'
import { takeLock, waitForLock } from './audit-lock.ts'
import { GroupAppend } from './group-append.ts'
import { GroupSync } from './group-sync.ts'

/** When records are brought to the disk: by the system, once a second, or before each answer. */
export type AuditSync = 'none' | 'second' | 'each'

interface AuditOptions {
  readonly clock: Clock
  readonly sync?: AuditSync
  /** Brings what was written to the disk. */
  readonly datasync?: (descriptor: number) => Promise<void>
  /** A server may write to the same file, as beside `jwksd sign`: it waits while this process writes. */
  readonly isGuest?: boolean
  /** Called when records cannot be written, with the reason each time, and with nothing when they can again. */
  readonly report?: (fault?: Fault) => void
}

/** A regular file or a FIFO that is open. */
interface OpenFile {
  readonly descriptor: number
  readonly dev: number
  readonly ino: number
  /** Absent for a FIFO. */
  readonly sync?: GroupSync
}

/** Milliseconds: how often writing is retried, and how often `sync: second` syncs. */
const EVERY = 1000

const NOTHING: Tail = { isOpen: false }

export class Audit {
  readonly #target: string | number
  readonly #options: AuditOptions & Required<Pick<AuditOptions, 'datasync'>>
  #file: OpenFile | undefined
  /** Bytes in the file when it was last looked at. */
  #size = 0
  #head: ChainHead = { log: randomBytes(8).toString('hex'), seq: 0, sha256: '' }
  /** What follows the head. */
  #tail = NOTHING
  /** What was written of records to a stream, and is not a whole line yet. */
  #unfinished = Buffer.alloc(0)
  readonly #group = new GroupAppend(entries => { this.#append(entries) }, async () => { await this.#waitForGuest() })
  #failure: { readonly since: number, readonly reason: string, readonly fault: Fault } | undefined
  #retrying: NodeJS.Timeout | undefined
  #syncing: NodeJS.Timeout | undefined

  /** @param target absolute path of a file or FIFO, or an open descriptor: 1 is standard output */
  constructor (target: string | number, options: AuditOptions) {
    this.#target = target
    this.#options = { datasync: promisify(fdatasync), ...options }
    if (options.sync === 'second') this.#syncing = setInterval(() => { void this.#syncNow() }, EVERY).unref()
  }

  /** Why records cannot be written; undefined while they can. */
  get fault (): Fault | undefined {
    return this.#failure?.fault
  }

  /** The last record. */
  get head (): ChainHead {
    return this.#head
  }

  /**
   * Opens the file, to find its faults at the start. A FIFO without a reader is only reported.
   * @throws FaultsError naming path and errno
   */
  open (): void {
    try {
      this.#follow()
    } catch (cause) {
      const fault = faultOf(this.#target, cause as NodeJS.ErrnoException)
      if (!isTemporary(cause as NodeJS.ErrnoException)) throw new FaultsError([fault])
      this.#fail(cause as NodeJS.ErrnoException)
    }
  }

  /**
   * Appends an entry. Resolves when it is written; with `sync: each` when it is on the disk.
   * @param when `soon`: together with the other entries of this turn of the event loop, in one write, where that is a regular file. A pipe
   * takes more than 4096 bytes only in part when it is nearly full, and mixes them with other writers' (pipe(7)).
   * @throws RequestError ERR_AUDIT when the whole record could not be written
   */
  async record (entry: object, when: 'now' | 'soon' = 'now'): Promise<void> {
    try {
      if (this.#options.isGuest) await this.#recordAsGuest(entry)
      else if (when === 'soon' && this.#file?.sync) await this.#group.add(entry)
      else {
        await this.#waitForGuest()
        this.#append([entry])
      }
      const failure = this.#failure
      if (this.#options.sync === 'each') await this.#file?.sync?.done()
      if (this.#failure === failure) this.#recover() // another record may have failed while this one was brought to the disk
    } catch (cause) {
      throw this.#fail(cause as NodeJS.ErrnoException)
    }
  }

  async #recordAsGuest (entry: object): Promise<void> {
    const release = typeof this.#target === 'string' ? await takeLock(this.#target) : () => {}
    try {
      this.#append([entry])
    } finally {
      release()
    }
  }

  /** Waits while a guest writes. */
  async #waitForGuest (): Promise<void> {
    if (typeof this.#target === 'string') await waitForLock(this.#target)
  }

  /** Reopens the file at the path, for SIGHUP. */
  reopen (): void {
    this.#closeFile()
  }

  close (): void {
    clearInterval(this.#retrying)
    clearInterval(this.#syncing)
    this.#closeFile()
  }

  #append (entries: readonly object[]): void {
    const descriptor = this.#follow()
    const { torn } = this.#tail
    const { since, reason } = this.#failure ?? {}
    const hasGap = since !== undefined || torn !== undefined
    const resumed = { event: 'resumed', since: since && formatTime(since), reason, torn }
    const lines: string[] = []
    let head = this.#head
    for (const one of hasGap ? [resumed, ...entries] : entries) {
      const line = formatLine(head, { time: formatTime(this.#options.clock()), ...one })
      head = { log: head.log, seq: head.seq + 1, sha256: hash('sha256', line) }
      lines.push(line)
    }
    // A line that a full disk or a crash has cut short is ended first, to keep the next one readable.
    const bytes = Buffer.from((this.#tail.isOpen ? '\n' : '') + lines.join('\n') + '\n')
    const written = writeSync(descriptor, bytes)
    this.#size += written
    if (written < bytes.length) {
      this.#unfinished = Buffer.concat([this.#unfinished, bytes.subarray(0, written)])
      this.#adopt(findTail(this.#unfinished))
      throw new Error(`only ${written} of ${bytes.length} bytes were written`)
    }
    this.#head = head
    this.#tail = NOTHING
    this.#unfinished = Buffer.alloc(0)
  }

  /** The descriptor to write to: of what is at the path now, whatever was there before. */
  #follow (): number {
    const target = this.#target
    if (typeof target === 'number') return target
    const found = this.#file && lookAt(target)
    if (this.#file && (found?.ino !== this.#file.ino || found.dev !== this.#file.dev)) this.#closeFile()
    if (!this.#file) {
      const { descriptor, stats } = openAuditFile(target)
      const { dev, ino, size } = stats
      const sync = new GroupSync(async () => { await this.#options.datasync(descriptor) })
      this.#file = { descriptor, dev, ino, ...stats.isFile() && { sync } }
      this.#size = -1
      if (stats.isFile()) this.#look(descriptor, size)
    } else if (this.#file.sync && found!.size !== this.#size) {
      this.#look(this.#file.descriptor, found!.size) // `jwksd sign` writes, too
    }
    return this.#file.descriptor
  }

  #look (descriptor: number, size: number): void {
    this.#size = size
    this.#adopt(readTail(descriptor, size))
  }

  /** Continues from the end of the file, unless that is older or of another chain. */
  #adopt (tail: Tail): void {
    this.#tail = tail
    const { head } = tail
    if (head && (this.#head.seq === 0 || (head.log === this.#head.log && head.seq > this.#head.seq))) this.#head = head
  }

  async #syncNow (): Promise<void> {
    await this.#file?.sync?.done().catch((error: NodeJS.ErrnoException) => { this.#fail(error) })
  }

  #fail (cause: NodeJS.ErrnoException): RequestError {
    const fault = faultOf(this.#target, cause)
    const { since = this.#options.clock(), reason = cause.code ?? cause.message } = this.#failure ?? {}
    this.#failure = { since, reason, fault }
    this.#closeFile()
    this.#options.report?.(fault)
    this.#retrying ??= setInterval(() => { void this.record({ event: 'working' }).catch(() => {}) }, EVERY).unref()
    return new RequestError('ERR_AUDIT', 'the audit record cannot be written, so nothing is signed', { retryAfter: 5, cause })
  }

  #recover (): void {
    if (!this.#failure) return
    clearInterval(this.#retrying)
    this.#failure = this.#retrying = undefined
    this.#options.report?.()
  }

  /** After what is being synced. */
  #closeFile (): void {
    const file = this.#file
    this.#file = undefined
    if (!file) return
    if (file.sync && this.#options.sync !== undefined && this.#options.sync !== 'none') {
      void file.sync.done().catch(() => {}).then(() => { closeSync(file.descriptor) })
    } else closeSync(file.descriptor)
  }
}
