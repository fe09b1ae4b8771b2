// A token's text → its parts: the compact form, or a JSON serialization of RFC 7515. Reports what makes a server reject the
// text before it reads it (quotes, a "Bearer " in front, line ends, padding, a part that is cut off), and reads on where it can.

import type { FlattenedJWS } from 'jose'
import { parseJson } from '../core/keys/form.ts'
import type { Serialization } from '../core/tokens/preset.ts'
import type { Claims } from '../core/tokens/profile.ts'
import type { Finding } from './finding.ts'

export interface OpenedToken {
  readonly protectedHeader: Claims
  readonly unprotectedHeader: Claims
  /** As it was signed; without `payload` where it is detached and was not given. */
  readonly jws: Omit<FlattenedJWS, 'payload'> & { readonly payload?: string }
  readonly form: Serialization
  /** Characters of the text. */
  readonly length: number
}

export interface Opened { readonly token?: OpenedToken, readonly findings: readonly Finding[] }

const COMPACT = 'RFC 7515 section 7.1'
const ONLY_TOKEN = 'send the token and nothing else'

/** What people copy together with a token: taken off in this order. */
const WRAPPINGS: ReadonlyArray<readonly [check: string, pattern: RegExp, inside: string, seen: string]> = [
  ['token-prefix', /^["'`\s]*(authorization:\s*)?bearer\s+/i, '', 'begins with "Bearer", which belongs to a header of HTTP and is no part of the token'],
  ['token-prefix', /^.*?\b(?:client_)?assertion=([^&]*).*$/s, '$1', 'is a form with the token in one of its fields'],
  ['token-quotes', /^[\s"'`]*["'`]|["'`][\s"'`]*$/g, '', 'has quotes around it'],
  ['token-whitespace', /\s+/g, '', 'has spaces or line ends around it or in it']
]

/**
 * @param text as it is in a file: one line end after it is no fault
 * @param detached the payload of a token that does not carry it
 */
export function openToken (text: string, detached?: Buffer): Opened {
  const findings: Finding[] = []
  const line = text.replace(/\r?\n$/, '')
  const json = parseJson(line)
  const { token, jws = json } = json ?? {}
  if (json && typeof token !== 'string') return openJson((jws ?? {}) as Claims, line.length, { detached, findings })
  if (json) findings.push({ check: 'token-answer', level: 'warning', seen: 'the file has the whole answer of POST /sign', hint: 'send only the value of its member "token"' })
  let rest = json ? token as string : line
  for (const [check, pattern, inside, seen] of WRAPPINGS) {
    const stripped = rest.replace(pattern, inside)
    if (stripped !== rest) findings.push({ check, level: 'fault', seen: `the token ${seen}`, source: COMPACT, hint: ONLY_TOKEN })
    rest = stripped
  }
  return openCompact(rest, { detached, findings })
}

interface Opening { readonly detached: Buffer | undefined, readonly findings: Finding[] }

type Parts = Omit<FlattenedJWS, 'payload'> & { readonly payload: string }

function openCompact (text: string, { detached, findings }: Opening): Opened {
  const parts = text.split('.')
  const wrong = (check: string, seen: string, hint: string): Opened =>
    ({ findings: [...findings, { check, level: 'fault', seen, source: COMPACT, hint }] })
  if (parts.length === 5) return wrong('token-encrypted', 'the token is encrypted: five parts are a JWE', 'send a signed token')
  if (parts.length !== 3) {
    return wrong('token-parts', `the token has ${parts.length} ${parts.length === 1 ? 'part' : 'parts'} between dots instead of 3`,
      'copy the whole token: header, payload and signature')
  }
  const [header, payload, signature] = parts.map((part, i) => readPart(part, ['header', 'payload', 'signature'][i]!, findings)) as [string, string, string]
  const isDetached = payload === ''
  return open({ protected: header, payload, signature }, { form: isDetached ? 'detached' : 'compact', length: text.length, detached, findings })
}

/** base64url without padding; what other encodings add is reported and put right. */
function readPart (part: string, name: string, findings: Finding[]): string {
  const right = part.replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '')
  const add = (check: string, seen: string, hint: string): void => {
    findings.push({ check, level: 'fault', seen: `the ${name} ${seen}`, source: 'RFC 7515 section 2', hint })
  }
  if (/[^\w-]/.test(right)) add('token-encoding', 'has characters that are not base64url', 'copy the token again')
  else if (right !== part) add('token-encoding', 'is base64 with padding or with "+" and "/"', 'encode it as base64url without padding')
  else if (right.length % 4 === 1) add('token-truncated', 'is cut off: its length is impossible', 'copy the whole token')
  return right
}

/** Flattened or general JSON (RFC 7515 section 7.2). Only the first of several signatures is looked at. */
function openJson (jws: Claims, length: number, { detached, findings }: Opening): Opened {
  const { signatures, payload } = jws
  const general = Array.isArray(signatures)
  const { protected: encoded, header, signature } = (general ? signatures[0] ?? {} : jws) as Claims
  if (typeof encoded !== 'string' || typeof signature !== 'string' || !['string', 'undefined'].includes(typeof payload)) {
    return {
      findings: [...findings, {
        check: 'token-parts', level: 'fault', seen: 'the JSON lacks protected, payload or signature as texts', source: 'RFC 7515 section 7.2', hint: 'copy the whole JWS'
      }]
    }
  }
  return open({ protected: encoded, payload: payload as string ?? '', signature, ...(header instanceof Object && { header: header as Claims }) },
    { form: general ? 'general' : 'flattened', length, detached, findings })
}

function open ({ payload: carried, ...jws }: Parts, { form, length, detached, findings }: Opening & Pick<OpenedToken, 'form' | 'length'>): Opened {
  const protectedHeader = parseJson(Buffer.from(jws.protected!, 'base64url').toString())
  if (!protectedHeader || Array.isArray(protectedHeader)) {
    const seen = 'the header is not a JSON object'
    return { findings: [...findings, { check: 'token-header', level: 'fault', seen, source: 'RFC 7515 section 5.2', hint: 'copy the whole token' }] }
  }
  const given = protectedHeader.b64 === false ? detached?.toString() : detached?.toString('base64url')
  const payload = carried === '' ? given : carried
  const signed = { ...jws, ...payload !== undefined && { payload } }
  return { token: { protectedHeader, unprotectedHeader: (jws.header ?? {}) as Claims, jws: signed, form, length }, findings }
}
