// The log: pino with an allow-list. Only the members named here are ever written; a whole request, header, error
// object or token never is.

import { type DestinationStream, type Logger, pino, stdSerializers } from 'pino'
import pretty from 'pino-pretty'
import { withoutSecrets } from '../core/secrets.ts'

export type { Logger } from 'pino'

/**
 * The process's logger.
 * @param level pino level
 * @param tty lines for a person instead of JSON
 * @param destination standard error unless a test reads along
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
  return pino(options, tty ? pretty({ destination: stream as unknown as NodeJS.WritableStream, ignore: 'pid,hostname' }) : stream)
}

function serializeError (error: Error): object {
  const { type, message, stack } = stdSerializers.err(error)
  return { type, message: withoutSecrets(message), stack: withoutSecrets(stack) }
}
