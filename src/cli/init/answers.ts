// What `init` must know, from options or from the person at the terminal. Rejects missing options where nobody can be asked.

import path from 'node:path'
import type { Command } from 'commander'
import { fault } from '../../core/errors.ts'
import { didYouMean } from '../../core/near-match.ts'
import { vendorValues } from '../../core/onboarding/vendor-values.ts'
import type { Preset } from '../../core/tokens/preset.ts'
import { presets } from '../../presets/index.ts'
import type { Io } from '../io.ts'
import { findPreset } from '../find-preset.ts'
import type { Ask } from '../terminal.ts'
import { findPrivateKeys } from './found-keys.ts'

export interface InitOptions {
  directory: string
  host?: string
  client?: string
  set?: string
  alg?: string
  value?: string[]
  import?: string
  newKey?: true
  kid?: string
  passphraseFile?: string
  cert?: string
  key?: string
  listen?: string
  signListen?: string
  image?: string
  systemd?: true
  kubernetes?: true
  compose?: true
  yes?: true
  json?: true
}

export interface Answers {
  readonly preset: Preset
  readonly set: string
  readonly host: string
  readonly client: string
  /** Values of the vendor, by name. */
  readonly given: Readonly<Record<string, string>>
  /** File to take the key from. */
  readonly keyFile?: string
}

const USUAL = { preset: 'jwt', host: 'localhost', client: 'app' }

interface Asking {
  readonly options: InitOptions
  /** Absent where nobody can be asked. */
  readonly ask: Ask | undefined
  readonly io: Io
}

export async function collectAnswers (command: Command, asked: string | undefined, { options, ask, io }: Asking): Promise<Answers> {
  const missing = [...(asked ? [] : ['a preset']), ...(options.host ? [] : ['--host']), ...(options.client ? [] : ['--client'])]
  if (!ask && !options.yes && missing.length > 0) {
    command.error(`error: without a terminal ${missing.join(', ')} must be given\nhint: --yes takes ${Object.values(USUAL).join(', ')}; jwksd presets lists the vendors`)
  }
  const question = async (text: string, usual: string): Promise<string> => (await ask?.(`${text} [${usual}]: `))?.trim() || usual
  const typed = asked ?? await question('Vendor (jwksd presets lists them)', USUAL.preset)
  const preset = findPreset(typed, presets)
  const host = parseHost(options.host ?? await question('Host of the JWKS URL, a DNS name that vendors reach', USUAL.host))
  const client = options.client ?? await question('Internal service that may sign', USUAL.client)
  const keyFile = options.import ?? (options.newKey ? undefined : await offerKeys(command, preset, { options, ask, io }))
  const given = readValues(options.value ?? [], preset)
  for (const { name, text, usual } of ask ? vendorValues(preset, '').filter(({ name }) => given[name] === undefined) : []) {
    const answer = await question(`${name}, which ${text}`, usual)
    if (answer !== usual) given[name] = answer
  }
  return { preset, set: options.set ?? typed, host, client, given, ...(keyFile !== undefined && { keyFile }) }
}

/** @throws FaultsError for a URL, of which only the host is needed */
function parseHost (text: string): string {
  const [, host] = /^(?:\w+:\/\/)?([^/]*)/.exec(text)!
  if (host !== text) throw fault('--host', `is a URL: ${text}`, `write its host only: ${host}`)
  return text
}

/** Keys found in the directory are used only when somebody says so. */
async function offerKeys (command: Command, preset: Preset, { options, ask, io }: Asking): Promise<string | undefined> {
  const tlsKey = options.key && path.resolve(options.key)
  const found = (await findPrivateKeys(options.directory)).filter(file => path.resolve(file) !== tlsKey)
  const theirs = preset.key.given === 'vendor'
  if (ask) {
    if (theirs) return (await ask(`File of the key that ${preset.title} made: `)).trim()
    if (found.length === 0) return undefined
    io.stderr.write(found.map((file, i) => `  ${i + 1}  ${file}\n`).join(''))
    const answer = (await ask('There are keys here. Use which one? [a new key]: ')).trim()
    if (answer === '') return undefined
    return found[Number(answer) - 1] ?? found.find(file => file === answer) ?? command.error(`error: ${answer} is none of them`)
  }
  if (found.length === 1 && options.yes) return found[0]
  if (found.length > 0) command.error(`error: there are keys here: ${found.join(', ')}\nhint: use one with --import FILE, or make a new one with --new-key`)
  if (theirs) command.error(`error: ${preset.title} makes the key itself\nhint: give its file with --import`)
  return undefined
}

/** `name=value`, for the values that the vendor gives. */
function readValues (texts: readonly string[], preset: Preset): Record<string, string> {
  const known = vendorValues(preset, '').map(({ name }) => name)
  return Object.fromEntries(texts.map(text => {
    const [, name, value] = /^([^=]+)=(.+)$/.exec(text) ?? []
    if (name === undefined || !known.includes(name)) {
      throw fault('--value', `${text} is no value of ${preset.title}`, didYouMean(name ?? text, known, known.length > 0 ? `write NAME=VALUE with one of: ${known.join(', ')}` : 'leave it out'))
    }
    return [name, value!]
  }))
}
