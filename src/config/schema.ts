// The shape of jwksd.yaml as a JSON Schema, published as jwksd.schema.json. What a shape cannot say (a URL that is an
// IP address, lifetimes that contradict each other) is checked in config/read.ts.

import Type, { type Static, type TSchema } from 'typebox'
import { ALGS } from '../core/keys/alg.ts'
import type { PayloadType } from '../core/tokens/preset.ts'
import { presetSchema } from './preset-schema.ts'

const closed = { additionalProperties: false }
const text = (description: string, options = {}) => Type.String({ minLength: 1, description, ...options })
const duration = (description: string) => text(description, { format: 'jwksd-duration', examples: ['10m', '30h'] })
const address = (description: string) => text(description, { format: 'address', examples: ['0.0.0.0:8443'] })
const alg = Type.Unsafe<typeof ALGS[number]>({ enum: ALGS, description: 'signature algorithm (RFC 7518, RFC 8037)' })
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)

const tlsFiles = {
  cert: text('certificate chain, PEM, the server\'s own certificate first'),
  key: text('private key of the certificate, PEM')
}

const set = Type.Object({
  alg: optional(alg),
  kid: optional(Type.Unsafe<'pem-sha256' | 'thumbprint'>({
    enum: ['pem-sha256', 'thumbprint'], description: 'how keys without a kid note are named', default: 'pem-sha256'
  })),
  maxAge: optional(duration('how long vendors may cache the JWK Set (default 10m)')),
  lead: optional(duration('how long a key is published before it signs (default 30h)')),
  retire: optional(duration('how long a key stays published after it last signed (default 24h)')),
  rotation: optional(Type.Object({
    every: text('age at which a key is followed by the next, for instance 90d', { format: 'jwksd-duration', examples: ['90d'] })
  }, {
    ...closed,
    description: 'the server rotates these keys itself: for one machine, and only where vendors fetch the keys from its URL'
  })),
  include: optional(Type.Array(text('name of another set'), {
    description: 'publish the keys of these sets here too', uniqueItems: true
  }))
}, closed)

const profile = Type.Object({
  preset: text('the vendor or standard whose rules hold'),
  set: optional(text('set of keys that signs (default: default)')),
  alg: optional(alg),
  key: optional(text('kid or file name, where a set has several keys without dates')),
  params: optional(Type.Record(Type.String(), text('value of a parameter'), { description: 'what the preset names as ${params.<name>}' })),
  claims: optional(Type.Record(Type.String(), Type.Unknown(), {
    description: 'claims that every token has with these values; they may hold ${client.name} and ${key.kid}'
  })),
  allow: optional(Type.Unsafe<Record<string, unknown>>({
    type: 'object', description: 'JSON Schema of the claims that callers send; what it does not name is refused'
  })),
  aud: optional(Type.Array(text('an audience'), { description: 'the only audiences', minItems: 1, uniqueItems: true })),
  payload: optional(Type.Array(Type.Unsafe<PayloadType>({ enum: ['json', 'text', 'bytes'] }), {
    description: 'the only payload types of a payload profile', minItems: 1, uniqueItems: true
  })),
  ttl: optional(Type.Object({
    default: optional(duration('life of a token when the caller asks for none')),
    max: optional(duration('longest life that a caller may ask for'))
  }, closed))
}, closed)

const apiKey = Type.Object({
  id: text('the eight characters after jwksd_', { pattern: '^[A-Za-z0-9]{8}$' }),
  sha256: text('SHA-256 of the whole token, 64 hex digits', { pattern: '^[0-9a-f]{64}$' }),
  expires: optional(text('the key is refused from this date on', { format: 'date-or-time', examples: ['2027-06-01'] }))
}, closed)

const jwt = Type.Object({
  issuer: text('name of an entry of issuers'),
  sub: text('the sub of the client\'s tokens, compared exactly', { examples: ['system:serviceaccount:prod:billing'] })
}, closed)

const mtls = Type.Object({
  san: text('subject alternative name of the client\'s certificate, compared exactly: URI:… or, in lower case, DNS:…', {
    pattern: '^(URI:[a-z][a-z0-9+.-]*:[^\\s,"\'\\\\]+|DNS:[a-z0-9._-]+)$', examples: ['URI:spiffe://example.com/ns/prod/sa/billing']
  })
}, closed)

const issuer = Type.Object({
  issuer: text('the exact iss of its tokens', { examples: ['https://id.example.com'] }),
  audience: text('what the aud of its tokens must be or hold', { examples: ['jwksd'] }),
  algs: Type.Array(alg, { description: 'signature algorithms that its tokens may have', minItems: 1, uniqueItems: true }),
  jwksUrl: text('where its keys are: https, answered without a redirect', { format: 'https-url', examples: ['https://id.example.com/jwks.json'] }),
  ca: optional(text('CA certificates, PEM, that vouch for jwksUrl instead of the public ones')),
  tokenFile: optional(text('file with a bearer token to fetch the keys with, as Kubernetes asks for')),
  staleIfError: optional(duration('how long its last keys are used beyond ten minutes while it cannot be reached (default 1h, at most 24h)'))
}, closed)

const client = Type.Object({
  auth: Type.Array(Type.Object({ apiKey: optional(apiKey), jwt: optional(jwt), mtls: optional(mtls) }, {
    ...closed, minProperties: 1, maxProperties: 1, description: 'one way in: apiKey, jwt or mtls'
  }), { description: 'ways in; at most two live API keys' }),
  profiles: Type.Array(text('name of a profile'), { description: 'what the client may use', uniqueItems: true }),
  rate: optional(text('at most so many requests in a time', { format: 'rate', examples: ['20/s'] }))
}, closed)

const byName = <T extends TSchema>(value: T, description: string) =>
  Type.Unsafe<Record<string, Static<T>>>({
    type: 'object', description, propertyNames: { pattern: '^[a-z0-9][a-z0-9_-]{0,62}$' }, additionalProperties: value
  })

export const configSchema = Type.Object({
  url: text('what vendors whitelist: https and a DNS name', { format: 'public-url', examples: ['https://jwks.example.com'] }),
  listen: address('address of the public listener'),
  keys: text('directory of key files; sub-directories are sets'),
  onBadKey: optional(Type.Unsafe<'fail' | 'skip'>({
    enum: ['fail', 'skip'], description: 'a bad key file stops the start, or is left out', default: 'fail'
  })),
  tls: Type.Object(tlsFiles, { ...closed, description: 'certificate of the public listener' }),
  sign: optional(Type.Object({
    listen: Type.Unsafe<string>({
      anyOf: [{ const: 'public' }, { type: 'string', format: 'address' }],
      description: 'address of the internal listener, or the word public'
    }),
    tls: optional(Type.Object({
      ...tlsFiles, clientCa: optional(text('CA certificates, PEM: whoever calls the internal listener must show a certificate of theirs'))
    }, closed))
  }, closed)),
  audit: optional(Type.Object({ file: text('one JSON line for each signature is appended here') }, {
    ...closed, description: 'without it, audit records go to standard output'
  })),
  logLevel: optional(Type.Unsafe<string>({ enum: ['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] })),
  reload: optional(Type.Object({
    interval: optional(duration('how often files are looked at (default 10s)')),
    skew: optional(duration('how far the clocks of servers and vendors may differ (default 60s)'))
  }, { ...closed, description: 'margins that the safe lead and the safe retirement of keys leave' })),
  sets: optional(byName(set, 'rules of the sets; a set without rules has the defaults')),
  presets: optional(byName(presetSchema, 'vendors of your own, in the vocabulary of the built-in presets')),
  profiles: optional(byName(profile, 'what can be signed')),
  issuers: optional(byName(issuer, 'identity providers and clusters whose JWTs clients may show')),
  clients: optional(byName(client, 'who may sign'))
}, { ...closed, $schema: 'http://json-schema.org/draft-07/schema#', title: 'jwksd configuration' })

/** The text of jwksd.schema.json, which editors read: `npm run schema` writes it. */
export const schemaText = (): string => JSON.stringify(configSchema, null, 2) + '\n'

export type RawConfig = Static<typeof configSchema>
export type RawSet = Static<typeof set>
export type RawProfile = Static<typeof profile>
export type RawIssuer = Static<typeof issuer>
export type RawClient = Static<typeof client>
