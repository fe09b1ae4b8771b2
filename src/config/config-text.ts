// The text of a configuration, with a comment beside each field: the one that `init` writes, the one of quickstart, and
// jwksd.example.yaml (`npm run example`). The fields that a reader must adapt are marked with an arrow.

import { stringify } from 'yaml'

const COLUMN = 41
const MARK = '<-- '

/** A value, what it is, and whether somebody must still replace it. */
export interface NotedValue { readonly value: string, readonly note: string, readonly open: boolean }

export interface NewProfile {
  readonly preset: string
  readonly set: string
  readonly alg?: string
  readonly key?: string
  readonly params?: Readonly<Record<string, NotedValue>>
  readonly claims?: Readonly<Record<string, NotedValue>>
  readonly ttl?: Readonly<Record<string, string>>
}

export interface NewClient {
  readonly name: string
  readonly note: string
  readonly apiKey: Readonly<Record<string, string>>
  readonly rate?: string
}

export interface NewConfig {
  /** Comment lines at the top. */
  readonly heading: readonly string[]
  readonly url: string
  readonly listen: string
  readonly keys: string
  readonly tls: { readonly cert: string, readonly key: string }
  /** Address of the internal listener, or `public`; it may have a certificate of its own. */
  readonly sign: string
  readonly signTls?: { readonly cert: string, readonly key: string }
  /** A file, or `-` for standard output. */
  readonly audit: string
  readonly sets: Readonly<Record<string, Readonly<Record<string, string>>>>
  readonly profiles: Readonly<Record<string, NewProfile>>
  readonly client: NewClient
  /** The values are examples: what everybody has to replace is marked. */
  readonly example?: boolean
}

const INTERNAL_TLS = { cert: 'tls/internal.pem', key: 'tls/internal-key.pem' }

const SET_NOTES: Readonly<Record<string, string>> = {
  maxAge: 'how long vendors may cache the keys',
  lead: 'how long a new key is published before it signs',
  retire: 'how long an old key stays published after it last signed'
}

/** A value as YAML, on one line. */
export function scalar (value: unknown): string {
  if (typeof value === 'string' && value.includes('\n')) return JSON.stringify(value)
  return stringify(value, { lineWidth: 0, collectionStyle: 'flow' }).trimEnd()
}

function line (text: string, note?: string): string {
  return note === undefined ? `${text}\n` : `${text.padEnd(COLUMN - 1)} # ${note}\n`
}

export function configText (config: NewConfig): string {
  const { heading, url, listen, keys, tls, sets, profiles, audit, example = false } = config
  const own = (note: string): string => (example ? MARK : '') + note
  const origin = new URL(url).origin
  return heading.map(text => `#${text && ' '}${text}\n`).join('') + '\n' +
    line(`url: ${scalar(url)}`, own('what vendors whitelist: https and a DNS name, never an IP address')) +
    line(`listen: ${scalar(listen)}`, 'public listener: serves only the JWK Sets') +
    line(`keys: ${scalar(keys)}`, 'keys/*.pem is the set "default", keys/<set>/*.pem is the set <set>') +
    line('tls:', own('certificate for the host of url, with its whole chain')) +
    line(`  cert: ${scalar(tls.cert)}`) +
    line(`  key: ${scalar(tls.key)}`) +
    `\nsign:\n${signText(config, own)}` +
    '\naudit:\n' + line(`  file: ${scalar(audit)}`, (audit === '-' ? 'standard output: ' : '') + 'one line for each decision, written before the token is returned') +
    (Object.keys(sets).length === 0 ? '' : '\nsets:\n' + Object.entries(sets).map(([name, rules]) => setText(name, rules, origin)).join('')) +
    (Object.keys(profiles).length > 0 ? '\nprofiles:\n' : '') + Object.entries(profiles).map(([name, profile]) => profileText(name, profile)).join('') +
    '\nclients:\n' + clientText(config)
}

function signText ({ sign, signTls }: NewConfig, own: (note: string) => string): string {
  if (sign === 'public') return line('  listen: public', 'POST /sign on the same listener; in production an internal address')
  return line(`  listen: ${scalar(sign)}`, own('internal listener: POST /sign; never reachable from the internet')) +
    line(`  ${signTls ? 'tls' : '# tls'}: ${scalar(signTls ?? INTERNAL_TLS)}`, 'a separate certificate, for the name that services call') +
    line('  # metrics: { clients: [prometheus] }', 'only these clients may read the page at /, /metrics, /docs and /openapi.json')
}

function setText (name: string, rules: Readonly<Record<string, string>>, origin: string): string {
  const path = name === 'default' ? '' : `/${name}`
  return line(`  ${name}:`, `published at ${origin}${path}/.well-known/jwks.json`) +
    Object.entries(rules).map(([field, value]) => line(`    ${field}: ${scalar(value)}`, SET_NOTES[field])).join('')
}

function profileText (name: string, { params = {}, claims = {}, ttl, ...fields }: NewProfile): string {
  const has = (values: object): boolean => Object.keys(values).length > 0
  return line(`  ${name}:`) +
    Object.entries(fields).map(([field, value]) => line(`    ${field}: ${scalar(value)}`)).join('') +
    (has(params) ? line('    params:') + valuesText(params, 6) : '') +
    (has(claims) ? line('    claims:', 'forced: a request that contradicts one gets 403') + valuesText(claims, 6) : '') +
    (ttl ? line(`    ttl: ${scalar(ttl)}`) : '')
}

/** Values with what they mean, one a line. */
export function valuesText (values: Readonly<Record<string, NotedValue>>, indent: number): string {
  return Object.entries(values).map(([name, { value, note, open }]) =>
    line(`${' '.repeat(indent)}${name}: ${scalar(value)}`, (open ? MARK : '') + note)).join('')
}

function clientText ({ client: { name, note, apiKey, rate }, profiles, example }: NewConfig): string {
  return line(`  ${name}:`, note) +
    line('    auth:') +
    (example ? line(`      # ${MARK}replace with what this prints: jwksd client key ${name}`) : '') +
    line(`      - apiKey: ${scalar(apiKey)}`) +
    line(`    profiles: [${Object.keys(profiles).map(scalar).join(', ')}]`) +
    (rate ? line(`    rate: ${rate}`) : '')
}
