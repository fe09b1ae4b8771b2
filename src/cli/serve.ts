// jwksd serve: loads everything, opens the listeners, prints how to use them. Without a configuration: quickstart.

import { Command, Option } from 'commander'
import { RotationTimer } from '../server/rotation-timer.ts'
import { publishedKeys, stateOf } from '../core/keys/key-set.ts'
import { onHangup } from '../server/hangup.ts'
import { letHeapGrow } from '../server/heap.ts'
import { type Listeners, load, LoadCache, type Loaded, type LoadOptions } from '../state/load.ts'
import { openLog } from '../observe/log.ts'
import { takeEarly } from './early-public.ts'
import { followFiles } from '../server/follow-files.ts'
import { type Server, startServer } from '../server/run.ts'
import { closeOnSignal } from '../server/shutdown.ts'
import { SteadyClock, SYSTEM_TIME } from '../server/steady-clock.ts'
import { formatAddress } from '../config/units.ts'
import { DEFAULT_SET_NAME } from '../keystore/list-keys.ts'
import { givenConfig, type Io, QUICKSTART_CONFIG } from './io.ts'

/** How long the process waits at its end for the last lines of the log to be read (milliseconds). */
const LOG_PATIENCE = 1000

/** Loaded where there is no configuration. */
type Quickstart = typeof import('./quickstart.ts')

interface Options { config?: string, only?: 'public' | 'internal' }

export function serveCommand (io: Io): Command {
  return new Command('serve')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .addOption(new Option('--only <listener>', 'open only one listener').choices(['public', 'internal']))
    .action(async (options: Options) => { await serve(io, options) })
}

async function serve (io: Io, { config: option, only }: Options): Promise<void> {
  const { env, stderr } = io
  const steady = new SteadyClock()
  const clock = (): number => steady.now()
  const given = givenConfig(option, env)
  const quickstart: Quickstart | undefined = given === undefined ? await import('./quickstart.ts') : undefined
  const cache = new LoadCache()
  const environment = await quickstart?.prepareQuickstart(env, clock(), cache.keys) ?? env
  const listeners: Listeners = only ?? 'both'
  const files: Omit<LoadOptions, 'now'> = { file: given ?? QUICKSTART_CONFIG, env: environment, listeners, cache, quickstart: quickstart !== undefined }
  const loaded = await load({ ...files, now: clock() })
  letHeapGrow()
  const publicProcess = takeEarly(loaded.publicTls !== undefined && loaded.internalTls !== undefined)
  quickstart?.requireLoopback(formatAddress(loaded.config.listen))
  const { acme } = loaded.config
  // Before a listener opens, since loading it holds up the process for a moment.
  const Renewal = acme && listeners !== 'internal' ? (await import('../server/acme/renewal.ts')).CertificateRenewal : undefined
  const { log, stream } = openLog(loaded.config.logLevel)
  for (const warning of loaded.warnings) log.warn(warning)
  const server = await startServer(loaded, { log, clock, steady, ...(publicProcess && { publicProcess }) })
  server.metrics.followLog(() => stream.dropped)
  const reloader = followFiles(server, files, log, clock)
  const renewed = (): void => { reloader.request() }
  const renewal = Renewal && new Renewal({ acme: acme!, answer: server.answerChallenge, renewed, health: server.health, clock, log })
  onHangup(() => {
    server.reopenAudit()
    reloader.request()
    renewal?.request()
  })
  const rotation = listeners === 'public'
    ? undefined
    : new RotationTimer({
      current: () => server.current(),
      fetches: server.fetches,
      health: server.health,
      env: environment,
      clock,
      monotonic: SYSTEM_TIME.monotonic,
      log
    })
  const close = async (): Promise<void> => {
    rotation?.close()
    renewal?.close()
    reloader.close()
    await server.close()
  }
  closeOnSignal(log, { close, flush: async () => await stream.flush(LOG_PATIENCE) })
  log.info({ url: loaded.config.url.origin, ...server.ports }, 'listening')
  // Where audit records go to standard output, nothing else may.
  const stdout = loaded.config.audit?.file === undefined ? stderr : io.stdout
  stdout.write(quickstart ? quickstartBanner(quickstart, loaded, server, clock()) : banner(loaded, clock()))
}

function jwksUrls ({ config, snapshot }: Loaded, origin = config.url.origin): string[] {
  return [...snapshot.published.keys()].map(name => `${origin}${name === DEFAULT_SET_NAME ? '' : `/${name}`}/.well-known/jwks.json`)
}

/** The JWKS URLs and the keys with their states, a line each. */
function banner (loaded: Loaded, now: number, origin?: string): string {
  const keys = [...loaded.snapshot.sets.values()].flatMap(set =>
    publishedKeys(set, now).map(key => `  ${key.kid}  ${key.alg}  ${stateOf(set, key, now)}  ${key.file}\n`))
  return `JWK Set:\n${jwksUrls(loaded, origin).map(url => `  ${url}\n`).join('')}Keys (kid, alg, state, file):\n${keys.join('')}`
}

function quickstartBanner ({ DEV_TOKEN, QUICKSTART_CERT }: Quickstart, loaded: Loaded, { ports }: Server, now: number): string {
  const origin = `https://localhost:${ports.public}`
  const [first, second] = loaded.snapshot.policy.profiles.keys()
  const body = JSON.stringify({ ...(second && { profile: first }), claims: { sub: 'me' } })
  return `jwksd quickstart: on this machine only, with keys and a certificate of its own (${QUICKSTART_CONFIG})

${banner(loaded, now, origin)}
Fetch the keys as a vendor does:
  curl --cacert ${QUICKSTART_CERT} ${jwksUrls(loaded, origin)[0]}
Sign a token as an internal service does:
  curl --cacert ${QUICKSTART_CERT} -H "Authorization: Bearer $(cat ${DEV_TOKEN})" -H 'Content-Type: application/json' -d '${body}' ${origin}/sign
`
}
