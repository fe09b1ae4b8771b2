// Starts jwksd's built program as in production: two listeners, an API key, policy, audit log and metrics.

import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { ALGS } from './peers/site.ts'
import { findPort, JWKS_PATH, type Server, startProgram } from './program.ts'
// The built program's own file, since a made-up API key would be refused.
const { makeApiKey } = await import(new URL('../../dist/core/clients/api-key.js', import.meta.url).href) as { makeApiKey: () => { token: string, id: string, sha256: string } }

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))

export interface Jwksd extends Server {
  /** Where it signs. */
  readonly internal: string
  readonly token: string
}

export interface Setup {
  readonly directory: string
  /** Directory of cert.pem and key.pem. */
  readonly tls: string
  /** Directory of key files. */
  readonly keys: string
  readonly clients?: number
  /** The members of each profile beside its preset. */
  readonly profiles?: Readonly<Record<string, string>>
}

/** One profile for each alg of the default set. */
const PROFILES = Object.fromEntries(ALGS.map(alg => [alg.toLowerCase(), `set: default, alg: ${alg}`]))

/** @returns the running server; `token` is of a client that may use the first three profiles, each other one may use one */
export async function startJwksd ({ directory, tls, keys, clients = 1, profiles = PROFILES }: Setup): Promise<Jwksd> {
  mkdirSync(directory, { recursive: true })
  const { token, id, sha256 } = makeApiKey()
  const names = Object.keys(profiles)
  const client = (name: string, key: { id: string, sha256: string }, may: readonly (string | undefined)[]): string =>
    `  ${name}: { auth: [{ apiKey: { id: ${key.id}, sha256: "${key.sha256}" } }], profiles: [${may.join(', ')}] }`
  const others = Array.from({ length: clients - 1 }, (_, n) => client(`client-${n}`, makeApiKey(), [names[n % names.length]]))
  const [port, internalPort] = [await findPort(), await findPort()]
  const file = path.join(directory, 'jwksd.yaml')
  writeFileSync(file, `url: https://localhost:${port}
listen: 127.0.0.1:${port}
keys: ${keys}
tls: { cert: ${tls}/cert.pem, key: ${tls}/key.pem }
sign: { listen: 127.0.0.1:${internalPort} }
audit: { file: audit.jsonl }
profiles:
${Object.entries(profiles).map(([name, members]) => `  ${name}: { preset: jwt, ${members} }`).join('\n')}
clients:
${[client('bench', { id, sha256 }, names.slice(0, 3)), ...others].join('\n')}
`)
  const internal = `https://localhost:${internalPort}`
  const urls = [`https://localhost:${port}${JWKS_PATH}`, `${internal}/readyz`]
  const server = await startProgram({ name: 'jwksd', command: [process.execPath, MAIN, 'serve', '--config', file], port, urls })
  return { ...server, internal, token }
}
