// jwksd export: the public half of a key for vendors that take it manually, or all of them for a public listener that
// runs separately. Drops private halves as soon as they are read.

import path from 'node:path'
import { Command, Option } from 'commander'
import { fault, FaultsError } from '../core/errors.ts'
import { writeCertificates } from '../core/keys/certificate.ts'
import type { Key } from '../core/keys/key.ts'
import { writeNotes } from '../core/keys/notes.ts'
import { loadSettings } from '../state/settings.ts'
import { directoryOf, faultsOf, findKey, type KeySets, readKeySets } from '../keystore/key-sets.ts'
import { readAny, writeFileSafely } from '../keystore/files.ts'
import { type Io, presentConfig } from './io.ts'

interface Options { config?: string, pem?: true, jwk?: true, all?: string, json?: true }

export function exportCommand (io: Io): Command {
  return new Command('export')
    .argument('[kid]', 'kid or file name of the key')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--pem', 'as openssl pkey -pubout writes it (default)')
    .addOption(new Option('--jwk', 'as a JWK').conflicts('pem'))
    .addOption(new Option('--all <dir>', 'write every public half with its notes').conflicts(['pem', 'jwk']))
    .action(async (kid: string | undefined, options: Options, command: Command) => {
      if ((kid === undefined) === (options.all === undefined)) command.error('error: name one key, or use --all <dir>')
      const settings = await loadSettings(presentConfig(options.config, io.env), io.env, io.clock())
      // Warnings are for a public listener, which should not have the private halves.
      const found = { ...await readKeySets(settings, io.env, { publicOnly: true }), warnings: [] }
      if (options.all !== undefined) await exportAll(io, found, options.all)
      else exportOne(io, found, kid!, options)
    })
}

function exportOne ({ stdout }: Io, found: KeySets, name: string, { jwk }: Options): void {
  const copies = findKey(found, name).map(({ key }) => key)
  const jwks = new Set(copies.map(({ jwk }) => JSON.stringify(jwk, null, 2)))
  if (jwk && jwks.size > 1) {
    throw fault(name, 'is published in several sets, each with a JWK of its own', `name a file: ${copies.map(({ file }) => file).join(', ')}`)
  }
  stdout.write(jwk ? [...jwks][0]! + '\n' : copies[0]!.publicPem)
}

/**
 * The notes pin alg and kid: the other listener publishes the same bytes whatever its own rules say.
 * @throws FaultsError when a file is bad: the other listener would lack its key
 */
async function exportAll ({ stdout }: Io, found: KeySets, directory: string): Promise<void> {
  const faults = faultsOf(found)
  if (faults.length > 0) throw new FaultsError(faults)
  const files = [...found.sets.values()].flatMap(({ name, keys }) => keys.flatMap(key => {
    const file = path.join(directoryOf(directory, name), path.basename(key.file))
    const certificate = key.certificate && { file: file.replace(/\.pem$/, '.crt'), text: writeCertificates(key.certificate) }
    return [{ file, text: notesOf(key) + key.publicPem }, ...certificate ? [certificate] : []]
  }))
  await requireNoPrivateKeys(files.map(({ file }) => file))
  for (const { file, text } of files) {
    await writeFileSafely(file, text, 0o644)
    stdout.write(file + '\n')
  }
}

/** @throws FaultsError naming each of the files that has a private key: it would be gone, as in the key directory itself */
async function requireNoPrivateKeys (files: readonly string[]): Promise<void> {
  const faults = await Promise.all(files.map(async file => {
    const isPrivate = await readAny(file).then(bytes => bytes.includes('PRIVATE KEY-----'), () => false)
    return isPrivate ? [{ where: file, problem: 'holds a private key, which its public half would replace', hint: 'export into another directory' }] : []
  }))
  if (faults.flat().length > 0) throw new FaultsError(faults.flat())
}

function notesOf ({ alg, kid, activates, held, revoked }: Key): string {
  const dates = { ...(activates !== undefined && { activates }), ...(held && { held }), ...(revoked !== undefined && { revoked }) }
  return writeNotes({ alg, kid, ...dates })
}
