// What all contenders serve: keys, certificates, the JWK Set and its headers, in a directory of their own.

import { execFileSync } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { request } from 'undici'
import { CONTENDERS, missing, type Running } from './contenders.ts'
import type { Alg, Site } from './peers/site.ts'
import { dispatcher, findPort, JWKS_PATH, type Server } from './program.ts'

export type Certificate = 'EC' | 'RSA'
/** Headers that a server sets by itself. */
const OWN_HEADERS = ['date', 'connection', 'keep-alive', 'content-length', 'etag']

/** Writes a new private key. @param notes lines above it; @returns its path */
export function writeKey (file: string, kind: 'EC' | { bits: number }, notes = ''): string {
  const { privateKey } = kind === 'EC' ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('rsa', { modulusLength: kind.bits })
  writeFileSync(file, notes + privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(), { mode: 0o600 })
  return file
}

/** Writes a certificate for localhost and its key. @returns their directory */
export function writeCertificate (directory: string, type: Certificate): string {
  mkdirSync(directory)
  const key = type === 'EC' ? ['ec', '-pkeyopt', 'ec_paramgen_curve:P-256'] : ['rsa:2048']
  execFileSync('openssl', ['req', '-x509', '-nodes', '-days', '90', '-subj', '/CN=localhost', '-addext', 'subjectAltName=DNS:localhost',
    '-newkey', ...key, '-keyout', path.join(directory, 'key.pem'), '-out', path.join(directory, 'cert.pem')], { stdio: 'ignore' })
  return directory
}

/** Keys of the three algs: one directory, as jwksd reads it. */
export function writeKeys (directory: string): Record<Alg, string> {
  mkdirSync(directory, { mode: 0o700 })
  const at = (alg: Alg): string => path.join(directory, `${alg}.pem`)
  return {
    RS384: writeKey(at('RS384'), { bits: 3072 }),
    RS256: writeKey(at('RS256'), { bits: 2048 }, '# alg: RS256\n'),
    ES256: writeKey(at('ES256'), 'EC')
  }
}

/** Starts every contender that can run here. @param say gets a line for each that cannot */
export async function startAll (directory: string, { keys, tls }: Pick<Site, 'keys' | 'tls'>, say: (line: string) => void): Promise<Running[]> {
  const running: Running[] = []
  for (const [index, contender] of CONTENDERS.entries()) {
    const [jwks, headers] = ['jwks.json', 'headers.json'].map(file => path.join(directory, file)) as [string, string]
    const site = { port: await findPort(), tls, keys, jwks, headers }
    const own = path.join(directory, String(index))
    mkdirSync(own, { recursive: true })
    try {
      const lacks = missing(contender)
      if (lacks) throw new Error(lacks)
      running.push({ ...await contender.start(site, own), name: contender.name })
      if (index === 0) await writeModel(running[0]!, site)
    } catch (error) {
      if (index === 0) throw error
      say(`NOT COMPARED: ${contender.name}: ${(error as Error).message}`)
    }
  }
  return running
}

export async function stopAll (servers: readonly Server[]): Promise<void> {
  for (const { stop } of servers) await stop()
}

/** The JWK Set and the headers of jwksd, for the others. */
async function writeModel ({ origin }: Server, { jwks, headers }: Site): Promise<void> {
  const model = await request(origin + JWKS_PATH, { dispatcher })
  writeFileSync(jwks, await model.body.text())
  writeFileSync(headers, JSON.stringify(Object.fromEntries(Object.entries(model.headers).filter(([name]) => !OWN_HEADERS.includes(name)))))
}
