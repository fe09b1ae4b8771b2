// The shape of a preset as a JSON Schema: that of the vendors' files and of the presets that a user defines.

import Type, { type TSchema } from 'typebox'
import { ALGS } from '../core/keys/alg.ts'
import { SERVER_CLAIMS, type PresetData } from '../core/tokens/preset.ts'

const closed = { additionalProperties: false }
const text = (description: string) => Type.String({ minLength: 1, description })
const duration = (description: string) => Type.String({ format: 'jwksd-duration', description, examples: ['5m', '30s'] })
const oneOf = (values: readonly string[], description: string) => Type.Unsafe<string>({ enum: values, description })
const several = (items: TSchema, description: string) => Type.Array(items, { description, minItems: 1, uniqueItems: true })
const optional = <T extends TSchema>(schema: T) => Type.Optional(schema)
const members = (description: string) => Type.Record(Type.String(), Type.Unknown(), { description })

const sourced = {
  source: text('where the vendor says so: a document and its section, or a URL'),
  verified: Type.Boolean({ description: 'true when somebody read it there' })
}

const section = (properties: Record<string, TSchema>, description: string) =>
  Type.Object({ ...properties, ...sourced }, { ...closed, description })

const jsonSchema = Type.Unsafe<object | boolean>({ anyOf: [{ type: 'object' }, { type: 'boolean' }], description: 'JSON Schema' })

const rule = section({
  id: Type.String({ pattern: '^[a-z0-9]+(-[a-z0-9]+)*$', description: 'stable name of the rule: lower-case words joined by "-"' }),
  claim: text('the claim that it is about'),
  text: text('what the vendor wants; it completes "<claim> …"'),
  required: optional(Type.Boolean({ description: 'the claim must be there' })),
  value: optional(Type.Unknown({ description: 'added where nobody gives the claim; may hold templates such as ${key.kid}' })),
  schema: optional(jsonSchema),
  same: optional(text('another claim that must have the same value'))
}, 'one thing that the vendor demands of a claim')

/** Of `PresetData<string>`. */
export const presetSchema = Type.Unsafe<PresetData>(Type.Object({
  title: text('the vendor or standard, for a reader'),
  key: section({
    given: oneOf(['jwks-url', 'pem', 'certificate', 'vendor'], 'how the vendor gets the public key; "vendor": it makes the pair itself'),
    kid: optional(oneOf(['pem-sha256', 'thumbprint'], 'the only way to name keys that the vendor takes'))
  }, 'the key'),
  alg: section({ oneOf: several(oneOf(ALGS, 'signature algorithm'), 'the algorithms that the vendor takes') }, 'the algorithm'),
  header: section({
    protected: members('protected members beside alg; these and no others'),
    unprotected: optional(members('unprotected members'))
  }, 'the JOSE header'),
  form: section({
    serialization: oneOf(['compact', 'flattened', 'general', 'detached'], 'RFC 7515 section 7'),
    payload: Type.Unsafe<unknown>({
      anyOf: [{ const: 'claims' }, { type: 'array', items: { enum: ['json', 'text', 'bytes'] }, minItems: 1, uniqueItems: true }],
      description: 'the word claims, or a list of json, text and bytes'
    })
  }, 'the serialization and what is signed'),
  time: section({
    set: Type.Array(oneOf(SERVER_CLAIMS, 'registered claim'), { description: 'claims that the server sets', uniqueItems: true }),
    ttl: Type.Object({ default: duration('usual life'), max: optional(duration('longest life that the vendor takes')) }, closed),
    backdate: optional(duration('how far iat and nbf lie in the past'))
  }, 'the life of a token'),
  allowed: optional(Type.Array(text('name of a claim'), { description: 'claims that callers may send; absent: any', uniqueItems: true })),
  rules: Type.Array(rule, { description: 'what the vendor demands of claims' }),
  example: Type.Object({
    claims: optional(members('claims of a request that keeps every rule')),
    payload: optional(Type.Unknown()),
    params: optional(Type.Record(Type.String(), Type.String()))
  }, { ...closed, description: 'a request that keeps every rule' })
}, { ...closed, description: 'a preset of your own' }))
