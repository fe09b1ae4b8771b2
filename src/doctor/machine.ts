// What a server finds on its machine: where it writes, how many connections it may have, and the clock. Looks only; nothing is
// opened for writing, made or changed.

import { accessSync, constants, statfsSync } from 'node:fs'
import { stat } from 'node:fs/promises'
import path from 'node:path'
import { getuid } from 'node:process'
import type { Config } from '../config/types.ts'
import { formatRelative } from '../core/time.ts'
import { faultOf } from '../observe/audit-faults.ts'
import { lookAt } from '../observe/audit-file.ts'
import { connectionLimit } from '../observe/descriptors.ts'
import type { Finding } from './finding.ts'

/** Bytes below which a disk is warned of: days of records at a signature per second. */
const LITTLE_SPACE = 200 * 1024 * 1024
/** Connections below which a busy server refuses clients. */
const FEW_CONNECTIONS = 1000
/** Seconds that a file may be dated ahead: clocks of machines that share files differ a little. */
const SKEW = 60

/**
 * The audit log: can it be written where the configuration has it?
 * @param uid the user that asks
 */
export function checkAudit (audit: Config['audit'], uid = getuid?.()): Finding[] {
  const file = audit?.file
  if (file === undefined) return [{ check: 'audit', level: 'ok', seen: 'audit records go to standard output' }]
  const found = lookAt(file)
  try {
    if (found?.isSymbolicLink()) throw Object.assign(new Error(), { code: 'ELOOP' })
    if (found?.isDirectory()) throw Object.assign(new Error(), { code: 'EISDIR' })
    if (found && !found.isFile() && !found.isFIFO()) throw Object.assign(new Error(), { code: 'not a file' })
    if (found) accessSync(file, constants.W_OK | (found.isFIFO() ? 0 : constants.R_OK))
    else accessSync(path.dirname(file), constants.W_OK | constants.X_OK)
  } catch (error) {
    const { where, problem, hint } = faultOf(file, error as NodeJS.ErrnoException)
    return [{ check: 'audit', level: 'fault', seen: `${where}: ${problem}`, why: 'nothing is signed without its record', source: 'docs/reference/audit.md', hint }]
  }
  // Root may write anywhere; the server's user may not.
  const byWhom = uid === 0 ? ' by root, who runs this check' : ''
  return [{ check: 'audit', level: 'ok', seen: `${file} can be ${found ? 'written' : 'made'}${byWhom}` }, ...checkSpace(file)]
}

/** The ledger is replaced as a whole, so its directory must be writable. */
export function checkLedger (ledger: Config['ledger']): Finding[] {
  if (!ledger) return []
  const directory = path.dirname(ledger.file)
  try {
    accessSync(directory, constants.W_OK | constants.X_OK)
    return [{ check: 'ledger', level: 'ok', seen: `${ledger.file} can be written` }]
  } catch (error) {
    const seen = `${directory}: the ledger cannot be written (${(error as NodeJS.ErrnoException).code})`
    const hint = 'make the directory, for the user that jwksd runs as'
    return [{ check: 'ledger', level: 'fault', seen, why: 'what consumers have fetched would be forgotten at each start', source: 'docs/reference/configuration.md', hint }]
  }
}

function checkSpace (file: string): Finding[] {
  const { bavail, bsize } = statfsSync(path.dirname(file))
  const free = bavail * bsize
  if (free >= LITTLE_SPACE) return []
  return [{
    check: 'audit-space',
    level: 'warning',
    seen: `${Math.floor(free / 1024 / 1024)} MB are free for ${file}`,
    why: 'on a full disk nothing is signed',
    source: 'docs/reference/audit.md',
    hint: 'make room, or rotate old files away'
  }]
}

/** @param limits text of /proc/self/limits */
export function checkConnections (listeners: number, limits?: string): Finding[] {
  const most = connectionLimit(listeners, limits)
  const seen = `each listener may have ${most} connections open`
  if (most >= FEW_CONNECTIONS) return [{ check: 'connections', level: 'ok', seen }]
  const hint = 'raise it: ulimit -n 65536, or LimitNOFILE= in the unit of systemd'
  return [{ check: 'connections', level: 'warning', seen, why: 'the limit of descriptors allows no more', source: 'setrlimit(2), RLIMIT_NOFILE', hint }]
}

/**
 * The clock against the dates of files: a machine whose clock is behind has files from the future.
 * @param files at least one
 * @param now NumericDate (seconds)
 */
export async function checkClock (files: readonly string[], now: number): Promise<Finding[]> {
  const changed = async (file: string): Promise<number> => await stat(file).then(({ mtimeMs }) => mtimeMs / 1000, () => -Infinity)
  const dates = await Promise.all(files.map(async file => ({ file, at: await changed(file) })))
  const latest = dates.sort((a, b) => b.at - a.at)[0]!
  if (latest.at <= now + SKEW) return [{ check: 'clock', level: 'ok', seen: 'the clock is not behind the dates of the files' }]
  return [{
    check: 'clock',
    level: 'warning',
    seen: `${latest.file} is dated ${formatRelative(latest.at - now)}`,
    why: 'vendors refuse tokens whose times are not theirs',
    source: 'RFC 7519 section 4.1',
    hint: 'compare the clock: timedatectl, chronyc tracking'
  }]
}
