// Keeps the public listener's certificate valid: orders the first one, and the next after two thirds of its life. What fails is
// tried again after growing pauses that are kept on disk: a server that restarts again and again does not ask more often.

import path from 'node:path'
import type { AcmeConfig } from '../../config/types.ts'
import { LONGEST_RETRY_AFTER, pauseAfter, renewalOf, retryOf, type Validity } from '../../core/certificate-renewal.ts'
import { type Fault, fault, FaultsError } from '../../core/errors.ts'
import { type Clock, formatTime } from '../../core/time.ts'
import { type FailedOrders, readFailedOrders, readValidity, validityOf, writeCertificate, writeFailedOrders } from '../../keystore/acme-files.ts'
import type { Health } from '../../observe/health.ts'
import type { Logger } from '../../observe/log.ts'
import { type Answer, orderCertificate } from './order.ts'

interface RenewalOptions {
  readonly acme: AcmeConfig
  readonly answer: Answer
  /** The new certificate is on disk. */
  readonly renewed: () => void
  readonly health: Health
  readonly clock: Clock
  readonly log: Logger
}

/** The clock is looked at this often, since it may step (seconds). */
const LONGEST_WAIT = 3600
const KEPT = 'no new certificate; the one in force stays'

/** Renews from its construction on. */
export class CertificateRenewal {
  readonly #options: RenewalOptions
  /** Failures of this process; those on disk where there are none. */
  #failed: FailedOrders | undefined
  #timer: NodeJS.Timeout | undefined
  #isRequested = false
  #isRunning = false
  #isClosed = false

  constructor (options: RenewalOptions) {
    this.#options = options
    this.#arm(0)
  }

  /** Does not wait for the end of a pause after a failure, as SIGHUP asks. */
  request (): void {
    this.#isRequested = true
    if (!this.#isRunning) this.#arm(0)
  }

  /** An order that is under way ends by itself; none is placed from now on. */
  close (): void {
    this.#isClosed = true
    clearTimeout(this.#timer)
  }

  /** @param wait seconds */
  #arm (wait: number): void {
    clearTimeout(this.#timer)
    if (!this.#isClosed) this.#timer = setTimeout(() => { void this.#run() }, Math.min(wait, LONGEST_WAIT) * 1000)
  }

  async #run (): Promise<void> {
    const { acme, clock, health } = this.#options
    this.#isRunning = true
    const validity = await readValidity(acme)
    const failed = this.#failed ??= await readFailedOrders(acme)
    if (this.#isClosed) return
    if (failed) health.fail('certificate', [failed.fault], KEPT)
    const due = validity ? renewalOf(validity) : -Infinity
    const next = Math.max(due, failed && !this.#isRequested ? retryOf(failed.next, clock()) : -Infinity)
    const report = next <= clock() ? await this.#order((failed?.count ?? 0) + 1, validity) : undefined
    this.#isRunning = this.#isRequested = false
    this.#arm(report ? 0 : next - clock())
    report?.()
  }

  /** @returns what reports the outcome */
  async #order (count: number, validity?: Validity): Promise<() => void> {
    const { acme, answer, clock, health, log, renewed } = this.#options
    let pause = pauseAfter(count, validity, Math.random())
    const wait = (seconds: number): void => { pause = Math.max(pause, Math.min(seconds, LONGEST_RETRY_AFTER)) }
    const failure = (fault: Fault): FailedOrders => ({ count, next: clock() + pause, fault })
    try {
      // First, since an order whose result cannot be kept must not be placed; and it outlives an end of the process.
      await writeFailedOrders(acme, failure({ where: acme.directory.href, problem: 'an order is under way, or was interrupted', hint: 'look again in a minute: after an interruption it is placed again' }))
      const { chain, key } = await orderCertificate(acme, answer, wait)
      await writeCertificate(acme, chain, key)
      const issued = validityOf(chain)
      const [expires, renewal] = [formatTime(issued.notAfter), formatTime(renewalOf(issued))]
      if (renewalOf(issued) <= clock()) throw fault(acme.certificate, `was issued, and is due for renewal since ${renewal}`, 'check the clock of this machine')
      await writeFailedOrders(acme, undefined)
      this.#failed = undefined
      return () => {
        log.info({ host: acme.host, expires, renewal }, 'certificate issued')
        health.recover('certificate', 'the certificate is renewed again')
        renewed()
      }
    } catch (error) {
      const faults = faultsOf(error as Error, acme)
      const failed = this.#failed = failure(faults[0]!)
      await writeFailedOrders(acme, failed).catch(() => {}) // that is what failed
      return () => {
        health.fail('certificate', faults, KEPT)
        log.warn({ failures: count, next: formatTime(failed.next) }, 'the certificate is ordered again later')
      }
    }
  }
}

function faultsOf (error: Error, { certificate }: AcmeConfig): readonly Fault[] {
  if (error instanceof FaultsError) return error.faults
  const problem = `cannot be used as tls.acme.storage (${error.message})`
  return [{ where: path.dirname(certificate), problem, hint: 'it must be a directory that the user of jwksd can write' }]
}
