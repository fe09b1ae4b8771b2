// Quickstart: what `npm start` creates on a fresh checkout to sign and verify a first token at once.
// Creates only what is missing, loopback only. Never used where a configuration was given.

import { createHash, X509Certificate } from 'node:crypto'
import { mkdir, readFile } from 'node:fs/promises'
import path from 'node:path'
import { configText } from '../config/config-text.ts'
import type { Environment } from '../config/types.ts'
import { parseAddress } from '../config/units.ts'
import { apiKeyId, hashApiKey, makeApiKey } from '../core/clients/api-key.ts'
import { collectFaults, fault, FaultsError } from '../core/errors.ts'
import type { Key } from '../core/keys/key.ts'
import { type KeySet, unorderedKeys } from '../core/keys/key-set.ts'
import { generateKeyFile } from '../keystore/generate.ts'
import { KeyCache } from '../keystore/key-cache.ts'
import { readKeySets } from '../keystore/key-sets.ts'
import { QUICKSTART_CONFIG } from './io.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { LOCALHOST, selfSign } from './self-signed.ts'

const DIRECTORY = path.dirname(QUICKSTART_CONFIG)
export const DEV_TOKEN = path.join(DIRECTORY, 'dev-token')
export const QUICKSTART_CERT = path.join(DIRECTORY, 'tls', 'cert.pem')
const QUICKSTART_TLS_KEY = path.join(DIRECTORY, 'tls', 'key.pem')
const LISTEN = '127.0.0.1:8443'
const CERT_DAYS = 365
const DAY = 86400

/**
 * Makes key, certificate, API key and configuration where they are missing.
 * @param now NumericDate (seconds)
 * @param cache keeps the parsed keys for the server
 * @returns the environment to load the configuration with
 * @throws FaultsError when JWKSD_LISTEN is not a loopback address, or the key directory has a bad file
 */
export async function prepareQuickstart (env: Environment, now: number, cache = new KeyCache()): Promise<Environment> {
  const listen = env.JWKSD_LISTEN || undefined
  if (listen !== undefined) requireLoopback(listen)
  const keys = env.JWKSD_KEYS || 'keys'
  await mkdir(keys, { recursive: true, mode: 0o700 })
  const found = await readSets(keys, env, cache)
  const sets = found.length > 0 ? found : await makeFirstKey(keys, env, now, cache)
  await prepareCertificate(now)
  await prepareConfig(await prepareDevToken(), sets, keys)
  return listen === undefined ? env : { JWKSD_URL: `https://localhost:${listen.split(':').at(-1)}`, ...env }
}

/** @throws FaultsError unless the address is a loopback address */
export function requireLoopback (listen: string): void {
  const address = collectFaults([], () => parseAddress(listen))
  if (address && (/^127(\.\d{1,3}){3}$/.test(address.host) || ['::1', 'localhost'].includes(address.host))) return
  throw fault(listen, 'quickstart mode listens on loopback only, since it makes its own keys and certificate',
    'write a jwksd.yaml (start from jwksd.example.yaml) to listen elsewhere')
}

async function makeFirstKey (keys: string, env: Environment, now: number, cache: KeyCache): Promise<KeySet[]> {
  await generateKeyFile({ directory: keys, set: 'default', alg: 'RS384', bits: 3072, now })
  return await readSets(keys, env, cache)
}

async function readSets (keys: string, env: Environment, cache: KeyCache): Promise<KeySet[]> {
  const { sets, fileFaults, setFaults, unread, warnings } = await readKeySets({ keys, sets: new Map() }, env, { cache })
  const faults = [...fileFaults, ...setFaults]
  if (faults.length > 0) throw new FaultsError(faults, warnings)
  const filled = [...sets.values()].filter(({ keys }) => keys.length > 0)
  // Where the user has a key that is only misnamed, quickstart must not add one that is registered nowhere.
  if (filled.length === 0 && unread.length > 0) throw new FaultsError(unread)
  return filled
}

async function readIfThere (file: string): Promise<string | undefined> {
  return await readFile(file, 'utf8').catch(() => undefined)
}

async function prepareCertificate (now: number): Promise<void> {
  const [cert, key] = [await readIfThere(QUICKSTART_CERT), await readIfThere(QUICKSTART_TLS_KEY)]
  if (cert && key && Date.parse(new X509Certificate(cert).validTo) / 1000 > now + DAY) return
  const made = await selfSign({ ...LOCALHOST, now, days: CERT_DAYS })
  await writeFileSafely(QUICKSTART_TLS_KEY, made.key, 0o600)
  await writeFileSafely(QUICKSTART_CERT, made.cert, 0o644)
}

async function prepareDevToken (): Promise<string> {
  const kept = (await readIfThere(DEV_TOKEN))?.trim()
  if (kept && apiKeyId(kept)) return kept
  const { token } = makeApiKey()
  await writeFileSafely(DEV_TOKEN, token + '\n', 0o600)
  return token
}

const SEAL = '# Made by quickstart and remade with the keys it finds, until you edit it. Seal: '

/** Writes the configuration when it is missing, or when it is still as quickstart wrote it and the keys changed. */
async function prepareConfig (devToken: string, sets: readonly KeySet[], keys: string): Promise<void> {
  const body = quickstartText(devToken, draftProfiles(sets), path.relative(DIRECTORY, keys))
  const kept = await readIfThere(QUICKSTART_CONFIG)
  const [first, ...rest] = kept?.split('\n') ?? []
  if (kept !== undefined && first !== SEAL + sealOf(rest.join('\n'))) return
  await writeFileSafely(QUICKSTART_CONFIG, `${SEAL}${sealOf(body)}\n${body}`, 0o600)
}

function sealOf (text: string): string {
  return createHash('sha256').update(text).digest('hex').slice(0, 16)
}

interface DraftProfile { name: string, set: string, alg: string, key?: string }

/** One profile for each line of succession; where keys have no dates, one for each key. */
function draftProfiles (sets: readonly KeySet[]): DraftProfile[] {
  const canSign = ({ privateKey, revoked }: Key): boolean => privateKey !== undefined && revoked === undefined
  // Where every key is revoked the profiles stay: the next keys are made for them.
  const isUsed = sets.some(set => set.keys.some(canSign)) ? canSign : ({ privateKey }: Key): boolean => privateKey !== undefined
  const drafts = sets.flatMap(set => {
    return [...new Set(set.keys.filter(isUsed).map(({ alg }) => alg))].flatMap((alg): DraftProfile[] => {
      const unordered = unorderedKeys(set, alg).filter(isUsed)
      if (unordered.length === 0) return [{ name: `${set.name}-${alg.toLowerCase()}`, set: set.name, alg }]
      return unordered.map(({ file, alg }) => {
        const key = path.basename(file)
        return { name: `${set.name}-${key.replace(/\.pem$/, '').toLowerCase().replace(/[^a-z0-9_-]+/g, '-')}`, set: set.name, alg, key }
      })
    })
  })
  return drafts.length === 1 ? [{ ...drafts[0]!, name: 'default' }] : drafts.sort((a, b) => a.name < b.name ? -1 : 1)
}

function quickstartText (devToken: string, drafts: readonly DraftProfile[], keys: string): string {
  return configText({
    heading: ['A real configuration: edit it here, or copy it to ./jwksd.yaml and adapt the paths, which are relative to it.'],
    url: 'https://localhost:8443',
    listen: LISTEN,
    keys,
    tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' },
    sign: 'public',
    audit: 'audit.jsonl',
    sets: {},
    profiles: Object.fromEntries(drafts.map(({ name, ...fields }) => [name, { preset: 'jwt', ...fields }])),
    client: { name: 'dev', note: `its API key is in ${DEV_TOKEN}`, apiKey: { id: apiKeyId(devToken)!, sha256: hashApiKey(devToken).toString('hex') } }
  })
}
