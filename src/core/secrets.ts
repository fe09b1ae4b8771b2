// Removes what looks like a secret from texts for others: API keys, tokens, private keys.

// Texts may be as long as a body: each expression takes time in proportion to their length.
const SECRETS = /jwksd_[\w-]{20,}|-----BEGIN [A-Z ]*PRIVATE KEY-----[\s\S]*?(-----END|$)/g
/** What a token in the compact serialization may be part of. */
const RUN = /[\w.-]+/g
const SECRET_NAME = /secret|password|passphrase|token$|api_?key|credential/i
const LONGEST = 80

/** @param text a message that may have come from outside */
export function withoutSecrets (text: string): string {
  return text.replace(SECRETS, '[secret]').replace(RUN, withoutToken)
}

/** Three parts with dots between, the first of which begins as the base64url form of `{"` does. */
function withoutToken (run: string): string {
  const start = run.indexOf('eyJ')
  return start >= 0 && run.slice(start).split('.').length > 2 ? `${run.slice(0, start)}[secret]` : run
}

/** A value that a caller sent, for the answer that refuses it: short, and without what looks like a secret. */
export function describeSent (name: string, value: unknown): string {
  if (typeof value === 'object' && value !== null) {
    return Array.isArray(value) ? `an array of ${value.length}` : `an object with ${Object.keys(value).length} members`
  }
  if (typeof value === 'string' && SECRET_NAME.test(name)) return '[secret]'
  const text = withoutSecrets(JSON.stringify(value))
  return text.length > LONGEST ? `${text.slice(0, LONGEST)}… (${text.length} characters)` : text
}
