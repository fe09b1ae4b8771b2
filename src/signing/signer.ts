// The way of a token: authorize → prepare → signing key → sign off the event loop → audit → hand over.
// The HTTP listener and the command line both sign through here, so that one policy holds for both.

import { hash } from 'node:crypto'
import { RequestError } from '../core/errors.ts'
import { signingKey } from '../core/keys/key-set.ts'
import { prepare } from '../core/tokens/prepare.ts'
import { authorize, type Client } from '../core/clients/policy.ts'
import type { Serialization } from '../core/tokens/preset.ts'
import type { SigningRequest } from '../core/tokens/profile.ts'
import { signJws } from '../core/tokens/jws.ts'
import { makeSignatureQueue, type SignatureQueue } from './queue.ts'
import type { Audit } from '../observe/audit.ts'
import type { Metrics } from '../observe/metrics.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type Clock, formatTime } from '../core/time.ts'

/** What a caller gets: a `token`, or a `jws` object. Times are NumericDates (seconds), absent where nothing has them. */
export interface SigningResult {
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

export interface Signer {
  /**
   * @param id of the request, for the audit record
   * @throws RequestError with the reason for which there is no token
   */
  sign: (client: Client, request: SigningRequest, id: string, wanted?: Wanted) => Promise<SigningResult>
}

interface Parts {
  readonly current: () => Snapshot
  readonly audit: Audit
  readonly clock: Clock
  readonly metrics?: Pick<Metrics, 'signed'>
  readonly queue?: SignatureQueue
  /** @throws RequestError ERR_CLOCK while the clock cannot be trusted */
  readonly requireSteady?: () => void
}

/** Joins policy, keys, queue and audit log into the one way to a token. */
export function makeSigner ({ current, audit, clock, metrics, queue = makeSignatureQueue(), requireSteady }: Parts): Signer {
  return {
    async sign (client, request, id, wanted) {
      requireSteady?.()
      const { policy, sets } = current()
      const now = clock()
      const profile = authorize(policy, client, request)
      const { serialization, payload } = profile.preset.form
      if (wanted) requireForm(serialization, wanted)
      const key = signingKey(sets.get(profile.set)!, profile, now)
      const input = prepare(profile, request, { client: client.name, key, now })
      const signed = await queue(() => signJws(key, input, serialization))
      const { kid, alg } = key
      const { nbf: _nbf, ...serverClaims } = input.serverClaims
      audit.record({
        time: formatTime(now),
        request: id,
        client: client.name,
        profile: profile.name,
        set: profile.set,
        kid,
        alg,
        ...serverClaims,
        ...(payload !== 'claims' && { payloadSha256: hash('sha256', input.payload) }),
        tokenSha256: hash('sha256', signed.token ?? JSON.stringify(signed.jws))
      })
      metrics?.signed(client.name, profile.name, alg)
      return { ...signed, kid, alg, ...serverClaims }
    }
  }
}

/** Before signing: who wants a form that the preset does not have gets no signature. */
function requireForm (serialization: Serialization, wanted: Wanted): void {
  if ((serialization === 'compact' || serialization === 'detached') === (wanted === 'token')) return
  throw new RequestError('ERR_NOT_ACCEPTABLE', `the profile signs in the ${serialization} serialization`, {
    field: 'accept', hint: `accept ${wanted === 'token' ? 'application/jose+json' : 'application/jose'} or application/json`
  })
}
