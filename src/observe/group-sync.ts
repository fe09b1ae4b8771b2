// fdatasync for many records at once: each writer waits for a sync that began after its write, and all waiting writers
// share it.

export class GroupSync {
  readonly #sync: () => Promise<void>
  #running: Promise<void> | undefined
  #next: Promise<void> | undefined

  /** @param sync brings to the disk what was written until it is called */
  constructor (sync: () => Promise<void>) {
    this.#sync = sync
  }

  /** Resolves when everything that was written before this call is on the disk. @throws what `sync` throws */
  async done (): Promise<void> {
    if (!this.#running) await this.#start()
    else await (this.#next ??= this.#running.catch(() => {}).then(async () => { await this.#start() }))
  }

  async #start (): Promise<void> {
    this.#next = undefined
    const running = this.#sync().finally(() => { this.#running = undefined })
    this.#running = running
    await running
  }
}
