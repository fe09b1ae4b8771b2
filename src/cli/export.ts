// jwksd export: the public half of a key for vendors that take it by hand, or all of them for a public listener that
// stands apart. Never reads a private key without dropping it at once.

import path from 'node:path'
import { Command, Option } from 'commander'
import type { Key } from '../core/keys/key.ts'
import { writeNotes } from '../core/keys/notes.ts'
import { load, type Loaded } from '../state/load.ts'
import { directoryOf, findKey } from '../keystore/key-sets.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { type Io, needConfig } from './io.ts'

interface Options { config?: string, pem?: true, jwk?: true, all?: string, json?: true }

export function exportCommand (io: Io): Command {
  return new Command('export')
    .description('print the public half of a key, or write all of them to a directory')
    .argument('[kid]', 'kid or file name of the key')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--pem', 'as openssl pkey -pubout writes it (default)')
    .addOption(new Option('--jwk', 'as a JWK').conflicts('pem'))
    .addOption(new Option('--all <dir>', 'write every public half with its notes').conflicts(['pem', 'jwk']))
    .action(async (kid: string | undefined, options: Options, command: Command) => {
      if ((kid === undefined) === (options.all === undefined)) command.error('error: name one key, or use --all <dir>')
      const loaded = await load({ file: needConfig(options.config, io.env), env: io.env, now: io.clock(), listeners: 'public', tls: false })
      if (options.all !== undefined) await exportAll(io, loaded, options.all)
      else exportOne(io, loaded, kid!, options)
    })
}

function exportOne ({ stdout }: Io, { snapshot }: Loaded, name: string, { jwk }: Options): void {
  const { key } = findKey(snapshot.sets.values(), name)
  stdout.write(jwk ? JSON.stringify(key.jwk, null, 2) + '\n' : key.publicPem)
}

/** The notes pin alg and kid, so that the other listener publishes the same bytes whatever its own rules say. */
async function exportAll ({ stdout }: Io, { snapshot }: Loaded, directory: string): Promise<void> {
  for (const { name, keys } of snapshot.sets.values()) {
    for (const key of keys) {
      const file = path.join(directoryOf(directory, name), path.basename(key.file))
      await writeFileSafely(file, notesOf(key) + key.publicPem, 0o644)
      stdout.write(file + '\n')
    }
  }
}

function notesOf ({ alg, kid, activates, revoked }: Key): string {
  return writeNotes({ alg, kid, ...(activates !== undefined && { activates }), ...(revoked !== undefined && { revoked }) })
}
