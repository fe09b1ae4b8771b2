// Checks plain data against the configuration's schema and words each fault for a person.

import { Ajv, type ErrorObject } from 'ajv'
import type { Fault } from '../core/errors.ts'
import { configSchema } from './schema.ts'
import { parseAddress, parseHttpsUrl, parsePublicUrl, parseRate } from './units.ts'
import { parseDate, parseDuration } from '../core/time.ts'

type Path = readonly string[]

const parsers: Record<string, (text: string) => unknown> = {
  'jwksd-duration': parseDuration,
  address: parseAddress,
  rate: parseRate,
  'date-or-time': parseDate,
  'public-url': parsePublicUrl,
  'https-url': parseHttpsUrl
}

const ajv = new Ajv({ allErrors: true, verbose: true, strict: true, allowUnionTypes: true })
for (const [name, parse] of Object.entries(parsers)) ajv.addFormat(name, text => typeof parse(text) !== 'string')
const validate = ajv.compile(configSchema)

/**
 * Every fault in the shape of `data`, each once.
 * @param where words the place of a path for the reader
 */
export function checkShape (data: unknown, where: (path: Path) => string): Array<Fault & { path: Path }> {
  validate(data)
  const faults = new Map<string, Fault & { path: Path }>()
  for (const error of validate.errors ?? []) {
    const told = describe(error)
    if (!told) continue
    const path = [...error.instancePath.split('/').slice(1).map(unescape), ...told.below]
    const fault = { path, where: where(path), problem: told.problem, hint: told.hint }
    faults.set(fault.where + fault.problem, fault)
  }
  return [...faults.values()]
}

function unescape (segment: string): string {
  return segment.replaceAll('~1', '/').replaceAll('~0', '~')
}

interface Told { below: Path, problem: string, hint: string }

function describe ({ keyword, params, parentSchema, schema, data, propertyName }: ErrorObject): Told | undefined {
  if (propertyName !== undefined) return undefined // told once more as `propertyNames`
  const description: string = parentSchema?.description ?? 'see jwksd.schema.json'
  const hint = parentSchema?.examples ? `${description}, for instance ${parentSchema.examples[0]}` : description
  switch (keyword) {
    case 'additionalProperties': {
      const known = Object.keys(parentSchema!.properties)
      return { below: [params.additionalProperty], problem: 'is not a field that jwksd knows', hint: `known here: ${known.join(', ')}` }
    }
    case 'required':
      return {
        below: [params.missingProperty],
        problem: 'is missing',
        hint: parentSchema!.properties[params.missingProperty].description ?? 'add it'
      }
    case 'enum':
      return { below: [], problem: `is ${JSON.stringify(data)}, which is none of the values allowed`, hint: `use one of: ${(schema as string[]).join(', ')}` }
    case 'format': {
      const parse = parsers[params.format]!
      return { below: [], problem: String(parse(String(data))), hint }
    }
    case 'pattern':
      return { below: [], problem: 'does not have the form that is needed', hint }
    case 'propertyNames':
      return { below: [params.propertyName], problem: 'is not a name: lower-case letters, digits, "-" and "_"', hint: 'choose another name' }
    case 'type':
      return { below: [], problem: `is ${kind(data)}; ${params.type} is needed`, hint }
    case 'uniqueItems':
      return { below: [], problem: 'names something twice', hint: 'name each once' }
    case 'minProperties':
    case 'maxProperties':
      return { below: [], problem: `has ${Object.keys(data as object).length} fields; one is needed`, hint }
    case 'minItems':
    case 'minLength':
      return { below: [], problem: 'is empty', hint }
    default: // `const` and `anyOf` only repeat what their branches say
      return undefined
  }
}

function kind (data: unknown): string {
  if (data === null) return 'empty'
  return Array.isArray(data) ? 'a list' : `of type ${typeof data}`
}
