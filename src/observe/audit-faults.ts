// What is wrong with the file of the audit log, in words for an operator: path, errno, and what to do.

import type { Fault } from '../core/errors.ts'

const HINTS: Record<string, string> = {
  EACCES: 'let the user that jwksd runs as write it',
  EAGAIN: 'look at what reads it: it is too slow, or has stopped',
  EDQUOT: 'make room, or raise the quota',
  EFBIG: 'rotate it, or raise the limit for the size of a file (ulimit -f)',
  EISDIR: 'name a file, not a directory',
  ELOOP: 'name the file itself: a symbolic link is not followed',
  ENOENT: 'make its directory, for the user that jwksd runs as',
  ENOSPC: 'make room on its disk, or rotate old files away',
  ENXIO: 'start what reads the FIFO',
  EROFS: 'name a place that can be written',
  'not a file': 'name a regular file or a FIFO, or - for standard output'
}

/** The names of descriptors. */
const STREAMS: Record<number, string> = { 1: 'standard output', 2: 'standard error' }

/** The fault of an audit log. @param target its path, or a descriptor */
export function faultOf (target: string | number, { code, message }: NodeJS.ErrnoException): Fault {
  return {
    where: typeof target === 'string' ? target : STREAMS[target]!,
    problem: `the audit log cannot be written (${code ?? message})`,
    hint: HINTS[code ?? ''] ?? 'look at the file and its disk'
  }
}

/** True where the path exists and the fault may be corrected while the server runs. */
export function isTemporary ({ code }: NodeJS.ErrnoException): boolean {
  return code === 'ENXIO' || code === 'not a file'
}
