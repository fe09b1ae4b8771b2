// JSON Schemas of claims and request bodies, compiled once. Rejects schemas that are not sound, and words the first
// thing wrong with a value: the one place that knows the validator's own messages.

import { createRequire } from 'node:module'
import type { Ajv, ErrorObject, Options } from 'ajv'
import { fault } from '../errors.ts'

export type JsonSchema = object | boolean

/** What is wrong with a value: `path` is dotted and empty for the value itself; `message` completes it. */
export interface Mismatch { readonly path: string, readonly message: string }

/** Undefined when the value satisfies the schema. */
export type Check = (value: unknown) => Mismatch | undefined

const OPTIONS = { strict: true, allowUnionTypes: true, strictRequired: false, validateFormats: true }

/** `meta` validates the schemas themselves: it is kept because compiling the schema of schemas is the slow part. */
let loaded: { readonly Ajv: new (options: Options) => Ajv, readonly meta: Ajv } | undefined

/** Loaded when the first schema is compiled: it takes a tenth of a server's start, and few commands need it. */
function load (): NonNullable<typeof loaded> {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv')
  return { Ajv, meta: new Ajv(OPTIONS) }
}

/**
 * Each schema is compiled by an Ajv of its own. One Ajv for all would keep each schema for good, refuse the second of
 * the same `$id` (of another profile, or of a reload), and resolve references into schemas of other profiles.
 *
 * @throws FaultsError when the schema itself is wrong
 */
export function compileSchema (schema: JsonSchema): Check {
  const { Ajv, meta } = loaded ??= load()
  // Ajv would answer with a promise, which is true whatever the value.
  if (Object.hasOwn(Object(schema) as object, '$async')) throw fault('', 'is asynchronous ($async)', 'remove $async: nothing is waited for here')
  try {
    void meta.validateSchema(schema, true)
    const validate = new Ajv({ ...OPTIONS, validateSchema: false }).compile(schema)
    return value => validate(value) ? undefined : wordMismatch(validate.errors![0]!)
  } catch (error) {
    throw fault('', `is not a JSON Schema: ${(error as Error).message}`, 'correct it; JSON Schema draft 7 without formats is understood')
  }
}

function wordMismatch ({ instancePath, keyword, params, message }: ErrorObject): Mismatch {
  const path = instancePath.split('/').slice(1).map(segment => segment.replaceAll('~1', '/').replaceAll('~0', '~'))
  switch (keyword) {
    case 'additionalProperties': return { path: [...path, params.additionalProperty].join('.'), message: 'is not a member that is taken' }
    case 'required': return { path: [...path, params.missingProperty].join('.'), message: 'is missing' }
    default: return { path: path.join('.'), message: message! }
  }
}
