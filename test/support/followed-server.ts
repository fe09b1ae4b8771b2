// A server in this process that follows its files, as `jwksd serve` does, with a log that can be read.

import { startServer, type Server } from '../../src/server/run.ts'
import { load, LoadCache, type Loaded } from '../../src/state/load.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { followFiles } from '../../src/server/follow-files.ts'
import type { Reloader } from '../../src/state/reloader.ts'
import { deploy, type Deployment } from './deployment.ts'
import { parseLines } from './program.ts'
import { type Fetch, makeFetch } from './request.ts'
import { until } from './until.ts'

interface TestScope { testdir: () => string, teardown: (end: () => Promise<void>) => void }

export interface FollowedServer extends Deployment {
  readonly server: Server
  readonly reloader: Reloader<Loaded>
  /** `https://localhost:<port>` of each listener; the internal one is the public one where that is its address. */
  readonly origin: string
  readonly internal: string
  readonly fetch: Fetch
  /** Log records from the `from`th on. */
  readonly log: (from?: number) => Array<Record<string, unknown>>
  /** How often the log has this message or problem. */
  readonly said: (text: string | RegExp, from?: number) => number
}

/** Deploys, starts and follows, with a poll each second. */
export async function follow (
  t: TestScope, { env = {}, ...options }: Parameters<typeof deploy>[1] & { env?: Record<string, string> } = {}
): Promise<FollowedServer> {
  const deployment = await deploy(t, { ...options, config: { reload: { interval: '1s', skew: '1s' }, ...options.config } })
  const lines: string[] = []
  const logger = makeLogger('debug', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const clock = (): number => Math.floor(Date.now() / 1000)
  const files = { file: deployment.file, env, listeners: 'both' as const, cache: new LoadCache() }
  const server = await startServer(await load({ ...files, now: clock() }), { log: logger, clock })
  const reloader = followFiles(server, files, logger, clock)
  t.teardown(async () => {
    reloader.close()
    await server.close({ drain: 0 })
  })
  const log = (from = 0): Array<Record<string, unknown>> => parseLines(lines.slice(from).join(''))
  const said = (text: string | RegExp, from?: number): number => log(from).filter(({ msg, problem }) =>
    [msg, problem].some(one => typeof one === 'string' && (typeof text === 'string' ? one === text : text.test(one)))).length
  await until(() => said('following the files'))
  const origin = (port: number | undefined): string => `https://localhost:${port}`
  const { ports } = server
  const listeners = { origin: origin(ports.public), internal: origin(ports.internal ?? ports.public) }
  return { ...deployment, ...listeners, server, reloader, fetch: makeFetch(deployment.ca), log, said }
}
