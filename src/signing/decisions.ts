// Every decision on a request to sign passes here once, granted or refused, and from here to the audit log, the metrics
// and the log. A grant that cannot be recorded yields no token.

import { RequestError } from '../core/errors.ts'
import { withoutSecrets } from '../core/secrets.ts'
import type { Clock } from '../core/time.ts'
import type { Audit } from '../observe/audit.ts'
import type { Asker, Decision, Grant, Refusal } from '../observe/decision.ts'
import type { Logger } from '../observe/log.ts'
import type { Metrics } from '../observe/metrics.ts'
import { isCounted, RefusalSummary } from '../observe/refusal-summary.ts'

/** Milliseconds from one summary of refusals to the next. */
const EVERY = 60_000
/** A claim's name may be as long as a body; its first characters identify it. */
const LONGEST_FIELD = 128
const UNEXPECTED = new RequestError('ERR_INTERNAL', 'unexpected error')

export interface DecisionOptions {
  readonly audit: Audit
  readonly clock: Clock
  readonly metrics?: Pick<Metrics, 'decided'>
  readonly log?: Pick<Logger, 'debug' | 'info' | 'error'>
}

export class Decisions {
  readonly #options: DecisionOptions
  readonly #summary: RefusalSummary
  readonly #summarizing: NodeJS.Timeout

  constructor (options: DecisionOptions) {
    this.#options = options
    this.#summary = new RefusalSummary(options.clock)
    this.#summarizing = setInterval(() => { void this.summarize() }, EVERY).unref()
  }

  /** Records a grant; only then may its token leave. @param when see Audit.record @throws RequestError ERR_AUDIT */
  async grant (grant: Grant, when: 'now' | 'soon'): Promise<void> {
    await this.#options.audit.record(grant, when)
    this.#count(grant)
    const { request, client, profile, kid, jti, exp } = grant
    this.#options.log?.debug({ request, client, profile, kid, jti, exp }, 'signed')
  }

  /** Records a refusal. When that fails, the audit log reports it, and the refusal is counted; the answer does not change. */
  async refuse (asker: Asker, error: unknown): Promise<void> {
    const { code, details: { rule, field } } = error instanceof RequestError ? error : UNEXPECTED
    const { profile: asked } = asker
    const refusal: Refusal = { event: 'refused', ...asker, ...(asked !== undefined && { profile: withoutSecrets(asked) }), code, ...(rule !== undefined && { rule }), ...(field !== undefined && { field: field.slice(0, LONGEST_FIELD) }) }
    this.#count(refusal)
    const { request, client, address, profile } = refusal
    const line = { request, client, address, profile, code, rule, field: refusal.field }
    if (code === 'ERR_AUDIT') this.#options.log?.error({ ...line, ...this.#options.audit.fault }, 'refused')
    else this.#options.log?.info(line, 'refused')
    if (isCounted(refusal)) this.#summary.add(refusal)
    else await this.#options.audit.record(refusal).catch(() => { this.#summary.add(refusal) })
  }

  /** Records what was counted since the last time; what cannot be recorded is counted on. */
  async summarize (): Promise<void> {
    for (const { summary, putBack } of this.#summary.take()) await this.#options.audit.record(summary).catch(putBack)
  }

  async close (): Promise<void> {
    clearInterval(this.#summarizing)
    await this.summarize()
  }

  #count (decision: Decision): void {
    this.#options.metrics?.decided(decision)
  }
}
