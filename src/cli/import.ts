// jwksd import: a private key in any common format as a key file of a set. The libraries for other formats are loaded
// only when a file needs them.

import path from 'node:path'
import { Command } from 'commander'
import { fault } from '../core/errors.ts'
import { loadSettings } from '../state/settings.ts'
import { importKey } from '../keystore/import.ts'
import { DEFAULT_SET_NAME, SET_NAME } from '../keystore/list-keys.ts'
import { readPassphraseFile } from '../keystore/passphrase.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig } from './io.ts'
import { ask, isInteractive } from './terminal.ts'
import { parseDate } from '../core/time.ts'

interface Options { config?: string, passphraseFile?: string, activates?: number, json?: true }

export function importCommand (io: Io): Command {
  return new Command('import')
    .argument('<file>', 'file with one private key')
    .argument('[set]', 'name of the set (default: the one in whose directory the file lies, else default)')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--passphrase-file <file>', 'what decrypts the file (default: asked for on a terminal)')
    .option('--activates <date>', 'when the key begins to sign (default: at once)', argument(parseDate))
    .option('--json', 'result as JSON')
    .action(async (file: string, set: string | undefined, options: Options) => { await runImport(io, file, set, options) })
}

async function runImport (io: Io, file: string, asked: string | undefined, options: Options): Promise<void> {
  const { env, clock, stdout, stderr } = io
  const settings = await loadSettings(presentConfig(options.config, env), env, clock())
  const within = path.relative(settings.keys, path.dirname(path.resolve(file)))
  const set = asked ?? (SET_NAME.test(within) ? within : DEFAULT_SET_NAME)
  if (!SET_NAME.test(set)) throw fault(set, 'is not a name for a set', 'use lower-case letters, digits, "-" and "_"')
  const { key, warnings } = await importKey(file, settings, {
    set,
    env,
    ask: async () => await passphraseOf(io, file, options),
    now: clock(),
    notes: options.activates === undefined ? {} : { activates: options.activates }
  })
  for (const warning of warnings) stderr.write(`warning: ${warning}\n`)
  const { kid, alg, file: written, jwk } = key
  stdout.write(options.json
    ? JSON.stringify({ file: written, set, kid, alg, jwk }) + '\n'
    : `kid:  ${kid}\nalg:  ${alg}\nfile: ${written}\n${JSON.stringify(jwk, null, 2)}\n`)
  stderr.write(`hint: ${file} still holds the private key: remove it when the new file is safe\n`)
}

async function passphraseOf (io: Io, file: string, { passphraseFile }: Options): Promise<string> {
  if (passphraseFile !== undefined) return await readPassphraseFile(passphraseFile, '--passphrase-file')
  if (isInteractive(io)) return await ask(io, `Passphrase of ${file}: `, true)
  throw fault(file, 'is encrypted', 'give the passphrase with --passphrase-file, or run the command on a terminal')
}
