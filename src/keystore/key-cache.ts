// Remembers parsed keys by the content of their files, since checking a key costs milliseconds and most files are the
// same at the next read. Keys whose files were not read the last time are forgotten.

import { hash } from 'node:crypto'
import type { ParsedKey } from '../core/keys/key.ts'
import { parseKey } from '../core/keys/parse-key.ts'

/** The parsed keys of one server. */
export class KeyCache {
  #previous = new Map<string, ParsedKey>()
  #current = new Map<string, ParsedKey>()

  /** Begins one read of all key files. */
  beginRead (): void {
    this.#previous = this.#current
    this.#current = new Map()
  }

  /** As `parseKey`, once for each file, content and passphrase. */
  parse (file: string, content: string | Buffer, passphrase?: string): ParsedKey {
    const id = hash('sha256', JSON.stringify([file, hash('sha256', content), passphrase]))
    const key = this.#previous.get(id) ?? parseKey(file, content, passphrase)
    this.#current.set(id, key)
    return key
  }
}
