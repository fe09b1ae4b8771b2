// The configuration as the program uses it: parsed, with defaults, paths absolute, durations in seconds.

import type { IdentityProvider } from '../core/clients/jwt-bearer.ts'
import type { Client } from '../core/clients/policy.ts'
import type { Preset } from '../core/tokens/preset.ts'
import type { Profile } from '../core/tokens/profile.ts'
import type { SetRules } from '../core/keys/key-set.ts'
import type { Margins } from '../core/keys/rotation.ts'
import type { Address } from './units.ts'

/** Environment variables, as `process.env` has them. */
export type Environment = Readonly<Record<string, string | undefined>>

export interface TlsFiles { readonly cert: string, readonly key: string, readonly clientCa?: string }

/** How a certificate authority issues the public listener's certificate (RFC 8555). Paths are absolute. */
export interface AcmeConfig {
  /** Directory URL of the authority. */
  readonly directory: URL
  /** DNS name that the certificate is for. */
  readonly host: string
  readonly email?: string
  /** Where HTTP-01 is answered; absent: TLS-ALPN-01 on the public listener. */
  readonly http01?: Address
  /** CA certificates that vouch for the directory URL instead of the public ones. */
  readonly ca?: string
  /** The certificate with its private key. */
  readonly certificate: string
  readonly account: string
  /** What has failed since the last certificate, and when it is tried again. */
  readonly attempts: string
}

/** A set's rules and the names of the sets that it publishes besides its own keys. */
export interface SetConfig extends SetRules {
  readonly include: readonly string[]
  /** Ed25519 keys are allowed beside RSA or EC keys. */
  readonly mixed?: boolean
  /** The server rotates the set's keys itself when they reach this age; absent: `jwksd rotate` does, when asked. Seconds. */
  readonly rotation?: { readonly every: number }
}

/** A vendor's machine: who is meant by its name. Both conditions must hold where both are given. */
export interface ConsumerConfig {
  /** The set whose URL it fetches. */
  readonly set: string
  /** Networks in CIDR notation; empty: any address. */
  readonly from: readonly string[]
  /** Part of its User-Agent, in upper or lower case. */
  readonly userAgent?: string
}

/** A profile before its alg is settled by the keys of its set. */
export interface ProfileConfig extends Omit<Profile, 'alg'> {
  readonly alg?: Profile['alg']
  /** Names of the claims that it forces. */
  readonly forced: readonly string[]
}

export interface AuditConfig {
  /** Absolute path of a file or FIFO; absent: standard output. */
  readonly file?: string
  /** When records are brought to the disk. */
  readonly sync: 'none' | 'second' | 'each'
  /** A key of `set` signs the state of the chain every so many seconds. */
  readonly checkpoint?: { readonly set: string, readonly every: number }
}

export interface Config {
  readonly url: URL
  readonly listen: Address
  /** Absolute path of the key directory. */
  readonly keys: string
  readonly onBadKey: 'fail' | 'skip'
  /** Certificate and key of the public listener: one file where acme issues it. */
  readonly tls: TlsFiles
  readonly acme?: AcmeConfig
  /** Absent: this jwksd publishes keys and signs nothing. */
  readonly sign?: {
    readonly listen: Address | 'public'
    readonly tls?: TlsFiles
    /** Who may read metrics and the description of the API; absent: everybody. */
    readonly metrics?: { readonly clients: readonly string[] }
  }
  /** Absent: audit records go to standard output, without checkpoints. */
  readonly audit?: AuditConfig
  /** Absolute path of the file in which fetches are recorded. */
  readonly ledger?: { readonly file: string }
  /** Where replicas share what they have recorded. Its URL may hold a password: never log it. */
  readonly redis?: { readonly url: URL }
  /** Static hosting: where the server writes the JWK Sets as files (absolute path). */
  readonly publish?: {
    readonly directory?: string
    /** New keys get their date only when they have been seen at the URLs that vendors fetch. */
    readonly verify?: boolean
  }
  readonly consumers: ReadonlyMap<string, ConsumerConfig>
  /** Networks of proxies whose X-Forwarded-For is believed. */
  readonly trustProxy: readonly string[]
  /** The public listener has a page with public facts. */
  readonly publicPage: boolean
  readonly logLevel: string
  /** How long the server still takes requests after SIGTERM, while it says that it is not ready; seconds. */
  readonly drain: number
  /** How often files are looked at, and how far clocks may differ; seconds. */
  readonly reload: Margins
  readonly sets: ReadonlyMap<string, SetConfig>
  /** Sets that publish the certificates of their keys, since the vendor of a profile wants that; they need no entry in `sets`. */
  readonly certified: ReadonlySet<string>
  /** The built-in ones and the user's own. */
  readonly presets: ReadonlyMap<string, Preset>
  readonly profiles: ReadonlyMap<string, ProfileConfig>
  readonly issuers: ReadonlyMap<string, IdentityProvider>
  readonly clients: ReadonlyMap<string, Client>
}

/** What every configuration must name. */
export const NEEDED = ['url', 'listen', 'keys', 'tls'] as const
type Needed = typeof NEEDED[number]

/** A configuration of which some needed fields could not be read. */
export type PartialConfig = Omit<Config, Needed> & Partial<Pick<Config, Needed>>

/** The set of the keys directly in the key directory. */
export const DEFAULT_SET_NAME = 'default'

export const DEFAULT_SET: SetConfig = { kid: 'pem-sha256', maxAge: 600, lead: 30 * 3600, retire: 24 * 3600, include: [] }
