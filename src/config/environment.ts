// The environment variables that override fields of the configuration.

import path from 'node:path'
import { isRecord } from './fields.ts'
import type { Path } from './report.ts'
import type { Environment } from './types.ts'
import type { SourceText } from './yaml.ts'

/** Relative paths are the working directory's, not the configuration's. */
const OVERRIDES: ReadonlyArray<{ name: string, field: readonly [string, string?], isPath?: true }> = [
  { name: 'JWKSD_URL', field: ['url'] },
  { name: 'JWKSD_LISTEN', field: ['listen'] },
  { name: 'JWKSD_KEYS', field: ['keys'], isPath: true },
  { name: 'JWKSD_TLS_CERT', field: ['tls', 'cert'], isPath: true },
  { name: 'JWKSD_TLS_KEY', field: ['tls', 'key'], isPath: true },
  { name: 'JWKSD_LOG_LEVEL', field: ['logLevel'] },
  { name: 'JWKSD_REDIS_URL', field: ['redis', 'url'] }
]

/** The document with the fields that the environment gives; these are named by their variables. An empty one is none. */
export function applyEnvironment ({ data, where }: SourceText, env: Environment): Pick<SourceText, 'data' | 'where'> {
  if (!isRecord(data)) return { data, where }
  const applied = OVERRIDES.filter(({ name }) => env[name])
  const changed = { ...data }
  for (const { name, field: [first, second], isPath } of applied) {
    const value = isPath ? path.resolve(env[name]!) : env[name]
    const section = changed[first]
    changed[first] = second === undefined ? value : { ...(isRecord(section) && section), [second]: value }
  }
  const origin = (at: Path): string | undefined => applied.find(({ field }) => field.join() === at.join())?.name
  return { data: changed, where: at => origin(at) ?? where(at) }
}
