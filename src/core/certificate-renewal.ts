// When a certificate is renewed, and when an authority is asked again after a failure. Times in seconds.

/** Validity of a certificate (NumericDate). */
export interface Validity { readonly notBefore: number, readonly notAfter: number }

/** Pause after the first failure; each further one doubles it. */
const FIRST_PAUSE = 60
const LONGEST_PAUSE = 6 * 3600
const DAY = 86400
/** The longest pause that an authority can ask for (Retry-After); those of `pauseAfter` are shorter. */
export const LONGEST_RETRY_AFTER = DAY

/** Two thirds of the life: what is left bridges an outage of the authority. */
export function renewalOf ({ notBefore, notAfter }: Validity): number {
  return notBefore + (notAfter - notBefore) * 2 / 3
}

/**
 * Pause until an order is placed again. Let's Encrypt allows five failed validations an hour, and one more every twelve minutes;
 * these pauses stay below that. Shorter lives have shorter pauses, so that one of them never uses up the time that is left.
 * @param failures since the last certificate, at least 1
 * @param validity of the certificate in force; without one as for a life of a day
 * @param random from 0 to 1: authorities ask clients not to come back all at once
 */
export function pauseAfter (failures: number, { notBefore, notAfter }: Validity = { notBefore: 0, notAfter: DAY }, random: number): number {
  const life = notAfter - notBefore
  const first = Math.min(FIRST_PAUSE, life / 50)
  return Math.min(first * 2 ** (failures - 1), LONGEST_PAUSE, life / 24) * (1 + random / 4)
}

/**
 * When an order is placed again: at the end of the pause, or at once where no pause reaches as far as the kept one. The clock was
 * ahead when that was written, and has been put right.
 * @param next what was kept of the last failure (NumericDate)
 * @param now NumericDate
 */
export function retryOf (next: number, now: number): number {
  return next - now <= LONGEST_RETRY_AFTER ? next : -Infinity
}
