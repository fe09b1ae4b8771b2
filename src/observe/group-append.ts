// One write for many entries: those of one turn of the event loop are appended together when it ends. When that fails, it fails for
// all of them: a line may remain of a token that never left, never a token without its line.

import { setImmediate as turn } from 'node:timers/promises'

export class GroupAppend {
  readonly #append: (entries: readonly object[]) => void
  readonly #ready: () => Promise<void>
  #entries: object[] = []
  #written: Promise<void> | undefined

  /** @param append writes entries, or throws; @param ready resolves when they may be written */
  constructor (append: (entries: readonly object[]) => void, ready: () => Promise<void>) {
    this.#append = append
    this.#ready = ready
  }

  /** Resolves when the entry is written. @throws what `append` throws */
  async add (entry: object): Promise<void> {
    this.#entries.push(entry)
    await (this.#written ??= this.#write())
  }

  async #write (): Promise<void> {
    await turn()
    await this.#ready()
    const entries = this.#entries
    this.#entries = []
    this.#written = undefined
    this.#append(entries)
  }
}
