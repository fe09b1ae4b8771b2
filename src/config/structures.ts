// Objects, lists and maps of fields. A part with a fault is left out and the others are still read: one pass reports
// everything. Rejects unknown and missing members, with the name that was most likely meant.

import { didYouMean, nearest } from '../core/near-match.ts'
import { type Field, isRecord, refuseType } from './fields.ts'
import type { Report } from './report.ts'

export interface Optional<T> { readonly optional: Field<T> }

/** A member that may be left out. */
export const optional = <T>(field: Field<T>): Optional<T> => ({ optional: field })

export type Members = Readonly<Record<string, Field<unknown> | Optional<unknown>>>

/** The type of the values of a member. */
export type ValueOf<F> = F extends Field<infer T> ? T : F extends Optional<infer T> ? T : never

type OptionalKeys<M> = { [K in keyof M]: M[K] extends Optional<unknown> ? K : never }[keyof M]

/** The type of an object with these members. */
export type ObjectOf<M> =
  { readonly [K in Exclude<keyof M, OptionalKeys<M>>]: ValueOf<M[K]> } & { readonly [K in OptionalKeys<M>]?: ValueOf<M[K]> }

const fieldOf = (member: Field<unknown> | Optional<unknown>): Field<unknown> => 'optional' in member ? member.optional : member

/** Reads the members of an object, and reports those that are unknown, missing or wrong. What is sound comes back. */
export function readMembers<M extends Members> (members: M, value: Record<string, unknown>, report: Report): Partial<ObjectOf<M>> {
  const known = Object.keys(members)
  const meant = new Set<string | undefined>() // a misspelt field is not missing, too
  const found = Object.entries(value).flatMap(([name, inner]) => {
    if (!Object.hasOwn(members, name)) {
      report.fault([name], 'is not a field that jwksd knows', didYouMean(name, known, `known here: ${known.join(', ')}`))
      meant.add(nearest(name, known))
      return []
    }
    const read = fieldOf(members[name]!).read(inner, report.below(name))
    return read === undefined ? [] : [[name, read] as const]
  })
  for (const [name, member] of Object.entries(members)) {
    if ('optional' in member || Object.hasOwn(value, name) || meant.has(name)) continue
    report.fault([name], 'is missing', String(member.schema.description ?? 'add it'))
  }
  return Object.fromEntries(found) as Partial<ObjectOf<M>>
}

/** The JSON Schema of an object with these members and no others. */
export function schemaOf (members: Members): Record<string, unknown> {
  const entries = Object.entries(members)
  return {
    type: 'object',
    required: entries.filter(([, member]) => !('optional' in member)).map(([name]) => name),
    properties: Object.fromEntries(entries.map(([name, member]) => [name, fieldOf(member).schema])),
    additionalProperties: false
  }
}

/** An object with these members and no others. */
export function object<M extends Members> (members: M, description?: string): Field<ObjectOf<M>> {
  return {
    schema: { ...schemaOf(members), ...(description !== undefined && { description }) },
    read (value, report) {
      if (!isRecord(value)) return refuseType(value, 'object', description ?? `known here: ${Object.keys(members).join(', ')}`, report)
      return report.faultless(() => readMembers(members, value, report) as ObjectOf<M>)
    }
  }
}

/** An object that has exactly one of these members. */
export function oneMemberOf<M extends Members> (members: M, description: string): Field<Partial<ObjectOf<M>>> {
  const optionals = Object.fromEntries(Object.entries(members).map(([name, member]) => [name, optional(fieldOf(member))])) as unknown as M
  const whole = object(optionals, description)
  return {
    schema: { ...whole.schema, minProperties: 1, maxProperties: 1 },
    read (value, report) {
      const found = whole.read(value, report)
      const count = Object.keys(found ?? [0]).length
      return count === 1 ? found : report.fault([], `has ${count} fields; one is needed`, description)
    }
  }
}

interface ListOptions { description: string, minItems?: number, uniqueItems?: true }

/** A list; undefined when one of its items has a fault. */
export function list<T> (item: Field<T>, options: ListOptions): Field<readonly T[]> {
  const { description, minItems = 0, uniqueItems = false } = options
  return {
    schema: { type: 'array', items: item.schema, ...options },
    read (value, report) {
      if (!Array.isArray(value)) return refuseType(value, 'a list', description, report)
      if (value.length < minItems) return report.fault([], 'is empty', description)
      if (uniqueItems && new Set(value).size < value.length) return report.fault([], 'names something twice', 'name each once')
      return report.faultless(() => value.map((inner, i) => item.read(inner, report.below(i))) as T[])
    }
  }
}

/** An object whose members are named by the user. */
export function record<T> (value: Field<T>, description: string): Field<Readonly<Record<string, T>>> {
  return {
    schema: { type: 'object', additionalProperties: value.schema, description },
    read (found, report) {
      if (!isRecord(found)) return refuseType(found, 'object', description, report)
      return report.faultless(() => Object.fromEntries(Object.entries(found).map(([name, inner]) =>
        [name, value.read(inner, report.below(name)) as T])))
    }
  }
}

const NAME = /^[a-z0-9][a-z0-9_-]{0,62}$/

/** Entries by name. One with a fault is left out, and the others are still there. */
export function byName<T> (value: Field<T>, description: string): Field<ReadonlyMap<string, T>> {
  return {
    schema: { type: 'object', description, propertyNames: { pattern: NAME.source }, additionalProperties: value.schema },
    read (found, report) {
      if (!isRecord(found)) return refuseType(found, 'object', description, report)
      const entries = Object.entries(found).flatMap(([name, inner]) => {
        const read = value.read(inner, report.below(name))
        if (!NAME.test(name)) report.fault([name], 'is not a name: lower-case letters, digits, "-" and "_"', 'choose another name')
        return read === undefined ? [] : [[name, read] as const]
      })
      return new Map(entries)
    }
  }
}
