// How many connections the limit of descriptors of this process leaves room for.

import { readFileSync } from 'node:fs'

/** Descriptors that connections must leave free: files, watches, pipes, and sockets that are just being refused. */
const RESERVED = 64
/** However many descriptors there are: an open TLS connection takes about 50 KB. */
const MOST = 8192

/** Only Linux has this file. Elsewhere the limit is not known here. */
export function readLimits (file = '/proc/self/limits'): string {
  try {
    return readFileSync(file, 'utf8')
  } catch {
    return ''
  }
}

/**
 * How many connections each of `listeners` may have open.
 * @param limits text of /proc/self/limits
 */
export function connectionLimit (listeners: number, limits = readLimits()): number {
  const descriptors = Number(/^Max open files +(\d+)/m.exec(limits)?.[1] ?? Infinity)
  return Math.min(MOST, Math.max(8, Math.floor((descriptors - RESERVED) / listeners)))
}
