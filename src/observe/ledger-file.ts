// The ledger's file: what each consumer has fetched, as JSON. Written whole or not at all. Rejects a file that is not
// one that it wrote.

import { readdir, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { type ConsumerFetches, readFetches, writeFetches } from '../core/keys/fetches.ts'
import { fault } from '../core/errors.ts'
import { readAny, writeFileSafely } from '../keystore/files.ts'

/** Other layouts get other numbers: an older jwksd must not misread them. */
const VERSION = 1

/** @throws FaultsError when the file is there and cannot be read, or holds anything else */
export async function readLedgerFile (file: string): Promise<readonly ConsumerFetches[]> {
  const text = await readAny(file).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return undefined
    throw fault(file, `the ledger cannot be read (${error.code})`, 'look at its owner and mode: the user of jwksd needs it')
  })
  if (text === undefined) return []
  try {
    const { version, fetches } = JSON.parse(text.toString('utf8')) as { version: unknown, fetches: unknown[] }
    if (version !== VERSION) throw new TypeError('another layout')
    return fetches.map(readFetches)
  } catch {
    throw fault(file, 'is damaged, or no ledger of this version of jwksd', 'restart the server, which sets it aside and begins a new one; gates then wait for the next fetch')
  }
}

/** @throws Error of the file system */
export async function writeLedgerFile (file: string, fetches: readonly ConsumerFetches[]): Promise<void> {
  await writeFileSafely(file, JSON.stringify({ version: VERSION, fetches: fetches.map(writeFetches) }, null, 1) + '\n', 0o640)
}

/** Moves a damaged file out of the way. @returns its new name @throws Error when it is no file, or cannot be moved */
export async function setAsideLedger (file: string, now: number): Promise<string> {
  const aside = `${file}.damaged-${now}`
  if (!(await stat(file)).isFile()) throw new Error(`${file} is not a file`)
  await rename(file, aside)
  return aside
}

/** Removes what a killed server left of its last write. What cannot be removed, or has just gone, does no harm. */
export async function sweepLedger (file: string): Promise<void> {
  const { dir, base } = path.parse(file)
  const found = await readdir(dir).catch(() => [])
  const left = found.filter(name => name.startsWith(`.${base}.`) && name.endsWith('.tmp'))
  await Promise.allSettled(left.map(async name => { await unlink(path.join(dir, name)) }))
}
