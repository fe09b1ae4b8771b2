// The building blocks of schema.ts. Each field is both a JSON Schema for editors and a reader for the program, so the two
// cannot disagree. Written out, since loading a schema library and compiling a schema of this size take half a second at
// each start. Rejects unknown fields, wrong types and empty values by their place.

import { nearest } from '../core/near-match.ts'
import type { Report } from './report.ts'

/** What a value of type T looks like. */
export interface Field<T> {
  readonly schema: Readonly<Record<string, unknown>>
  /** The value, parsed. Undefined when a fault of it was reported. */
  readonly read: (value: unknown, report: Report) => T | undefined
}

export function isRecord (value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function kindOf (value: unknown): string {
  if (value === null) return 'empty'
  return Array.isArray(value) ? 'a list' : `of type ${typeof value}`
}

export function refuseType (value: unknown, needed: string, description: string, report: Report): undefined {
  return report.fault([], `is ${kindOf(value)}; ${needed} is needed`, description)
}

interface TextOptions { pattern?: string, format?: string, examples?: readonly string[] }

/** A text that is not empty. */
export function text (description: string, options: TextOptions = {}): Field<string> {
  const { pattern, examples } = options
  const hint = examples ? `${description}, for instance ${examples[0]}` : description
  const form = pattern === undefined ? /(?:)/ : new RegExp(pattern, 'u')
  return {
    schema: { type: 'string', minLength: 1, description, ...options },
    read (value, report) {
      if (typeof value !== 'string') return refuseType(value, 'string', hint, report)
      if (value === '') return report.fault([], 'is empty', hint)
      if (!form.test(value)) return report.fault([], 'does not have the form that is needed', hint)
      return value
    }
  }
}

/** A text in a special notation. @param parse throws a FaultsError without a place */
export function notation<T> (parse: (text: string) => T, description: string, options: TextOptions): Field<T> {
  const written = text(description, options)
  return {
    schema: written.schema,
    read (value, report) {
      const found = written.read(typeof value === 'number' ? String(value) : value, report)
      return found === undefined ? undefined : report.collect([], () => parse(found))
    }
  }
}

/** One of some words. */
export function oneOf<const T extends string> (values: readonly T[], description: string, more: { default?: T } = {}): Field<T> {
  return {
    schema: { enum: values, description, ...more },
    read (value, report) {
      const found = values.find(one => one === value)
      if (found !== undefined) return found
      const near = typeof value === 'string' ? nearest(value, values) : undefined
      return report.fault([], `is ${JSON.stringify(value)}, which is none of the values allowed`,
        `${near === undefined ? '' : `did you mean ${near}? `}use one of: ${values.join(', ')}`)
    }
  }
}

export function boolean (description: string): Field<boolean> {
  return {
    schema: { type: 'boolean', description },
    read: (value, report) => typeof value === 'boolean' ? value : refuseType(value, 'true or false', description, report)
  }
}

/** Any JSON value. */
export function anything (description: string): Field<unknown> {
  return { schema: { description }, read: value => value }
}
