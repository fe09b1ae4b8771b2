// Remembers parsed keys by the content of their files, since checking a key costs milliseconds and most files are the
// same at the next read. Keys whose files were not read the last time are forgotten.

import { hash } from 'node:crypto'
import { parseKey, type ParsedKey } from '../core/keys/key.ts'

export type ParseKey = typeof parseKey

/** Begins one read of all key files. @returns what parses the files of this read */
export type BeginRead = () => ParseKey

/** A memory of its own for one server. */
export function rememberKeys (): BeginRead {
  let kept = new Map<string, ParsedKey>()
  return () => {
    const before = kept
    const used = kept = new Map<string, ParsedKey>()
    return (file, text, passphrase) => {
      const id = hash('sha256', JSON.stringify([file, text, passphrase]))
      const key = before.get(id) ?? parseKey(file, text, passphrase)
      used.set(id, key)
      return key
    }
  }
}
