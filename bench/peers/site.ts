// What the benchmark gives to a peer that runs in Node, in one argument of JSON.

import { createPrivateKey, type KeyObject } from 'node:crypto'
import { readFileSync } from 'node:fs'

export const ALGS = ['RS384', 'RS256', 'ES256'] as const
export type Alg = typeof ALGS[number]

/** Where a contender runs, and the files that all of them serve. */
export interface Site {
  readonly port: number
  /** Directory with cert.pem and key.pem. */
  readonly tls: string
  /** File with the JWK Set: the bytes that every contender serves, unless its library makes them itself. */
  readonly jwks: string
  /** File with the headers that jwksd sends with it, as a JSON object. */
  readonly headers: string
  /** Key files, PKCS#8. */
  readonly keys: Readonly<Record<Alg, string>>
}

export interface SiteContent {
  readonly port: number
  readonly cert: Buffer
  readonly key: Buffer
  readonly jwks: Buffer
  readonly headers: Readonly<Record<string, string>>
  readonly keys: Readonly<Record<Alg, KeyObject>>
}

/** The first argument of the program, with the files that it names. */
export function readSite (): SiteContent {
  const { port, tls, jwks, headers, keys } = JSON.parse(process.argv[2]!) as Site
  const entries = ALGS.map(alg => [alg, createPrivateKey(readFileSync(keys[alg]))])
  return {
    port,
    cert: readFileSync(`${tls}/cert.pem`),
    key: readFileSync(`${tls}/key.pem`),
    jwks: readFileSync(jwks),
    headers: JSON.parse(readFileSync(headers, 'utf8')) as Record<string, string>,
    keys: Object.fromEntries(entries) as Record<Alg, KeyObject>
  }
}
