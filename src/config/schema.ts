// What jwksd.yaml may hold, field by field; jwksd.schema.json is made from it. What concerns several fields (lifetimes
// that contradict each other, names that lead nowhere) is checked in parse.ts and the files beside it.

import { ALGS } from '../core/keys/alg.ts'
import { parseDate, parseDuration } from '../core/time.ts'
import { anything, boolean, type Field, notation, oneOf, text } from './fields.ts'
import { presetField } from './preset-schema.ts'
import { byName, list, type Members, object, oneMemberOf, optional, record, schemaOf, type ValueOf } from './structures.ts'
import { tlsField, tlsFiles } from './tls.ts'
import { parseAddress, parseCidr, parseHttpsUrl, parsePublicUrl, parseRate, parseRedisUrl } from './units.ts'

const duration = (description: string, example = '10m'): Field<number> =>
  notation(parseDuration, description, { format: 'jwksd-duration', examples: [example] })
const alg = oneOf(ALGS, 'signature algorithm (RFC 7518, RFC 8037)')

const set = object({
  alg: optional(alg),
  kid: optional(oneOf(['pem-sha256', 'thumbprint'], 'how keys without a kid note are named', { default: 'pem-sha256' })),
  maxAge: optional(duration('how long vendors may cache the JWK Set (default 10m)')),
  lead: optional(duration('how long a key is published before it signs (default 30h)', '30h')),
  retire: optional(duration('how long a key stays published after it last signed (default 24h)', '24h')),
  staleIfError: optional(duration('how long caches may go on with an old JWK Set while this server is down (default: maxAge at most)')),
  x5c: optional(boolean('publish the certificate chain of each key, where there is one, in its JWK')),
  issuer: optional(boolean('publish discovery documents beside the JWK Set, for clouds and gateways that know an issuer (OpenID Connect Discovery, RFC 8414)')),
  mixed: optional(boolean('publish Ed25519 keys beside RSA or EC keys, although some consumers then drop the whole set')),
  rotation: optional(object({ every: duration('age at which a key is followed by the next, for instance 90d', '90d') },
    'the server rotates these keys itself: for one machine, and only where vendors fetch the keys from its URL')),
  gate: optional(object({
    consumers: list(text('name of a consumer'), { description: 'who must have fetched a new key before it gets its date', minItems: 1, uniqueItems: true }),
    deadline: optional(duration('how long a key may wait before an alert is raised (default 14d)', '14d'))
  }, 'a new key signs only after these consumers have fetched it')),
  include: optional(list(text('name of another set'), { description: 'publish the keys of these sets here too', uniqueItems: true }))
})

const cidr = notation(parseCidr, 'network or address', { format: 'cidr', examples: ['203.0.113.0/24'] })

const consumer = object({
  set: text('the set whose URL it fetches'),
  from: optional(list(cidr, { description: 'addresses that it fetches from', minItems: 1, uniqueItems: true })),
  userAgent: optional(text('part of its User-Agent, in upper or lower case', { examples: ['Epic'] }))
})

const profile = object({
  preset: text('the vendor or standard whose rules hold'),
  set: optional(text('set of keys that signs (default: default)')),
  alg: optional(alg),
  key: optional(text('kid or file name, where a set has several keys without dates')),
  params: optional(record(text('value of a parameter'), 'what the preset names as ${params.<name>}')),
  claims: optional(record(anything('value of a claim'), 'claims that every token has with these values; they may hold ${client.name}, ${key.kid}, ${set.url} and ${set.issuer}')),
  allow: optional(record(anything('a keyword of JSON Schema'), 'JSON Schema of the claims that callers send; what it does not name is refused')),
  aud: optional(list(text('an audience'), { description: 'the only audiences', minItems: 1, uniqueItems: true })),
  typ: optional(text('typ of the header, where the preset lets profiles choose it', { examples: ['at+jwt'] })),
  backdate: optional(duration('how far iat and nbf lie in the past, for vendors whose clocks are behind', '30s')),
  payload: optional(list(oneOf(['json', 'text', 'bytes'], 'type of a payload'), {
    description: 'the only payload types of a payload profile', minItems: 1, uniqueItems: true
  })),
  ttl: optional(object({
    default: optional(duration('life of a token when the caller asks for none', '4m')),
    max: optional(duration('longest life that a caller may ask for', '5m'))
  }))
})

const apiKey = object({
  id: text('the eight characters after jwksd_', { pattern: '^[A-Za-z0-9]{8}$' }),
  sha256: text('SHA-256 of the whole token, 64 hex digits', { pattern: '^[0-9a-f]{64}$' }),
  expires: optional(notation(parseDate, 'the key is refused from this date on', { format: 'date-or-time', examples: ['2027-06-01'] }))
})

const jwt = object({
  issuer: text('name of an entry of issuers'),
  sub: text('the sub of the client\'s tokens, compared exactly', { examples: ['system:serviceaccount:prod:billing'] })
})

const mtls = object({
  san: text('subject alternative name of the client\'s certificate, compared exactly: URI:… or, in lower case, DNS:…', {
    pattern: '^(URI:[a-z][a-z0-9+.-]*:[^\\s,"\'\\\\]+|DNS:[a-z0-9._-]+)$', examples: ['URI:spiffe://example.com/ns/prod/sa/billing']
  })
})

const issuer = object({
  issuer: text('the exact iss of its tokens', { examples: ['https://id.example.com'] }),
  audience: text('what the aud of its tokens must be or hold', { examples: ['jwksd'] }),
  algs: list(alg, { description: 'signature algorithms that its tokens may have', minItems: 1, uniqueItems: true }),
  jwksUrl: notation(parseHttpsUrl, 'where its keys are: https, answered without a redirect', { format: 'https-url', examples: ['https://id.example.com/jwks.json'] }),
  ca: optional(text('CA certificates, PEM, that vouch for jwksUrl instead of the public ones')),
  tokenFile: optional(text('file with a bearer token to fetch the keys with, as Kubernetes asks for')),
  staleIfError: optional(duration('how long its last keys are used beyond ten minutes while it cannot be reached (default 1h, at most 24h)', '1h')),
  typ: optional(list(text('a value of the header typ, or none for tokens without one', { examples: ['at+jwt'] }), {
    description: 'the only types of its tokens (default: JWT, at+jwt, none)', minItems: 1, uniqueItems: true
  })),
  maxLife: optional(duration('longest life of its tokens, from iat to exp (default 24h)', '1h'))
})

const client = object({
  auth: optional(list(oneMemberOf({ apiKey, jwt, mtls }, 'one authentication method: apiKey, jwt or mtls'), {
    description: 'authentication methods; at most two live API keys'
  })),
  profiles: list(text('name of a profile'), { description: 'what the client may use', uniqueItems: true }),
  rate: optional(notation(parseRate, 'at most so many requests in a time, at each replica or, with redis, at all together', { format: 'rate', examples: ['20/s'] }))
})

export const configMembers = {
  url: notation(parsePublicUrl, 'what vendors whitelist: https and a DNS name', { format: 'public-url', examples: ['https://jwks.example.com'] }),
  listen: notation(parseAddress, 'address of the public listener', { format: 'address', examples: ['0.0.0.0:8443'] }),
  keys: text('directory of key files; sub-directories are sets'),
  onBadKey: optional(oneOf(['fail', 'skip'], 'a bad key file stops the start, or is left out', { default: 'fail' })),
  tls: tlsField,
  sign: optional(object({
    listen: notation(text => text === 'public' ? text : parseAddress(text),
      'address of the internal listener, or the word public', { format: 'address-or-public', examples: ['127.0.0.1:9443', 'public'] }),
    tls: optional(object({
      ...tlsFiles, clientCa: optional(text('CA certificates, PEM: clients of the internal listener must show a certificate of one of them'))
    })),
    metrics: optional(object({
      clients: list(text('name of a client'), { description: 'who may read the page at /, /metrics, /docs and /openapi.json', minItems: 1, uniqueItems: true })
    }, 'without it, everybody who reaches the listener may read them'))
  })),
  audit: optional(object({
    file: text('one JSON line for each decision is appended here: a file or a FIFO, or - for standard output'),
    sync: optional(oneOf(['none', 'second', 'each'], 'records are brought to the disk by the system, once a second, or before each answer', { default: 'none' })),
    checkpoint: optional(object({
      set: text('the set whose active key signs checkpoints, one that no vendor uses'),
      every: duration('time from one checkpoint to the next, for instance 1h', '1h')
    }, 'signed records of where the log stands, so that a log that was written again is found out'))
  }, 'without it, audit records go to standard output')),
  ledger: optional(object({ file: text('file for what each consumer has fetched, and when') }, 'fetches of the JWK Sets are recorded')),
  redis: optional(object({
    url: notation(parseRedisUrl, 'redis:// or rediss://, a host and, where needed, a password', { format: 'redis-url', examples: ['rediss://redis.example.com:6379'] })
  }, 'replicas share their limits and what they have recorded')),
  publish: optional(object({
    directory: optional(text('directory in which the server keeps each JWK Set as a file, for nginx, a bucket or a CDN')),
    verify: optional(boolean('a new key signs only after it has been seen at the URL that vendors fetch, and its lead counts from then'))
  }, 'static hosting of the JWK Sets')),
  consumers: optional(byName(consumer, 'the machines of vendors, to know who has fetched which key')),
  trustProxy: optional(list(cidr, { description: 'proxies in front of the public listener whose X-Forwarded-For is believed', minItems: 1, uniqueItems: true })),
  publicPage: optional(boolean('a page with public facts at / of the public listener')),
  logLevel: optional(oneOf(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'], 'least severity that is logged', { default: 'info' })),
  drain: optional(duration('how long the server still answers after SIGTERM while /readyz says 503 (default 5s)', '5s')),
  reload: optional(object({
    interval: optional(duration('how often files are looked at (default 10s)', '10s')),
    skew: optional(duration('how far the clocks of servers and vendors may differ (default 60s)', '60s'))
  }, 'margins that the safe lead and the safe retirement of keys leave')),
  sets: optional(byName(set, 'rules of the sets; a set without rules has the defaults')),
  presets: optional(byName(presetField, 'vendors of your own, in the vocabulary of the built-in presets')),
  profiles: optional(byName(profile, 'what can be signed')),
  issuers: optional(byName(issuer, 'identity providers and clusters whose JWTs clients may show')),
  clients: optional(byName(client, 'who may sign'))
} satisfies Members

/** The text of jwksd.schema.json, which editors read: `npm run schema` writes it. */
export function schemaText (): string {
  const schema = { $schema: 'http://json-schema.org/draft-07/schema#', title: 'jwksd configuration', ...schemaOf(configMembers) }
  return JSON.stringify(schema, null, 2) + '\n'
}

export type SetFields = ValueOf<typeof set>
export type ConsumerFields = ValueOf<typeof consumer>
export type ProfileFields = ValueOf<typeof profile>
export type IssuerFields = ValueOf<typeof issuer>
export type ClientFields = ValueOf<typeof client>
