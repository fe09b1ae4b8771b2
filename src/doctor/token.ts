// The doctor of a token: would this vendor, with this JWK Set, accept it now? Pure; never repeats the token or values of
// claims that can be personal.

import type { JWK } from 'jose'
import { parseJson } from '../core/keys/form.ts'
import { type Expected, checkClaims } from './token-claims.ts'
import type { Finding } from './finding.ts'
import { type OpenedToken, openToken } from './token-form.ts'
import { checkAlg, checkHeader } from './token-header.ts'
import { checkKey } from './token-key.ts'
import { addVendorTerms } from './vendor-terms.ts'

export interface TokenOptions extends Expected {
  /** Text of the JWK Set. */
  readonly jwks: string
  /** Payload of a detached token. */
  readonly payload?: Buffer
}

/** Requests with longer headers are refused by common servers: Node takes 16 KiB in all, nginx 8 KiB. */
const LONG = 8000

/**
 * Every finding about a token.
 * @param text as it is in a file or was copied
 */
export function checkToken (text: string, options: TokenOptions): Finding[] {
  const { token, findings } = openToken(text, options.payload)
  return addVendorTerms(token ? [...findings, ...checkOpened(token, options)] : findings, options.preset)
}

function checkOpened (token: OpenedToken, options: TokenOptions): Finding[] {
  const { jwks, preset, url } = options
  const { protectedHeader, jws: { payload }, form, length } = token
  const { alg, findings } = checkAlg(protectedHeader, preset)
  const keys = readKeys(jwks)
  const key = alg && keys ? checkKey(token, keys, { alg, ...preset && { preset } }) : { findings: [] }
  const zip = protectedHeader.zip === 'DEF'
  const bytes = payload === undefined ? undefined : Buffer.from(payload, protectedHeader.b64 === false ? 'utf8' : 'base64url')
  return [
    { check: 'token-form', level: 'ok', seen: `a ${form} token of ${length} characters${alg ? `, signed with ${alg}` : ''}` },
    ...length > LONG ? [{ check: 'token-length', level: 'warning' as const, seen: `the token has ${length} characters`, source: 'nginx, large_client_header_buffers', hint: 'leave claims out: servers refuse long headers' }] : [],
    ...findings,
    ...checkHeader(token, { ...preset && { preset }, ...url !== undefined && { url } }),
    ...keys ? [] : [{ check: 'jwks', level: 'fault' as const, seen: 'the JWK Set is not a JSON object with an array of keys', source: 'RFC 7517 section 5', hint: 'look at what the URL answers' }],
    ...key.findings,
    ...bytes ? checkClaims(bytes, { zip, expected: options, ...key.jwk && { jwk: key.jwk } }) : []
  ]
}

/** The keys of a JWK Set, or undefined where the text is none. */
export function readKeys (jwks: string): JWK[] | undefined {
  const keys = parseJson(jwks)?.keys
  return Array.isArray(keys) ? keys.filter(key => typeof key === 'object' && key !== null) : undefined
}
