// The public listener in a separate process: handles the messages of the parent. It logs to the same standard error.

import { collectFaultsAsync, type Fault, type FaultsError } from '../core/errors.ts'
import { openLog } from '../observe/log.ts'
import { fromPublicHalf, type PublicHalf } from '../state/public-half.ts'
import type { FromPublic, ToPublic } from './public-messages.ts'
import { letHeapGrow } from './heap.ts'
import { type Server, startServer } from './run.ts'
import { SteadyClock } from './steady-clock.ts'

/** How long the process waits at its end for the log to be read (milliseconds). */
const LOG_PATIENCE = 1000

/** @returns what to do with a message */
export function servePublic (send: (message: FromPublic) => void): (message: ToPublic) => Promise<void> {
  const steady = new SteadyClock()
  let server: Server
  let flush: () => Promise<void>
  const open = async (half: PublicHalf): Promise<void> => {
    const { log, stream } = openLog(half.config.logLevel)
    flush = async () => await stream.flush(LOG_PATIENCE)
    server = await startServer(fromPublicHalf(half), {
      log,
      clock: () => steady.now(),
      ...(half.recordsFetches && { sendFetches: fetched => { send({ fetched }) } })
    })
    server.metrics.followLog(() => stream.dropped)
    letHeapGrow()
    send({ port: server.ports.public! })
  }
  return async message => {
    if ('open' in message) await open(message.open).catch((error: FaultsError) => { send({ faults: error.faults }) })
    else if ('swap' in message) server.swap(fromPublicHalf(message.swap))
    else if ('reload' in message) server.health.copy('reload', message.reload)
    else if ('challenge' in message) {
      const faults: Fault[] = []
      await collectFaultsAsync(faults, async () => { await server.answerChallenge(message.challenge) })
      send({ challenged: faults })
    } else if ('measure' in message) send({ figures: await server.metrics.registry.getMetricsAsJSON() })
    else {
      await server.close()
      await flush()
      process.disconnect()
    }
  }
}
