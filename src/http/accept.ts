// What a caller of /sign wants in its answer (RFC 9110 section 12.5.1), and what it sends (sections 8.3 and 8.4). Rejects
// bodies that are compressed or in another charset than UTF-8.

import type { IncomingHttpHeaders } from 'node:http'
import { RequestError } from '../core/errors.ts'
import type { ResultMember } from '../signing/signer.ts'

/** Media types of RFC 7515 section 9.2 and RFC 7519 section 10.3, and the one member of the answer that each asks for. */
const MEMBERS = new Map<string, ResultMember>([['application/jose', 'token'], ['application/jwt', 'token'], ['application/jose+json', 'jws']])
/** Ranges that the whole answer satisfies. */
const WHOLE = ['application/json', 'application/*', '*/*']

/** A form of the answer that a caller takes: one member, by itself, or the whole answer. */
export interface Accepted { readonly type: string, readonly member: ResultMember | 'whole' }

const ANYTHING: readonly Accepted[] = [{ type: 'application/json', member: 'whole' }]

/** What the caller takes, best first: the highest `q` decides, then the order. Who asks for none of these types gets the whole answer. */
export function readAccept (accept = ''): readonly Accepted[] {
  if (!/jose|jwt/i.test(accept)) return ANYTHING
  const accepted = accept.toLowerCase().split(',').map(range => {
    const [type, ...parameters] = range.split(';').map(part => part.trim())
    return { type: type!, q: Number(/^q=(.*)$/.exec(parameters.find(one => one.startsWith('q=')) ?? 'q=1')![1]) }
  }).filter(({ type, q }) => q > 0 && (MEMBERS.has(type) || WHOLE.includes(type))).sort((a, b) => b.q - a.q)
  return accepted.length === 0 ? ANYTHING : accepted.map(({ type }) => ({ type, member: MEMBERS.get(type) ?? 'whole' }))
}

/** @throws RequestError ERR_UNSUPPORTED_MEDIA_TYPE before a byte of the body is read */
export function checkBodyForm ({ 'content-encoding': coding, 'content-type': type = '' }: IncomingHttpHeaders): void {
  if (coding !== undefined && coding.toLowerCase() !== 'identity') {
    throw new RequestError('ERR_UNSUPPORTED_MEDIA_TYPE', 'the body is compressed (Content-Encoding)', { hint: 'send it uncompressed' })
  }
  const charset = /;\s*charset\s*=\s*"?([^\s";]+)/i.exec(type)?.[1]
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset)) {
    throw new RequestError('ERR_UNSUPPORTED_MEDIA_TYPE', 'the body is in another charset than UTF-8', { hint: 'send UTF-8 (RFC 8259 section 8.1)' })
  }
}
