// What a preset may hold: that of the vendors' files and of the presets that a user defines.

import { ALGS } from '../core/keys/alg.ts'
import { type Advice, SERVER_CLAIMS, type PresetData } from '../core/tokens/preset.ts'
import { parseDuration } from '../core/time.ts'
import { anything, boolean, type Field, isRecord, notation, oneOf, text } from './fields.ts'
import { list, object, optional, record } from './structures.ts'

const duration = (description: string): Field<number> =>
  notation(parseDuration, description, { format: 'jwksd-duration', examples: ['5m', '30s'] })
const members = (description: string): Field<Readonly<Record<string, unknown>>> => record(anything('value of a member'), description)

const sourced = {
  source: text('where the vendor says so: a document and its section, or a URL'),
  verified: boolean('true when somebody read it there')
}

const jsonSchema: Field<object | boolean> = {
  schema: { anyOf: [{ type: 'object' }, { type: 'boolean' }], description: 'JSON Schema' },
  read: (value, report) => isRecord(value) || typeof value === 'boolean' ? value : report.fault([], 'is no JSON Schema', 'write an object, true or false')
}

const payloadTypes = list(oneOf(['json', 'text', 'bytes'], 'type of a payload'), { description: 'payload types', minItems: 1, uniqueItems: true })
const payload: Field<PresetData['form']['payload']> = {
  schema: { anyOf: [{ const: 'claims' }, payloadTypes.schema], description: 'the word claims, or a list of json, text and bytes' },
  read: (value, report) => value === 'claims' ? value : payloadTypes.read(value, report)
}

const rule = object({
  id: text('stable name of the rule: lower-case words joined by "-"', { pattern: '^[a-z0-9]+(-[a-z0-9]+)*$' }),
  claim: text('the claim that it is about'),
  text: text('what the vendor wants; it completes "<claim> …"'),
  required: optional(boolean('the claim must be there')),
  value: optional(anything('added where nobody gives the claim; may hold templates such as ${key.kid}')),
  fixed: optional(anything('the only value of the claim, added by jwksd; may hold templates such as ${params.issuer}')),
  schema: optional(jsonSchema),
  claims: optional(jsonSchema),
  same: optional(text('another claim that must have the same value')),
  ...sourced
}, 'one thing that the vendor demands of a claim')

const advice = (description: string): Field<readonly Advice[]> => list(object({
  text: text('what the vendor recommends or asks'),
  source: sourced.source
}, 'advice'), { description })

export const presetField: Field<PresetData<number>> = object({
  title: text('the vendor or standard, for a reader'),
  key: object({
    given: oneOf(['jwks-url', 'jwk', 'pem', 'certificate', 'vendor'], 'how the vendor gets the public key; "vendor": it makes the pair itself'),
    kid: optional(oneOf(['pem-sha256', 'thumbprint', 'assigned'], 'the only way to name keys that the vendor takes; "assigned": it gives each key a name')),
    x5c: optional(boolean('publish the certificate chain of the key, where there is one, in its JWK')),
    ...sourced
  }, 'the key'),
  alg: object({
    oneOf: list(oneOf(ALGS, 'signature algorithm'), { description: 'the algorithms that the vendor takes', minItems: 1, uniqueItems: true }),
    ...sourced
  }, 'the algorithm'),
  header: object({
    protected: members('protected members beside alg; these and no others'),
    unprotected: optional(members('unprotected members')),
    types: optional(list(text('a value of typ'), { description: 'values of typ that profiles may choose', minItems: 1, uniqueItems: true })),
    required: optional(list(text('name of a member'), { description: 'members without which the vendor refuses a token, besides those that lead to the key', uniqueItems: true })),
    ...sourced
  }, 'the JOSE header'),
  form: object({
    serialization: oneOf(['compact', 'flattened', 'general', 'detached'], 'RFC 7515 section 7'),
    payload,
    ...sourced
  }, 'the serialization and what is signed'),
  time: object({
    set: list(oneOf(SERVER_CLAIMS, 'registered claim'), { description: 'claims that the server sets', uniqueItems: true }),
    optional: optional(list(oneOf(SERVER_CLAIMS, 'registered claim'), { description: 'those of set that the vendor does not demand', uniqueItems: true })),
    leeway: optional(duration('how far the vendor lets clocks differ')),
    ttl: object({ default: duration('usual life'), max: optional(duration('longest life that the vendor takes')) }),
    backdate: optional(duration('how far iat and nbf lie in the past')),
    expOnRequest: optional(boolean('exp is set only when the request asks for a ttl')),
    ...sourced
  }, 'the life of a token'),
  allowed: optional(list(text('name of a claim'), { description: 'claims that callers may send; absent: any', uniqueItems: true })),
  advice: optional(advice('what readers should know; never enforced')),
  onboarding: optional(object({
    steps: optional(advice('what to do at the vendor\'s, in order, for jwksd onboard; may hold {url}, {host}, {issuer}, {kid}, {alg}')),
    ask: optional(advice('what to ask the vendor')),
    values: optional(record(text('what a new profile has until the vendor answers'), 'claims, and params as params.NAME, that the vendor gives'))
  }, 'how a key gets registered')),
  rules: list(rule, { description: 'what the vendor demands of claims' }),
  example: object({
    claims: optional(members('claims of a request that keeps every rule')),
    payload: optional(anything('payload of a request that keeps every rule')),
    params: optional(record(text('value of a parameter'), 'params that its profile would have'))
  }, 'a request that keeps every rule')
}, 'a preset of your own')
