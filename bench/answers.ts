// Checks what the contenders answer: every JWK Set has the same public keys, and jose verifies tokens with the set of
// the server that signed them. A benchmark of wrong answers would be worth nothing.

import { createLocalJWKSet, type JSONWebKeySet, jwtVerify } from 'jose'
import { request } from 'undici'
import type { Running } from './contenders.ts'
import type { Target } from './load.ts'
import { ALGS, type Alg } from './peers/site.ts'
import { dispatcher, JWKS_PATH } from './program.ts'

/** Tokens checked of each server and alg, before and after the rounds. */
const SAMPLE = 5

async function ask ({ url, body, headers = {} }: Target): Promise<unknown> {
  const answer = await request(url, { dispatcher, method: body === undefined ? 'GET' : 'POST', headers, ...(body !== undefined && { body }) })
  const text = await answer.body.text()
  if (answer.statusCode !== 200) throw new Error(`${url} answers ${answer.statusCode}: ${text}`)
  return JSON.parse(text) as unknown
}

/** The public halves of the keys, in one order. */
const publicHalves = ({ keys }: JSONWebKeySet): string => keys.map(({ kty, crv, n, e, x, y }) => JSON.stringify({ kty, crv, n, e, x, y })).sort().join('\n')

async function checkTokens (sign: Target, alg: Alg, jwks: JSONWebKeySet): Promise<void> {
  for (let count = 0; count < SAMPLE; count++) {
    const { token, access_token: accessToken } = await ask(sign) as { token?: string, access_token?: string }
    await jwtVerify(token ?? accessToken ?? '', createLocalJWKSet(jwks), { algorithms: [alg] })
  }
}

/** @returns how many tokens were verified; @throws Error that names the server whose answer is wrong */
export async function checkAnswers (servers: readonly Running[]): Promise<number> {
  let verified = 0
  let model: string | undefined
  for (const { name, origin, sign } of servers) {
    try {
      const jwks = await ask({ url: origin + JWKS_PATH }) as JSONWebKeySet
      model ??= publicHalves(jwks)
      if (publicHalves(jwks) !== model) throw new Error('its JWK Set has other keys')
      for (const alg of sign ? ALGS : []) await checkTokens(sign!(alg), alg, jwks)
      if (sign) verified += ALGS.length * SAMPLE
    } catch (error) {
      throw new Error(`${name} answers wrongly`, { cause: error })
    }
  }
  return verified
}
