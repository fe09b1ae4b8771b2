// Messages between the main process, which signs, and the process of the public listener.

import type { Challenge } from './acme/challenge.ts'
import type { ConsumerFetches } from '../core/keys/fetches.ts'
import type { Fault } from '../core/errors.ts'
import type { Failure } from '../observe/health.ts'
import type { Figures } from '../observe/metrics.ts'
import type { PublicHalf } from '../state/public-half.ts'

/** To the process of the public listener. */
export type ToPublic =
  /** The first state: open the listener. */
  | { readonly open: PublicHalf }
  | { readonly swap: PublicHalf }
  /** Whether the last reload failed. */
  | { readonly reload: Failure | undefined }
  /** Answer this challenge from now on, or none. */
  | { readonly challenge: Challenge | undefined }
  /** Send your metrics. */
  | { readonly measure: true }
  /** Drain, then end. */
  | { readonly close: true }

/** From it. */
export type FromPublic =
  | { readonly port: number }
  /** It cannot listen. */
  | { readonly faults: readonly Fault[] }
  /** A challenge is answered, or what prevents that. */
  | { readonly challenged: readonly Fault[] }
  | { readonly figures: readonly Figures[] }
  /** What was fetched since the last such message; no answer to a message. */
  | { readonly fetched: readonly ConsumerFetches[] }
