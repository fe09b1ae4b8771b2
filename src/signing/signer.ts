// The way of a token: authorize → lint → signing key → sign off the event loop → audit → hand over.
// The HTTP door and the command line both sign through here, so that one policy holds for both.

import { hash } from 'node:crypto'
import { availableParallelism } from 'node:os'
import pLimit, { type LimitFunction } from 'p-limit'
import { SignerError } from '../core/errors.ts'
import { signingKey } from '../core/keys/key-set.ts'
import { lint } from '../core/tokens/prepare.ts'
import { authorize, type Client } from '../core/clients/policy.ts'
import type { Serialization } from '../core/tokens/preset.ts'
import type { SigningRequest } from '../core/tokens/profile.ts'
import { signJws } from '../core/tokens/jws.ts'
import { formatTime } from '../core/keys/pem.ts'
import type { Audit } from '../observe/audit.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Snapshot } from '../state/snapshot.ts'

/** Seconds since 1970-01-01T00:00:00Z, whole. */
export type Clock = () => number

/** What a caller gets: a `token`, or a `jws` object. Times are NumericDates (seconds), absent where nothing has them. */
export interface Issued {
  readonly token?: string
  readonly jws?: object
  readonly kid: string
  readonly alg: string
  readonly jti?: string
  readonly iat?: number
  readonly exp?: number
}

/** The member of the answer that a caller wants alone, if it wants one alone. */
export type Wanted = 'token' | 'jws'

export interface Issuer {
  /**
   * @param id of the request, for the audit record
   * @throws SignerError with the reason for which there is no token
   */
  issue: (client: Client, request: SigningRequest, id: string, wanted?: Wanted) => Promise<Issued>
}

interface Parts {
  readonly current: () => Snapshot
  readonly audit: Audit
  readonly clock: Clock
  readonly metrics?: Pick<Metrics, 'signed'>
  readonly queue?: SignatureQueue
}

/** Runs signatures a few at a time and refuses more than can wait. */
export type SignatureQueue = <T>(sign: () => Promise<T>) => Promise<T>

/** Threads of libuv's pool: four unless the environment says otherwise. */
const POOL_THREADS = Number(process.env.UV_THREADPOOL_SIZE ?? 4)

/**
 * Signatures run on libuv's thread pool: one for each core, and one more so that no core waits for the event loop to
 * hand it the next. One thread of the pool always stays free for file reads and name look-ups.
 * @param waiting how many may wait before ERR_BUSY
 */
export function makeSignatureQueue (waiting = 256): SignatureQueue {
  const limit: LimitFunction = pLimit(Math.max(1, Math.min(availableParallelism() + 1, POOL_THREADS - 1)))
  return async sign => {
    if (limit.pendingCount >= waiting) {
      throw new SignerError('ERR_BUSY', 'more signatures are wanted than this machine can make', { retryAfter: 1 })
    }
    return await limit(sign)
  }
}

/** Joins policy, keys, queue and audit log into the one way to a token. */
export function makeIssuer ({ current, audit, clock, metrics, queue = makeSignatureQueue() }: Parts): Issuer {
  return {
    async issue (client, request, id, wanted) {
      const { policy, sets } = current()
      const now = clock()
      const profile = authorize(policy, client, request)
      const { serialization, payload } = profile.preset.form
      if (wanted) requireForm(serialization, wanted)
      const key = signingKey(sets.get(profile.set)!, profile.alg, now, profile.key)
      const draft = lint(profile, request, { client: client.name, key, now })
      const signed = await queue(() => signJws(key, draft, serialization))
      const { kid, alg } = key
      const { nbf: _nbf, ...stamp } = draft.stamp
      audit.record({
        time: formatTime(now),
        request: id,
        client: client.name,
        profile: profile.name,
        set: profile.set,
        kid,
        alg,
        ...stamp,
        ...(payload !== 'claims' && { payloadSha256: hash('sha256', draft.payload) }),
        tokenSha256: hash('sha256', signed.token ?? JSON.stringify(signed.jws))
      })
      metrics?.signed(client.name, profile.name, alg)
      return { ...signed, kid, alg, ...stamp }
    }
  }
}

/** Before signing: who wants a form that the preset does not have gets no signature. */
function requireForm (serialization: Serialization, wanted: Wanted): void {
  if ((serialization === 'compact' || serialization === 'detached') === (wanted === 'token')) return
  throw new SignerError('ERR_NOT_ACCEPTABLE', `the profile signs in the ${serialization} serialization`, {
    field: 'accept', mend: `accept ${wanted === 'token' ? 'application/jose+json' : 'application/jose'} or application/json`
  })
}
