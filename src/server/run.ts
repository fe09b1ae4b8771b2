// The running server: opens the listeners of a loaded configuration, applies new states, and closes without dropping a
// request.

import { setTimeout as sleep } from 'node:timers/promises'
import type { Address } from '../config/units.ts'
import type { Fault } from '../core/errors.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Clock } from '../core/time.ts'
import { Audit } from '../observe/audit.ts'
import { connectionLimit } from '../observe/descriptors.ts'
import { Health } from '../observe/health.ts'
import type { Logger } from '../observe/log.ts'
import { makeMetrics, type Metrics } from '../observe/metrics.ts'
import type { Loaded } from '../state/load.ts'
import { publicHalf } from '../state/public-half.ts'
import { type Challenge, Challenges } from './acme/challenge.ts'
import { FetchLedger } from './fetch-ledger.ts'
import { type ListenerOptions, makePublicListener } from './listeners.ts'
import { type ListenerName, OpenListeners } from './open-listeners.ts'
import type { PublicProcess } from './public-process.ts'
import { PublicationWatch } from './publication-watch.ts'
import { Publisher } from './publisher.ts'
import type { Signing } from './signing.ts'
import { SigningWatch } from './signing-watch.ts'
import type { SteadyClock } from './steady-clock.ts'

/** Descriptor of standard output, where audit records go without a file. The program has made a pipe there non-blocking. */
const STDOUT = 1
/** A request still open this long after the drain is cut: Node no longer checks for slow clients then (milliseconds). */
const GRACE = 4000

export interface ServerOptions {
  readonly log: Logger
  readonly clock: Clock
  /** The source of `clock`, where a step of it must stop signing. */
  readonly steady?: SteadyClock
  /** Opens the public listener instead of this process. */
  readonly publicProcess?: PublicProcess
  /** Takes what was fetched, where another process keeps the ledger. */
  readonly sendFetches?: (records: readonly ConsumerFetches[]) => void
}

export class Server {
  readonly health: Health
  readonly metrics: Metrics
  readonly #audit: Audit
  readonly #signing: Signing | undefined
  readonly #fetchLedger: FetchLedger
  readonly #listeners: OpenListeners
  readonly #signingWatch: SigningWatch
  readonly #publisher: Publisher
  readonly #publicationWatch: PublicationWatch
  readonly #publicProcess: PublicProcess | undefined
  readonly #challenges = new Challenges()
  #loaded: Loaded
  #isDraining = false

  /** Use `startServer`. */
  constructor (loaded: Loaded, { log, clock, steady, publicProcess, sendFetches }: ServerOptions, SigningClass?: typeof Signing) {
    this.#loaded = loaded
    this.#listeners = new OpenListeners(log)
    this.#publicProcess = publicProcess
    this.health = new Health(log, clock)
    steady?.reportTo(this.health)
    const current = () => this.#loaded.snapshot
    this.metrics = makeMetrics({
      current,
      clock,
      fetches: this.fetches,
      certificates: () => this.#certificates(),
      failures: () => this.health.failures()
    })
    const { config, publicTls, internalTls } = loaded
    const { file = STDOUT, sync = 'none' } = config.audit ?? {}
    this.#audit = new Audit(file, { clock, sync, report: fault => { this.#reportAudit(fault) } })
    const ledger = this.#fetchLedger = new FetchLedger({
      current: () => this.#loaded,
      clock,
      health: this.health,
      log,
      metrics: this.metrics,
      ...(publicProcess && { publicProcess }),
      ...(sendFetches && { sendFetches })
    })
    const options: ListenerOptions = {
      current,
      loaded: () => this.#loaded,
      clock,
      log,
      isDraining: () => this.#isDraining,
      drain: () => this.#loaded.config.drain,
      metrics: this.metrics,
      health: this.health,
      fetches: this.fetches,
      ...(ledger.recorder && { recorder: ledger.recorder }),
      challenges: this.#challenges,
      connections: connectionLimit(publicTls && internalTls && !publicProcess ? 2 : 1),
      ...(publicProcess && { elsewhere: async () => await publicProcess.measure() })
    }
    this.#signing = SigningClass && new SigningClass({ ...options, audit: this.#audit, requireSteady: () => steady?.requireSteady() })
    this.#signingWatch = new SigningWatch(options)
    this.#publisher = new Publisher({ ...options, current: options.loaded })
    this.#publicationWatch = new PublicationWatch({ current: options.loaded, clock })
    const addInternal = config.sign?.listen === 'public' ? this.#signing?.addToPublic : undefined
    if (publicTls && !publicProcess) this.#listeners.add('public', makePublicListener(options, publicTls, addInternal))
    if (internalTls) this.#listeners.add('internal', this.#signing!.makeListener(internalTls))
  }

  /** The state in force. */
  current (): Loaded {
    return this.#loaded
  }

  /** What the ledger and the public URLs say. Where the ledger cannot be read nobody has fetched anything: a gate then waits. */
  readonly fetches = async (): Promise<readonly ConsumerFetches[]> =>
    [...await this.#fetchLedger.fetches().catch(() => []), ...this.#publicationWatch.fetches()]

  #certificates (): Record<string, string> {
    const { publicTls, internalTls } = this.#loaded
    return { ...(publicTls?.cert && { public: publicTls.cert }), ...(internalTls?.cert && { internal: internalTls.cert }) }
  }

  /** The open ports: those configured, or those that the system chose for port 0. */
  get ports (): Readonly<Partial<Record<ListenerName, number>>> {
    const port = this.#publicProcess?.port
    return { ...(port !== undefined && { public: port }), ...this.#listeners.ports }
  }

  /** @throws FaultsError when the audit log cannot be opened or an address is not available; then nothing stays open */
  async open (): Promise<void> {
    await Promise.all([this.#fetchLedger.open(), this.#signing?.open()])
    try {
      if (this.#signing) this.#audit.open() // before a vendor can connect
      await Promise.all([this.#publicProcess?.open(publicHalf(this.#loaded), this.health), this.#openListeners()])
    } catch (error) {
      await this.#publicProcess?.end()
      throw error
    }
    void this.#publisher.update()
  }

  async #openListeners (): Promise<void> {
    const { listen, sign } = this.#loaded.config
    await this.#listeners.open(name => name === 'public' ? listen : sign!.listen as Address).catch(async (error: Error) => {
      await this.#closeSigning()
      throw error
    })
  }

  /** Answers the challenge of a certificate authority, or none. @throws FaultsError when it cannot */
  readonly answerChallenge = async (challenge: Challenge | undefined): Promise<void> => {
    await (this.#publicProcess?.answerChallenge(challenge) ?? this.#challenges.answer(challenge))
  }

  /** Reopens the audit log after it was rotated. */
  reopenAudit (): void {
    this.#audit.reopen()
  }

  #reportAudit (fault?: Fault): void {
    if (fault) this.health.fail('audit', [fault], 'nothing is signed until the audit log can be written')
    else this.health.recover('audit', 'the audit log can be written again')
    if (fault) this.metrics.auditFailed()
  }

  /** Applies a checked state to every request and connection that begins from now on. */
  swap (next: Loaded): void {
    this.#listeners.changeCertificate('public', this.#loaded.publicTls, next.publicTls)
    this.#listeners.changeCertificate('internal', this.#loaded.internalTls, next.internalTls)
    this.#publicProcess?.swap(publicHalf(next))
    this.#loaded = next
    this.metrics.reloaded('done')
    this.#signingWatch.check()
    void this.#publisher.update()
  }

  /** Whether the last reload has failed, for `/readyz` of the public listener. */
  reportReload (): void {
    this.#publicProcess?.reportReload(this.health.failure('reload'))
  }

  /**
   * Turns readiness off, answers remaining requests, then closes. Requests that never end are cut.
   * @param drain and `grace`: milliseconds
   */
  async close ({ drain = this.#loaded.config.drain * 1000, grace = GRACE } = {}): Promise<void> {
    this.#isDraining = true
    await this.#challenges.answer(undefined)
    const publicClosed = this.#publicProcess?.close()
    this.#publicationWatch.close()
    const published = this.#publisher.close() // a directory that hangs must not keep the listeners open
    await sleep(drain)
    await this.#listeners.close(grace)
    await this.#closeSigning()
    await publicClosed
    await published
    await this.#fetchLedger.close()
  }

  async #closeSigning (): Promise<void> {
    this.#signingWatch.close()
    await this.#signing?.close()
    this.#audit.close()
  }
}

/**
 * Opens the listeners whose certificates were loaded.
 * @throws FaultsError when an address is not available
 */
export async function startServer (loaded: Loaded, options: ServerOptions): Promise<Server> {
  const signs = loaded.config.sign !== undefined && loaded.listeners !== 'public'
  const server = new Server(loaded, options, signs ? (await import('./signing.ts')).Signing : undefined)
  await server.open()
  return server
}
