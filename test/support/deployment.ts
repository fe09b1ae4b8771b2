// A jwksd as an operator would set it up, in the test's own directory: configuration, keys, certificate, API key.
// Each test changes only what it is about.

import { mkdir, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { stringify } from 'yaml'
import { makeApiKey } from '../../src/core/clients/api-key.ts'
import { type Certificate, issueCertificate, makeAuthority } from './certificates.ts'
import { privatePem } from './keys.ts'

/** The part of a tap test that is needed here. */
interface TestDirectory { testdir: () => string }

/** `directory` and `file` are absolute paths, `ca` is PEM. */
export interface Deployment {
  readonly directory: string
  /** The configuration. */
  readonly file: string
  readonly authority: Certificate
  /** What a client must trust. */
  readonly ca: string
  /** The API key of the client `app`. */
  readonly apiKey: string
  readonly keys: string
  readonly audit: string
}

interface DeploymentOptions {
  /** PEM texts by path below the key directory (default: one P-256 key, `default.pem`). Private ones get mode 0600. */
  keys?: Record<string, string>
  /** Fields of the configuration that replace the usual ones; undefined removes one. */
  config?: Record<string, unknown>
  /** Changes the client `app`: `{ profiles: [...], rate: '2/h' }`. */
  client?: Record<string, unknown>
}

// Certificates are made once for all deployments of a process.
let made: Promise<Certificate> | undefined
const issued = new Map<string, Promise<Certificate>>()

async function theAuthority (): Promise<Certificate> {
  return await (made ??= makeAuthority())
}

async function certificateOf (hostname: string): Promise<Certificate> {
  const found = issued.get(hostname) ?? theAuthority().then(async authority => await issueCertificate(authority, ['localhost', hostname]))
  issued.set(hostname, found)
  return await found
}

/** Writes a configuration with one listener on a free loopback port, a profile `plain` and a client `app`. */
export async function deploy (t: TestDirectory, { keys, config = {}, client = {} }: DeploymentOptions = {}): Promise<Deployment> {
  const directory = t.testdir()
  const authority = await theAuthority()
  const { hostname } = new URL(String(config.url ?? 'https://localhost'))
  const { cert, key } = await certificateOf(hostname)
  const { token, id, sha256 } = makeApiKey()
  const write = async (name: string, text: string): Promise<void> => {
    const file = path.join(directory, name)
    await mkdir(path.dirname(file), { recursive: true, mode: 0o700 })
    await writeFile(file, text, { mode: 0o600 })
  }
  await mkdir(path.join(directory, 'keys'), { mode: 0o700 })
  for (const [name, pem] of Object.entries(keys ?? { 'default.pem': privatePem('P-256') })) await write(path.join('keys', name), pem)
  await write('tls/cert.pem', cert + authority.cert)
  await write('tls/key.pem', key)
  await write('tls/ca.pem', authority.cert)
  await write('jwksd.yaml', stringify({
    url: 'https://localhost',
    listen: '127.0.0.1:0',
    keys: 'keys',
    tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' },
    sign: { listen: 'public' },
    audit: { file: 'audit.jsonl' },
    drain: '0s',
    profiles: { plain: { preset: 'jwt' } },
    clients: { app: { auth: [{ apiKey: { id, sha256 } }], profiles: ['plain'], ...client } },
    ...config
  }, { aliasDuplicateObjects: false }))
  return {
    directory,
    file: path.join(directory, 'jwksd.yaml'),
    authority,
    ca: authority.cert,
    apiKey: token,
    keys: path.join(directory, 'keys'),
    audit: path.join(directory, 'audit.jsonl')
  }
}
