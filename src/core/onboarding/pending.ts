// Values that stand in a configuration until the vendor has given the real ones. They pass the rules of the vendor, so that
// the server starts and signs; no vendor knows them, and each causes a warning.

/** In place of a name or an id. */
export const NOT_ASSIGNED = 'not-assigned-yet'
/** In place of a URL: the top-level domain "invalid" never resolves (RFC 2606 section 2). */
export const NOT_ASSIGNED_ORIGIN = `https://${NOT_ASSIGNED}.invalid`

/** Whether a value waits for the vendor's answer. */
export function isPending (value: string): boolean {
  return /not-assigned-yet|^0{8}(-0{4}){3}-0{12}$/i.test(value)
}
