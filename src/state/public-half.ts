// What a process needs that only publishes: no private key, no client, no profile. Plain data, member by member, so that
// it can be sent to another process, which cannot sign with it.

import { createPublicKey } from 'node:crypto'
import type { Config } from '../config/types.ts'
import type { Key } from '../core/keys/key.ts'
import type { KeySet } from '../core/keys/key-set.ts'
import type { Loaded } from './load.ts'
import type { TlsMaterial } from './tls.ts'

type PublicKey = Omit<Key, 'publicKey' | 'privateKey' | 'certificate'>
type SetOf<K> = Omit<KeySet, 'keys'> & { readonly keys: readonly K[] }

/** As the snapshot has them. */
interface Sets<K> {
  readonly sets: ReadonlyMap<string, SetOf<K>>
  readonly published: ReadonlyMap<string, ReadonlyArray<SetOf<K>>>
}

export interface PublicHalf extends Sets<PublicKey> {
  /** The audit log, the ledger, published files and orders of certificates belong to the main process. */
  readonly config: Omit<Config, 'url' | 'acme' | 'sign' | 'audit' | 'ledger' | 'redis' | 'publish'> & { readonly url: string }
  readonly tls: TlsMaterial
  /** Fetches are recorded, and handed to the main process. */
  readonly recordsFetches: boolean
}

/** The public half of a state with a public listener. */
export function publicHalf ({ config: whole, snapshot, publicTls }: Loaded): PublicHalf {
  const { acme: _, sign: __, audit: ___, publish: ____, ledger, redis, url, ...config } = whole
  const withoutClients = { ...config, profiles: new Map(), issuers: new Map(), clients: new Map(), presets: new Map(), url: url.href }
  return { config: withoutClients, ...mapKeys(snapshot, toPublic), tls: publicTls!, recordsFetches: (ledger ?? redis) !== undefined }
}

/** The state of the process that was handed a public half. */
export function fromPublicHalf ({ config, tls, recordsFetches: _, ...half }: PublicHalf): Loaded {
  // Made when it is asked for: to make a thousand takes as long as a request may wait.
  const snapshot = mapKeys(half, (key): Key => ({ ...key, get publicKey () { return createPublicKey(key.publicPem) } }))
  return {
    listeners: 'public',
    config: { ...config, url: new URL(config.url) },
    snapshot: { ...snapshot, policy: { profiles: new Map(), clients: new Map() } },
    publicTls: tls,
    skipped: [],
    warnings: [],
    sources: { files: [], keys: config.keys }
  }
}

function toPublic (key: Key): PublicKey {
  const { file, kid, alg, otherFiles, activates, held, revoked, jwk, kind, publicPem, spkiSha256, members, kids } = key
  const dates = { ...(activates !== undefined && { activates }), ...(held && { held }), ...(revoked !== undefined && { revoked }) }
  return { file, kid, alg, otherFiles, jwk, kind, publicPem, spkiSha256, members, kids, ...dates }
}

/** A set that is published under several names stays one set. */
function mapKeys<From, To> ({ sets, published }: Sets<From>, change: (key: From) => To): Sets<To> {
  const known = new Map<SetOf<From>, SetOf<To>>()
  const changeSet = (set: SetOf<From>): SetOf<To> => {
    const changed = known.get(set) ?? { ...set, keys: set.keys.map(change) }
    known.set(set, changed)
    return changed
  }
  return {
    sets: new Map([...sets].map(([name, set]) => [name, changeSet(set)])),
    published: new Map([...published].map(([name, members]) => [name, members.map(changeSet)]))
  }
}
