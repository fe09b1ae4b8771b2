// Where log lines go: a stream with an external reader, such as standard error. Never waits for that reader: lines that do
// not fit are dropped and counted, and a log collector that hangs cannot stop the server.

import type { Writable } from 'node:stream'

/** Bytes that may wait for the reader, in addition to those in the pipe. */
const LIMIT = 1024 * 1024

export class LogStream {
  readonly #stream: Writable
  readonly #limit: number
  #dropped = 0
  #reported = 0

  /**
   * @param stream one that writes without blocking: process.stderr where it is a pipe or a socket
   * @param limit bytes that may wait
   */
  constructor (stream: Writable, limit = LIMIT) {
    this.#stream = stream
    this.#limit = limit
  }

  /** Lines that were dropped since the start. */
  get dropped (): number {
    return this.#dropped
  }

  write (line: string): void {
    if (this.#stream.writableLength + line.length > this.#limit) this.#dropped++
    else this.#stream.write(line)
  }

  /** Calls `report` with the number of lines that were dropped, each time that the reader has caught up. */
  onCaughtUp (report: (lines: number) => void): void {
    this.#stream.on('drain', () => {
      const lines = this.#dropped - this.#reported
      this.#reported = this.#dropped
      if (lines > 0) report(lines)
    })
  }

  /** Resolves when everything is written, or after `patience` milliseconds. */
  async flush (patience: number): Promise<void> {
    await new Promise<void>(resolve => {
      const timer = setTimeout(resolve, patience)
      this.#stream.write('', () => {
        clearTimeout(timer)
        resolve()
      })
    })
  }
}
