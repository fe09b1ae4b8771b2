// Templates: values of a header or of a claim that hold `${name}` for what is known only at signing time.
// Rejects unknown names when they are compiled, so that no request can meet one. `$${` stands for a plain `${`.

import { fault } from '../errors.ts'
import type { Certificate } from '../keys/certificate.ts'

/** What a template may name. `now` is the token's issue time, a NumericDate (seconds). */
export interface Scope {
  readonly client: string
  readonly key: { readonly kid: string, readonly spkiSha256: string, readonly certificate?: Certificate }
  /** The set of the key. */
  readonly set: { readonly url: string }
  readonly params: Readonly<Record<string, string>>
  readonly claims: Readonly<Record<string, unknown>>
  readonly now: number
}

/** The value for one signature; undefined when something that it names is not there. */
export type Template = (scope: Scope) => unknown

/** A value with its placeholders found: `names` lists them. */
export interface Compiled { readonly resolve: Template, readonly names: readonly string[] }

const PLACEHOLDER = /\$?\$\{([^}]*)\}/g

const READERS: Readonly<Record<string, Template>> = {
  'client.name': ({ client }) => client,
  'key.kid': ({ key }) => key.kid,
  'key.spkiSha256': ({ key }) => key.spkiSha256,
  'key.x5c': ({ key }) => key.certificate?.x5c,
  'key.x5t': ({ key }) => key.certificate?.x5t,
  'key.x5t#S256': ({ key }) => key.certificate?.['x5t#S256'],
  'key.uri': ({ key }) => key.certificate?.uri,
  'set.url': ({ set }) => set.url,
  'set.issuer': ({ set }) => set.url.replace('/.well-known/jwks.json', ''),
  now: ({ now }) => now
}

/** True for the name of something that only a certificate beside the key can give. */
export function needsCertificate (name: string): boolean {
  return name.startsWith('key.x5') || name === 'key.uri'
}

function readerOf (name: string): Template {
  const [, root, member] = /^(params|claims)\.(.+)$/.exec(name) ?? []
  if (root) return scope => Object.hasOwn(scope[root as 'params'], member!) ? scope[root as 'params'][member!] : undefined
  if (Object.hasOwn(READERS, name)) return READERS[name]!
  throw fault('', `holds \${${name}}, which stands for nothing`,
    `use one of: ${Object.keys(READERS).join(', ')}, params.<name>, claims.<name>; write $\${ for a plain \${`)
}

/**
 * Compiles a JSON value whose strings, at any depth, may hold placeholders. A string that is only a placeholder
 * gives what it names with its own type; any other gives a string.
 * @throws FaultsError naming a placeholder that stands for nothing
 */
export function compileTemplate (value: unknown): Compiled {
  if (typeof value === 'string') return compileText(value)
  if (typeof value !== 'object' || value === null) return { resolve: () => value, names: [] }
  const members = Object.entries(value).map(([name, inner]) => [name, compileTemplate(inner)] as const)
  const names = members.flatMap(([, { names }]) => names)
  if (names.length === 0 && !JSON.stringify(value).includes('$${')) return { resolve: () => value, names }
  if (Array.isArray(value)) return { resolve: scope => members.map(([, { resolve }]) => resolve(scope)), names }
  return { resolve: scope => Object.fromEntries(members.map(([name, { resolve }]) => [name, resolve(scope)])), names }
}

function compileText (text: string): Compiled {
  const found = [...text.matchAll(PLACEHOLDER)].filter(([whole]) => !whole.startsWith('$$'))
  const names = found.map(match => match[1]!)
  const readers = new Map(names.map(name => [name, readerOf(name)]))
  if (found[0]?.[0] === text) return { resolve: readers.get(names[0]!)!, names }
  const resolve = (scope: Scope): unknown => {
    if ([...readers.values()].some(read => read(scope) === undefined)) return undefined
    return text.replace(PLACEHOLDER, (whole, name: string) => whole.startsWith('$$') ? whole.slice(1) : String(readers.get(name)!(scope)))
  }
  return { resolve, names }
}
