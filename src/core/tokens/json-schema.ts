// JSON Schemas of claims and request bodies, compiled once. Rejects schemas that are not sound, and words the first
// thing wrong with a value: the one place that knows the validator's own messages.

import { createRequire } from 'node:module'
import type { Ajv, ErrorObject } from 'ajv'
import { fault } from '../errors.ts'

export type JsonSchema = object | boolean

/** What is wrong with a value: `path` is dotted and empty for the value itself; `message` completes it. */
export interface Mismatch { readonly path: string, readonly message: string }

/** Undefined when the value satisfies the schema. */
export type Check = (value: unknown) => Mismatch | undefined

let ajv: Ajv | undefined

/** Loaded when the first schema is compiled: it takes a tenth of a server's start, and few commands need it. */
function makeAjv (): Ajv {
  const { Ajv } = createRequire(import.meta.url)('ajv') as typeof import('ajv')
  return new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, validateFormats: true })
}

/** @throws FaultsError when the schema itself is wrong */
export function compileSchema (schema: JsonSchema): Check {
  ajv ??= makeAjv()
  try {
    const validate = ajv.compile(schema)
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
