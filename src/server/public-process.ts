// The process of the public listener as its parent sees it: started early, sent each new state, restarted when it dies,
// and ended with the server.

import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Challenge } from './acme/challenge.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import { type Fault, FaultsError } from '../core/errors.ts'
import type { Failure, Health } from '../observe/health.ts'
import type { PublicHalf } from '../state/public-half.ts'
import type { Figures } from '../observe/metrics.ts'
import type { FromPublic, ToPublic } from './public-messages.ts'

const MAIN = fileURLToPath(new URL(`./public-main${path.extname(import.meta.url)}`, import.meta.url))
/** From the end of a process to the start of the next (milliseconds). */
const PAUSE = 1000
/** A process that needs this much longer than its drain is killed (milliseconds). */
const PATIENCE = 7000

const DEAD: Fault = {
  where: 'public listener', problem: 'its process is not running', hint: 'the log says why; if this is no fault of the machine, please report it'
}

function hasEnded (how: string): Fault {
  return { ...DEAD, problem: `its process has ended (${how})` }
}

function notStarted ({ message }: Error): Fault {
  return {
    ...DEAD,
    problem: `its process cannot be started (${message})`,
    hint: 'EMFILE: allow more open files; ENOMEM or EAGAIN: more memory or processes; ENOENT: put Node.js back there, or restart jwksd with another'
  }
}

export class PublicProcess {
  /** None where Node could not even try. */
  #child: ChildProcess | undefined
  #half: PublicHalf | undefined
  #reload: Failure | undefined
  /** What it answers, for a process that is started meanwhile. */
  #challenge: Challenge | undefined
  #port: number | undefined
  #isOpen = false
  #isClosing = false
  #onFetched: ((records: readonly ConsumerFetches[]) => void) | undefined
  /** How the process has ended, or why it was not started. */
  #ended!: Promise<Fault>

  readonly #pause: number
  readonly #patience: number

  /** Starts the process: it loads its program while the parent reads files. Times are in milliseconds. */
  constructor ({ pause = PAUSE, patience = PATIENCE } = {}) {
    this.#pause = pause
    this.#patience = patience
    this.#start()
  }

  /** Where it listens, once it is open. */
  get port (): number | undefined {
    return this.#port
  }

  /**
   * Opens the listener.
   * @param health where its death is reported
   * @throws FaultsError when it cannot listen
   */
  async open (half: PublicHalf, health: Health): Promise<void> {
    this.#half = half
    await this.#open()
    this.#half = this.#atSamePort(this.#half)
    this.#watch(health)
  }

  /** Hands on what it has recorded of fetches, from now on. */
  onFetched (take: (records: readonly ConsumerFetches[]) => void): void {
    this.#onFetched = take
  }

  swap (half: PublicHalf): void {
    this.#half = this.#atSamePort(half)
    this.#send({ swap: half })
  }

  /** Says whether the last reload failed, for /readyz. */
  reportReload (failure: Failure | undefined): void {
    this.#reload = failure
    this.#send({ reload: failure })
  }

  /**
   * Lets it answer a challenge, or none.
   * @throws FaultsError when it is not running, or cannot listen
   */
  async answerChallenge (challenge: Challenge | undefined): Promise<void> {
    this.#challenge = undefined
    if (!this.#isOpen) throw new FaultsError([DEAD])
    const faults = await this.#tryChallenge(challenge) ?? [DEAD]
    if (faults.length > 0) throw new FaultsError(faults)
    this.#challenge = challenge
  }

  /** @returns what prevents it, or undefined when the process ends before */
  async #tryChallenge (challenge: Challenge | undefined): Promise<readonly Fault[] | undefined> {
    this.#post({ challenge })
    return await this.#next<readonly Fault[]>('challenged')
  }

  /** Its metrics; none while it is not running. */
  async measure (): Promise<readonly Figures[]> {
    if (!this.#isOpen) return []
    this.#send({ measure: true })
    const answer = await this.#answer() as Extract<FromPublic, { figures: unknown }> | undefined
    return answer?.figures ?? []
  }

  /** Lets it drain and end. */
  async close (): Promise<void> {
    this.#isClosing = true
    if (this.#isOpen) this.#send({ close: true })
    else this.#dismiss()
    this.#child?.ref()
    const drain = (this.#half?.config.drain ?? 0) * 1000
    const forced = setTimeout(() => { this.#child?.kill('SIGKILL') }, drain + this.#patience)
    await this.#ended
    clearTimeout(forced)
  }

  /** Ends it at once, for a server that does not start. */
  async end (): Promise<void> {
    this.#isOpen = false // it need not drain
    await this.close()
  }

  /**
   * Never throws. Where the machine lacks something, Node throws (ENOMEM, E2BIG), or returns a process that emits an error, with a
   * channel (ENOENT) or without (EMFILE): `#ended` says so each time.
   */
  #start (): void {
    try {
      this.#child = forkMain()
    } catch (error) {
      this.#child = undefined
      this.#ended = Promise.resolve(notStarted(error as Error))
      return
    }
    const child = this.#child
    this.#ended = once(child, 'exit').then(([code, signal]) => hasEnded(signal ?? `exit code ${code}`), notStarted)
    child.on('message', (message: FromPublic) => {
      if ('fetched' in message) this.#onFetched?.(message.fetched)
      else if ('challenged' in message) child.emit('challenged', message.challenged)
      else child.emit('answer', message)
    })
    // While no answer is expected from it, it does not keep the parent running.
    child.unref()
    child.channel?.unref()
  }

  /** Hands it the state in force: also what has changed while it was opening. */
  async #open (): Promise<void> {
    this.#child?.ref()
    this.#child?.channel?.ref()
    const half = this.#half!
    this.#post({ open: half })
    const answer = await this.#answer()
    if (!answer || !('port' in answer)) throw new FaultsError(answer && 'faults' in answer ? answer.faults : [await this.#ended])
    this.#port = answer.port
    let challenge: Challenge | undefined
    while (challenge !== this.#challenge) {
      challenge = this.#challenge
      await this.#tryChallenge(challenge)
    }
    this.#isOpen = true
    this.#send({ reload: this.#reload })
    if (this.#half !== half) this.#send({ swap: this.#half! })
  }

  /** To a listener that is open; one that is not gets everything when it opens. */
  #send (message: ToPublic): void {
    if (this.#isOpen) this.#post(message)
  }

  #post (message: ToPublic): void {
    if (this.#child?.connected) this.#child.send(message, () => {})
  }

  /** Its next message, or undefined when it ends before. */
  async #answer (): Promise<FromPublic | undefined> {
    return await this.#next<FromPublic>('answer')
  }

  /** What comes with its next event, or undefined when it ends before. */
  async #next<T> (event: string): Promise<T | undefined> {
    if (!this.#child) return undefined
    const over = new AbortController()
    try {
      const found = once(this.#child, event, over).then(([found]) => found as T, () => undefined)
      return await Promise.race([found, this.#ended.then(() => undefined)])
    } finally {
      over.abort()
    }
  }

  #atSamePort (half: PublicHalf): PublicHalf {
    return { ...half, config: { ...half.config, listen: { ...this.#half!.config.listen, port: this.#port! } } }
  }

  #watch (health: Health): void {
    void this.#ended.then(async how => {
      this.#isOpen = false
      if (this.#isClosing) return
      health.fail('public', [how], 'the public listener is closed')
      await this.#restart(health)
    })
  }

  /** Tries until it is open, or has to end. */
  async #restart (health: Health): Promise<void> {
    do {
      await sleep(this.#pause)
      if (this.#isClosing) return
      this.#start()
      await this.#open().catch(async (error: FaultsError) => {
        health.fail('public', error.faults, 'the public listener stays closed')
        this.#dismiss()
        await this.#ended
      })
    } while (!this.#isOpen && !this.#isClosing)
    if (this.#isClosing) return
    health.recover('public', 'the public listener is open again')
    this.#watch(health)
  }

  /** A process without its parent ends. */
  #dismiss (): void {
    if (this.#child?.connected) this.#child.disconnect()
  }
}

/** It gets no JWKSD_ variables: passphrases are only for the process that signs. */
function forkMain (): ChildProcess {
  const env = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('JWKSD_')))
  return fork(MAIN, { env, serialization: 'advanced', stdio: ['ignore', 'inherit', 'inherit', 'ipc'] })
}
