// The payload of a request that signs no claims: bytes exactly as the caller means them. Rejects what its preset or its
// profile does not sign.

import { RequestError } from '../errors.ts'
import type { PayloadType } from './preset.ts'
import type { Profile, SigningRequest } from './profile.ts'

/**
 * The bytes to sign: a text's UTF-8, a JSON value as `JSON.stringify` writes it, or the bytes of `payload_b64u`.
 * @throws RequestError ERR_BAD_REQUEST, ERR_RULE_BROKEN or ERR_FORBIDDEN naming the field
 */
export function readPayload ({ name, preset, payload: allowed }: Profile, request: SigningRequest): Buffer {
  const { source, payload: taken } = preset.form
  const wrong = (['claims', 'ttl'] as const).find(field => field in request)
  if (wrong) {
    throw new RequestError('ERR_RULE_BROKEN', `${preset.title} signs a payload, which has no ${wrong}`, {
      field: wrong, rule: wrong === 'ttl' ? 'ttl-none' : 'payload', source, hint: `leave ${wrong} out, and send payload or payload_b64u`
    })
  }
  const [field, ...others] = (['payload', 'payload_b64u'] as const).filter(field => field in request)
  if (field === undefined || others.length > 0) {
    throw new RequestError('ERR_BAD_REQUEST', field === undefined ? 'payload is missing' : 'payload and payload_b64u exclude each other', {
      field: 'payload', hint: 'send one of payload and payload_b64u'
    })
  }
  const type = typeOf(request)
  if (!taken.includes(type)) {
    throw new RequestError('ERR_RULE_BROKEN', `${preset.title} does not sign a payload of type ${type}`, {
      field, rule: 'payload-type', source, hint: `send one of: ${[...taken].join(', ')}`
    })
  }
  if (allowed && !allowed.includes(type)) {
    throw new RequestError('ERR_FORBIDDEN', `the profile "${name}" does not sign a payload of type ${type}`, {
      field, rule: 'allowed-payload', hint: `send one of: ${allowed.join(', ')}; or ask the operator to allow it in profiles.${name}.payload`
    })
  }
  return type === 'bytes' ? decodeBase64url(request.payload_b64u!) : encode(request.payload)
}

function typeOf ({ payload, payload_b64u: bytes }: SigningRequest): PayloadType {
  if (bytes !== undefined) return 'bytes'
  return typeof payload === 'string' ? 'text' : 'json'
}

function encode (payload: unknown): Buffer {
  return Buffer.from(typeof payload === 'string' ? payload : JSON.stringify(payload))
}

/** RFC 7515 section 2: no padding, no line ends, no bits left over. */
function decodeBase64url (text: string): Buffer {
  const bytes = Buffer.from(text, 'base64url')
  if (bytes.toString('base64url') === text) return bytes
  throw new RequestError('ERR_BAD_REQUEST', 'payload_b64u is not base64url without padding', { field: 'payload_b64u', hint: 'encode it as RFC 7515 section 2 says' })
}
