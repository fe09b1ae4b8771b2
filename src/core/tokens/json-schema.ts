// JSON Schemas of claims, compiled once when the configuration is read. Refuses schemas that are not sound, and words
// the first thing wrong with a value.

import { Ajv } from 'ajv'
import { fault } from '../errors.ts'

export type JsonSchema = object | boolean

/** What is wrong with a value: `path` is dotted and empty for the value itself. */
export interface Mismatch { readonly path: string, readonly message: string }

/** Undefined when the value is as the schema wants it. */
export type Check = (value: unknown) => Mismatch | undefined

const ajv = new Ajv({ strict: true, allowUnionTypes: true, strictRequired: false, validateFormats: true })

/** @throws FaultsError when the schema itself is wrong */
export function compileSchema (schema: JsonSchema): Check {
  const validate = compile(schema)
  return value => {
    if (validate(value)) return undefined
    const { instancePath, message, keyword, params } = validate.errors![0]!
    const path = [...instancePath.split('/').slice(1), ...(keyword === 'additionalProperties' ? [params.additionalProperty] : [])]
    return { path: path.join('.'), message: message! }
  }
}

function compile (schema: JsonSchema): ReturnType<Ajv['compile']> {
  try {
    return ajv.compile(schema)
  } catch (error) {
    throw fault('', `is not a JSON Schema: ${(error as Error).message}`, 'hint it; JSON Schema draft 7 without formats is understood')
  }
}
