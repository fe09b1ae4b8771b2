// The only path to a token, after authentication and parsing: authorize -> key -> prepare -> sign -> record -> reply. The
// HTTP listener and the command line both sign through here, under the same policy.

import { hash } from 'node:crypto'
import { RequestError } from '../core/errors.ts'
import { signingKey } from '../core/keys/key-set.ts'
import { prepare, type SigningInput } from '../core/tokens/prepare.ts'
import { authorize, type Client } from '../core/clients/policy.ts'
import type { Serialization } from '../core/tokens/preset.ts'
import type { SigningRequest } from '../core/tokens/profile.ts'
import { type SignatureQueue, signJws, signsHere } from '../core/tokens/jws.ts'
import type { Asker, AuthMethod } from '../observe/decision.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { type DecisionOptions, Decisions } from './decisions.ts'
import { makeSignatureQueue } from './queue.ts'

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

/** The one member of the answer that a caller may ask for in place of the whole answer. */
export type ResultMember = 'token' | 'jws'

type Wanted = ReadonlyArray<ResultMember | 'whole'>

/** An authenticated client and its request. */
export interface Caller {
  readonly client: Client
  readonly auth: AuthMethod
  /** Id of the request. */
  readonly request: string
  readonly address?: string
}

export interface Signer {
  /** @param wanted what the caller takes of the answer (default: the whole); @throws RequestError with the reason why there is no token */
  sign: (caller: Caller, request: SigningRequest, wanted?: Wanted) => Promise<SigningResult>
  /** Records a refusal that comes before `sign`: of authentication or parsing. */
  refuse: (asker: Asker, error: unknown) => Promise<void>
  /** Records refusals that were only counted so far. */
  close: () => Promise<void>
}

interface SignerOptions extends DecisionOptions {
  readonly current: () => Snapshot
  readonly queue?: SignatureQueue
  /** @throws RequestError ERR_CLOCK while the clock cannot be trusted */
  readonly requireSteady?: () => void
}

/**
 * The longest token that is recorded together with others of its turn of the event loop (characters). Many signatures of this thread
 * fall into one turn, each of the thread pool comes by itself. A long answer must not leave at the end of a turn: until the end of the next
 * one Node takes its socket for full, and it cuts a connection on which a long request arrives meanwhile (HPE_PAUSED).
 */
const LONGEST_SOON = 8192

/** Joins policy, keys, queue and the record of decisions. */
export function makeSigner ({ current, queue = makeSignatureQueue(), requireSteady, ...options }: SignerOptions): Signer {
  const decisions = new Decisions(options)

  const sign = async (caller: Caller, request: SigningRequest, wanted?: Wanted): Promise<SigningResult> => {
    requireSteady?.()
    const { policy, sets } = current()
    const now = options.clock()
    const profile = authorize(policy, caller.client, request)
    const { serialization } = profile.preset.form
    if (wanted) requireMember(serialization, wanted)
    const key = signingKey(sets.get(profile.set)!, profile, now)
    const input = prepare(profile, request, { client: caller.client.name, key, now })
    const signed = await signJws(key, input, serialization, queue)
    const { kid, alg } = key
    const { nbf: _nbf, ...serverClaims } = input.serverClaims
    await decisions.grant({
      event: 'granted',
      ...askerOf(caller),
      profile: profile.name,
      set: profile.set,
      kid,
      alg,
      ...serverClaims,
      ...shortAudience(input),
      payloadSha256: hash('sha256', input.payload),
      tokenSha256: hash('sha256', signed.token ?? JSON.stringify(signed.jws))
    }, signsHere(key) && signed.token !== undefined && signed.token.length <= LONGEST_SOON ? 'soon' : 'now')
    return { ...signed, kid, alg, ...serverClaims }
  }

  return {
    sign: async (caller, request, wanted) => await sign(caller, request, wanted).catch(async (error: unknown) => {
      const { profile } = request
      await decisions.refuse({ ...askerOf(caller), ...(profile !== undefined && { profile }) }, error)
      throw error
    }),
    refuse: async (asker, error) => { await decisions.refuse(asker, error) },
    close: async () => { await decisions.close() }
  }
}

/** What every decision records about its caller. */
export function askerOf ({ client, ...others }: Caller): Asker & { client: string, auth: AuthMethod } {
  return { ...others, client: client.name }
}

const LONGEST_AUDIENCE = 1024

function shortAudience ({ aud }: SigningInput): { aud?: unknown } {
  return aud !== undefined && JSON.stringify(aud).length <= LONGEST_AUDIENCE ? { aud } : {}
}

/** Before signing: a request for nothing but a member that the profile's answers do not have gets no signature. */
function requireMember (serialization: Serialization, wanted: Wanted): void {
  const member: ResultMember = serialization === 'compact' || serialization === 'detached' ? 'token' : 'jws'
  if (wanted.includes('whole') || wanted.includes(member)) return
  throw new RequestError('ERR_NOT_ACCEPTABLE', `the profile signs in the ${serialization} serialization`, {
    field: 'accept', hint: `accept ${member === 'token' ? 'application/jose' : 'application/jose+json'} or application/json`
  })
}
