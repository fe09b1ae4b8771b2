// Reads and writes single files safely. Reading rejects everything but small regular files; writing leaves either the
// complete new file or nothing.

import { randomUUID } from 'node:crypto'
import { closeSync, constants, fstatSync, open as openDescriptor, readFileSync } from 'node:fs'
import { lstat, mkdir, open, readFile, rename, stat, unlink } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import { fault, FaultsError } from '../core/errors.ts'
import { changeOwner, type Owner } from './owner.ts'
import { takeName } from './take-name.ts'

/** A key file holds one key; the largest RSA key with notes and text around it is a few KiB. */
const MAX_BYTES = 64 * 1024

const READ_ERRORS: Record<string, string> = {
  EACCES: 'may not be read by this user',
  ELOOP: 'is a loop of symbolic links',
  ENOENT: 'is not there, or is a symbolic link that points nowhere',
  ENXIO: 'is a socket or a device, not a file'
}

/** A file's content, mode and owner. */
export interface SmallFile {
  readonly bytes: Buffer
  /** Permission bits. */
  readonly mode: number
  /** The user that owns it. */
  readonly uid: number
}

/** By another thread, since a file system may hang. What is open is read here: that takes a tenth of the time. */
const openElsewhere = promisify(openDescriptor)

/**
 * A file's content, permission bits and owner. Never blocks on a FIFO and never reads more than 64 KiB.
 * @param name how to call the file in a fault
 * @param hint what to do when it cannot be read
 * @throws FaultsError naming the file and the reason
 */
export async function readSmallBytes (
  file: string, name = file, hint = 'put a readable PEM file in its place, or move it away'
): Promise<SmallFile> {
  const refuse = (problem: string): Error => fault(name, problem, hint)
  const descriptor = await openElsewhere(file, constants.O_RDONLY | constants.O_NONBLOCK).catch((error: NodeJS.ErrnoException) => {
    throw refuse(READ_ERRORS[error.code!] ?? `cannot be read (${error.code})`)
  })
  try {
    const found = fstatSync(descriptor)
    if (!found.isFile()) throw refuse(`is a ${found.isDirectory() ? 'directory' : found.isFIFO() ? 'FIFO' : 'device'}, not a file`)
    if (found.size > MAX_BYTES) throw refuse(`has ${found.size} bytes; a key file has at most ${MAX_BYTES}`)
    return { bytes: readFileSync(descriptor), mode: found.mode & 0o777, uid: found.uid }
  } finally {
    closeSync(descriptor)
  }
}

/** As `readSmallBytes`, the content as text. */
export async function readSmallFile (file: string, name = file, hint?: string): Promise<{ text: string, mode: number }> {
  const { bytes, mode } = await readSmallBytes(file, name, hint)
  return { text: bytes.toString('utf8'), mode }
}

/** The content of a file that may be larger than a key file. Never waits at a FIFO. */
export async function readAny (file: string): Promise<Buffer> {
  if (!(await stat(file)).isFile()) throw Object.assign(new Error(`${file} is not a file`), { code: 'not a file' })
  return await readFile(file)
}

/** The names of files that are being written. */
const TEMPORARY = /^\.(.+)\.[0-9a-f-]{36}\.tmp$/

/** The path that a temporary file was to get, for a person to read; any other path as it is. */
export function finalPath (file: string): string {
  const { dir, base } = path.parse(file)
  const [, target = base] = TEMPORARY.exec(base) ?? []
  return path.join(dir, target)
}

/**
 * Writes a file completely or not at all: temporary file, fsync, rename, fsync of the directory. What fails leaves no
 * temporary file: it would hold a part of a key, and who tries again each second would fill the disk with them.
 * @param mode permission bits, for instance 0o600
 * @param exclusive refuse when the file is there already
 * @param owner the new owner of the file: the server's user must be able to read files that root creates
 * @throws FaultsError only when `exclusive` and the file is there; Error of the file system
 */
export async function writeFileSafely (file: string, text: string, mode: number, exclusive = false, owner?: Owner): Promise<void> {
  const directory = path.dirname(file)
  await mkdir(directory, { recursive: true, mode: 0o700 })
  // No process id in the name: in a container it is the same each time, and what a killed one left would be in the way.
  const temporary = path.join(directory, `.${path.basename(file)}.${randomUUID()}.tmp`)
  const handle = await open(temporary, 'wx', mode)
  try {
    if (owner) await changeOwner(handle, owner)
    if (((await handle.stat()).mode & 0o777) !== mode) await handle.chmod(mode) // whatever the umask: who reads it may be another user
    await handle.writeFile(text)
    await handle.sync()
    await handle.close()
    if (!exclusive) await rename(temporary, file)
    else if (!await takeName(temporary, file)) throw fault(file, 'is there already', 'move it away first: jwksd never overwrites a key')
  } catch (error) {
    // If this fails too, the first error is still the one to report.
    await Promise.allSettled([handle.close().finally(async () => { await unlink(temporary) })])
    throw error
  }
  await syncDirectory(directory)
}

/** A file that is not there yet. */
export interface NewFile { readonly file: string, readonly text: string, readonly mode: number }

/**
 * Writes all files or none, and never over another file.
 * @returns takes all of them back
 * @throws FaultsError naming every file that is there already
 */
export async function writeNewFiles (files: readonly NewFile[]): Promise<() => Promise<void>> {
  const there = await Promise.all(files.map(async ({ file }) => await lstat(file).then(() => [file], () => [])))
  const faults = there.flat().map(file => ({ where: file, problem: 'is there already', hint: 'move it away first, or choose another directory' }))
  if (faults.length > 0) throw new FaultsError(faults)
  const written: string[] = []
  const takeBack = async (): Promise<void> => { await Promise.all(written.map(async file => { await unlink(file) })) }
  try {
    for (const { file, text, mode } of files) {
      await writeFileSafely(file, text, mode, true)
      written.push(file)
    }
  } catch (error) {
    await takeBack()
    throw error
  }
  return takeBack
}

/** Makes names that were added to or taken from a directory durable. */
export async function syncDirectory (directory: string): Promise<void> {
  const handle = await open(directory, 'r')
  await handle.sync().finally(() => handle.close())
}
