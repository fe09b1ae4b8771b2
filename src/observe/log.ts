// The log: pino with an allow-list. Only the members named here are ever written; a whole request, header, error
// object or token never is.

import { createRequire } from 'node:module'
import type { Writable } from 'node:stream'
import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import { withoutSecrets } from '../core/secrets.ts'
import { LogStream } from './log-stream.ts'

export type { Logger } from 'pino'

/**
 * The log of a server on its standard error. A terminal gets lines for a person.
 * @param level pino level
 */
export function openLog (level: string, stderr: Writable & { isTTY?: boolean } = process.stderr): { log: Logger, stream: LogStream } {
  const stream = new LogStream(stderr)
  const log = makeLogger(level, stderr.isTTY ? { tty: true } : { tty: false, destination: stream })
  stream.onCaughtUp(dropped => { log.warn({ dropped }, 'log lines were dropped: standard error was not read') })
  return { log, stream }
}

/**
 * A logger.
 * @param level pino level
 * @param tty lines for a person instead of JSON
 * @param destination standard error unless one is given
 */
export function makeLogger (level: string, { tty, destination }: { tty: boolean, destination?: DestinationStream }): Logger {
  const stream = destination ?? pino.destination({ dest: 2, sync: true })
  const options = {
    level,
    base: null,
    timestamp: pino.stdTimeFunctions.isoTime,
    formatters: { level: (label: string) => ({ level: label }) },
    serializers: { req: () => undefined, res: () => undefined, err: serializeError }
  }
  if (!tty) return pino(options, stream)
  const pretty = createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty') // loaded for a person only
  return pino(options, pretty({ destination: stream as unknown as NodeJS.WritableStream, ignore: 'pid,hostname' }))
}

function serializeError (error: Error): object {
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message: withoutSecrets(message), stack: withoutSecrets(stack) }
}
