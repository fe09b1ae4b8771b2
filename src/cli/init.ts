// jwksd init: from nothing to a configuration that serves and signs. Asks at a terminal, else takes options. Writes
// everything or nothing, never over a file; what it wrote is loaded as `serve` does, and taken back when that fails.

import path from 'node:path'
import { Command, Option } from 'commander'
import { ALGS } from '../core/keys/alg.ts'
import { type Fault, fault } from '../core/errors.ts'
import { readConfig } from '../config/parse.ts'
import { readYaml } from '../config/yaml.ts'
import { writeNewFiles } from '../keystore/files.ts'
import { readPassphrase, readPassphraseFile } from '../keystore/passphrase.ts'
import { load } from '../state/load.ts'
import { collectAnswers, type InitOptions } from './init/answers.ts'
import { draftFiles } from './init/draft-files.ts'
import { type Io, printFaults } from './io.ts'
import { type Ask, converse, isInteractive } from './terminal.ts'

export function initCommand (io: Io): Command {
  const several = (text: string, before: string[] = []): string[] => [...before, text]
  const command = new Command('init')
    .argument('[preset]', 'the vendor, a name of jwksd presets')
    .option('--directory <dir>', 'where to write', '.')
    .option('--host <name>', 'host of the JWKS URL: a DNS name that vendors reach, or localhost for a trial')
    .option('--client <name>', 'internal service that may sign')
    .option('--set <name>', 'name of the set and of the profile (default: the preset\'s)')
    .addOption(new Option('--alg <alg>', 'signature algorithm (default: the first that the vendor takes)').choices(ALGS))
    .option('--value <name=value>', 'what the vendor has given already, such as iss=CLIENT; repeatable', several)
    .option('--import <file>', 'take the private key of this file, in any form that jwksd import reads')
    .option('--kid <kid>', 'kid of that key (default: that of an old jwks.json, of the file, else computed)')
    .option('--passphrase-file <file>', 'what decrypts that file (default: asked for on a terminal)')
    .addOption(new Option('--new-key', 'make a new key although there are keys in the directory').conflicts('import'))
    .option('--cert <file>', 'TLS certificate for the host, with its chain (default: self-signed for localhost, else tls/fullchain.pem)')
    .option('--key <file>', 'private key of that certificate')
    .option('--listen <address>', 'public listener (default: port 8443)')
    .option('--sign-listen <address>', 'internal listener (default: 127.0.0.1:9443)')
    .option('--systemd', 'write jwksd.service too')
    .addOption(new Option('--compose', 'write compose.yaml too').conflicts('systemd'))
    .option('--kubernetes', 'write kubernetes.yaml too')
    .option('--image <image>', 'container image for --compose and --kubernetes (default: jwksd:<version>)')
    .option('--yes', 'ask nothing: take the defaults, and the only key of the directory')
    .option('--json', 'result as JSON')
  return command.action(async (preset: string | undefined, options: InitOptions) => {
    const run = async (ask?: Ask): Promise<void> => { await init(io, command, { preset, options, ask }) }
    await (isInteractive(io) && !options.yes ? converse(io, run) : run())
  })
}

interface Request { readonly preset: string | undefined, readonly options: InitOptions, readonly ask: Ask | undefined }

async function init (io: Io, command: Command, { preset, options, ask }: Request): Promise<void> {
  const { env, clock, stdout, stderr } = io
  if ((options.cert === undefined) !== (options.key === undefined)) command.error('error: --cert and --key belong together')
  const answers = await collectAnswers(command, preset, { options, ask, io })
  const decrypt = async (): Promise<string> => {
    if (options.passphraseFile !== undefined) return await readPassphraseFile(options.passphraseFile, '--passphrase-file')
    if (ask) return await ask(`Passphrase of ${answers.keyFile}: `, true)
    throw fault(answers.keyFile!, 'is encrypted', 'give the passphrase with --passphrase-file, or run the command on a terminal')
  }
  const now = clock()
  const draft = await draftFiles(answers, options, { now, decrypt, passphrase: await readPassphrase(env) })
  const file = path.join(options.directory, 'jwksd.yaml')
  const { faults } = readConfig(readYaml(file, draft.config), {}, now)
  if (faults.length > 0) command.error(faults.map(asOption).join('\n'))
  const takeBack = await writeNewFiles([{ file, text: draft.config, mode: 0o600 }, ...draft.files])
  const { warnings } = await load({ file, env: passphraseOf(env), now, listeners: 'both', tls: draft.tls }).catch(async (error: unknown) => {
    await takeBack()
    throw error
  })
  const written = [file, ...draft.files.map(one => one.file)]
  if (options.json) {
    const { set, client } = answers
    const { kid, alg, url, token, next } = draft
    stdout.write(JSON.stringify({ files: written, set, profile: set, kid, alg, url, client, token, next }) + '\n')
  } else {
    stderr.write(written.map(name => `wrote ${name}\n`).join(''))
    stderr.write(`kid ${draft.kid}, ${draft.alg}, at ${draft.url}\nThe API key of ${answers.client}, shown only now:\n`)
    stdout.write(draft.token + '\n')
    stderr.write(`Next:\n${draft.next.map(line => `  ${line}\n`).join('')}`)
  }
  printFaults(io, [], [...draft.remarks, ...warnings])
}

/** A fault of the new configuration, in words of the options that it came from. */
function asOption ({ where, problem, hint }: Fault): string {
  return `error: ${where.replace(/^\S+ /, '')}: ${problem}\nhint: ${hint}`
}

/** Only the passphrase: the new configuration is checked as it is, without overrides. */
function passphraseOf ({ JWKSD_KEY_PASSPHRASE, JWKSD_KEY_PASSPHRASE_FILE }: Io['env']): Io['env'] {
  return { JWKSD_KEY_PASSPHRASE, JWKSD_KEY_PASSPHRASE_FILE }
}
