// A command's input and output, replaceable in tests: results go to stdout, everything else to stderr as `error: …` and
// `hint: …`.

import { existsSync } from 'node:fs'
import { type Fault, fault } from '../core/errors.ts'
import type { Clock } from '../core/time.ts'
import type { Environment } from '../config/types.ts'

export interface Io {
  readonly env: Environment
  readonly stdin: AsyncIterable<Buffer> & { isTTY?: boolean, setRawMode?: (raw: boolean) => unknown }
  readonly stdout: { write: (text: string) => unknown, columns?: number, isTTY?: boolean }
  readonly stderr: { write: (text: string) => unknown, isTTY?: boolean }
  readonly clock: Clock
}

/** The configuration that quickstart makes. */
export const QUICKSTART_CONFIG = '.jwksd/jwksd.yaml'

/** Names that somebody may give a configuration, although only jwksd.yaml is looked for. */
const OTHER_NAMES = ['jwksd.yml', 'jwksd.json', 'jwksd.yaml.txt', 'jwksd.yml.txt']

/**
 * The configuration that was given: `--config`, JWKSD_CONFIG or ./jwksd.yaml. Undefined means quickstart.
 * @throws FaultsError when a file of a name that is nearly right would be left unread
 */
export function givenConfig (option: string | undefined, env: Environment): string | undefined {
  const named = option ?? (env.JWKSD_CONFIG || undefined)
  if (named !== undefined) return named
  if (existsSync('jwksd.yaml')) return 'jwksd.yaml'
  const other = OTHER_NAMES.find(name => existsSync(name))
  if (other !== undefined) throw fault(other, 'is not read: the name is jwksd.yaml', `mv ${other} jwksd.yaml, or name it: --config ${other}`)
  return undefined
}

/** The configuration in force: the given one, else the one that quickstart made. */
export function presentConfig (option: string | undefined, env: Environment): string | undefined {
  return givenConfig(option, env) ?? (existsSync(QUICKSTART_CONFIG) ? QUICKSTART_CONFIG : undefined)
}

/** The configuration in force. @throws FaultsError when there is none */
export function needConfig (option: string | undefined, env: Environment): string {
  const file = presentConfig(option, env)
  if (file === undefined) throw fault('jwksd.yaml', 'there is no configuration here', 'make one with: jwksd init; or run jwksd serve once for a quickstart')
  return file
}

/** Prints faults and then warnings as `error:`, `hint:` and `warning:` lines, in lower case and without a period. */
export function printFaults ({ stderr }: Pick<Io, 'stderr'>, faults: readonly Fault[], warnings: readonly string[] = []): void {
  for (const { where, problem, hint } of faults) stderr.write(`error: ${where}: ${problem}\nhint: ${hint}\n`)
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
}

/** All of standard input. */
export async function readAll (stdin: AsyncIterable<Buffer>): Promise<Buffer> {
  const chunks: Buffer[] = []
  for await (const chunk of stdin) chunks.push(chunk)
  return Buffer.concat(chunks)
}
