// Checkpoints: signed records of the position of the audit log, written into the log itself. An attacker who can write the
// log but does not have the checkpoint key cannot replace earlier records.

import { compactVerify, type JSONWebKeySet, createLocalJWKSet } from 'jose'
import { fault } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { publishedKeys, stateOf } from '../core/keys/key-set.ts'
import { type Clock, formatTime } from '../core/time.ts'
import { signJws } from '../core/tokens/jws.ts'
import type { Audit } from '../observe/audit.ts'
import type { Health } from '../observe/health.ts'
import type { Snapshot } from '../state/snapshot.ts'

/** `typ` of the header: no vendor takes a checkpoint for a token. */
export const CHECKPOINT_TYPE = 'jwksd-checkpoint'

interface CheckpointOptions {
  readonly current: () => Snapshot
  readonly audit: Audit
  readonly clock: Clock
  readonly health: Health
  /** Name of the set whose active key signs. */
  readonly set: string
  /** Seconds. */
  readonly every: number
}

/** Writes checkpoints from its construction on, while there is something new. */
export class Checkpoints {
  readonly #options: CheckpointOptions
  readonly #timer: NodeJS.Timeout
  /** Sequence number of the last checkpoint, if nothing came between it and the record that it signs. */
  #last = 0

  constructor (options: CheckpointOptions) {
    this.#options = options
    this.#timer = setInterval(() => { void this.write() }, options.every * 1000).unref()
  }

  /** Signs the last record of the log, unless that is a checkpoint. */
  async write (): Promise<void> {
    const { audit, clock, health } = this.#options
    const { log, seq, sha256 } = audit.head
    if (seq === this.#last) return
    const key = this.#findKey()
    if (!key) {
      health.fail('checkpoints', fault(`audit.checkpoint.set: ${this.#options.set}`, 'has no private key that is active', 'look at: jwksd status').faults,
        'the audit log has no checkpoints')
      return
    }
    health.recover('checkpoints', 'the audit log has checkpoints again')
    const payload = Buffer.from(JSON.stringify({ log, seq, sha256, time: formatTime(clock()) }))
    const { token } = await signJws(key, { protectedHeader: { kid: key.kid, typ: CHECKPOINT_TYPE }, payload }, 'compact')
    // What was recorded meanwhile is for the next one.
    await audit.record({ event: 'checkpoint', jws: token }).then(() => { if (audit.head.seq === seq + 1) this.#last = seq + 1 }, () => {})
  }

  /** Writes the last checkpoint. */
  async close (): Promise<void> {
    clearInterval(this.#timer)
    await this.write()
  }

  #findKey (): Key | undefined {
    const { current, clock, set: name } = this.#options
    const [set, now] = [current().sets.get(name), clock()]
    return set && publishedKeys(set, now).find(key => key.privateKey && stateOf(set, key, now) === 'active')
  }
}

/**
 * Verifies the signature of a checkpoint. @returns the kid of the key
 * @throws Error of jose when no key of the set has signed it, or it is no checkpoint
 */
export async function verifyCheckpoint (jws: string, keys: JSONWebKeySet): Promise<string> {
  const { protectedHeader: { kid, typ } } = await compactVerify(jws, createLocalJWKSet(keys))
  if (typ !== CHECKPOINT_TYPE) throw new Error(`its typ is ${typ}`)
  return kid!
}
