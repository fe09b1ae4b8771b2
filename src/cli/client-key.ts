// jwksd client key: a new API key for a client. The token is printed once; the configuration gets only its hash. Checks
// only the client: the first API key is created while the rest of a configuration is still being written.

import { realpath, stat } from 'node:fs/promises'
import { Command } from 'commander'
import { addApiKey } from '../config/add-api-key.ts'
import { LIVE_KEYS } from '../config/clients.ts'
import { isRecord } from '../config/fields.ts'
import { readConfig } from '../config/parse.ts'
import { readYaml } from '../config/yaml.ts'
import { makeApiKey } from '../core/clients/api-key.ts'
import { type Fault, fault, FaultsError } from '../core/errors.ts'
import { didYouMean } from '../core/near-match.ts'
import { formatTime, parseMoment } from '../core/time.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { ownerOf } from '../keystore/owner.ts'
import { readConfigText } from '../state/settings.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig } from './io.ts'

interface Options { config?: string, expires?: string, write?: true, json?: true }

export function clientCommand (io: Io): Command {
  const key = new Command('key')
    .description('make an API key for a client: the token is shown once, its hash goes into the configuration')
    .argument('<client>', 'name of the client')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--expires <when>', 'a date such as 2027-06-01, or a time from now such as 180d', argument(text => parseExpiry(text, io.clock())))
    .option('--write', 'write the hash into the configuration instead of printing it')
    .option('--json', 'result as JSON')
    .action(async (client: string, options: Options) => { await makeKey(io, client, options) })
  return new Command('client').addCommand(key)
}

function parseExpiry (text: string, now: number): string {
  const expires = parseMoment(text, now)
  if (expires <= now) throw fault('', `lies in the past: ${text}`, 'give a later date, or a time from now such as 180d')
  return formatTime(expires)
}

async function makeKey (io: Io, client: string, { config, expires, write, json }: Options): Promise<void> {
  const { env, clock, stdout, stderr } = io
  const file = presentConfig(config, env)
  const text = file === undefined ? '' : await readConfigText(file)
  const unknown = file === undefined ? noConfig(client) : findMistake(file, text, client, { env, now: clock() })
  if (unknown && write) throw new FaultsError([unknown])
  const { token, id, sha256 } = makeApiKey()
  const apiKey = { id, sha256, ...(expires !== undefined && { expires }) }
  if (write) {
    const { line, written, ...added } = addApiKey(file!, text, client, apiKey)
    const place = await realpath(file!) // a symbolic link is kept
    await writeFileSafely(place, added.text, (await stat(place)).mode & 0o777, false, await ownerOf(place))
    stderr.write(`wrote ${file}:${line} ${written}\n`)
  }
  if (json) {
    stdout.write(JSON.stringify({ client, token, ...apiKey }) + '\n')
    return
  }
  stdout.write(token + '\n')
  if (write) return
  const entry = Object.entries(apiKey).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')
  const rest = unknown && file !== undefined ? `    # ${unknown.problem} yet: ${unknown.hint}\n` : ''
  stdout.write(`\n# for ${file ?? 'jwksd.yaml'}:\nclients:\n  ${client}:\n    auth:\n      - apiKey: { ${entry} }\n${rest}`)
}

function noConfig (client: string): Fault {
  return { where: `clients.${client}`, problem: 'there is no configuration here', hint: 'start from jwksd.example.yaml, or name a file with --config' }
}

/**
 * Why the configuration has no place for an API key of the client; undefined when it has one.
 * @throws FaultsError when the file is no YAML, or the client has enough live API keys
 */
function findMistake (file: string, text: string, client: string, { env, now }: { env: Io['env'], now: number }): Fault | undefined {
  const source = readYaml(file, text)
  const { apiKeys = [] } = readConfig(source, env, now).sound.clients.get(client) ?? {}
  const live = apiKeys.filter(({ expires = Infinity, sha256 }) => now < expires && sha256.some(byte => byte !== 0))
  if (live.length >= LIVE_KEYS) {
    throw fault(`clients.${client}`, `has ${live.length} live API keys already: ${live.map(({ id }) => id).join(', ')}`,
      'remove the one that is no longer used from the configuration')
  }
  const { clients = {} } = source.data as { clients?: unknown }
  const names = isRecord(clients) ? Object.keys(clients) : []
  if (names.includes(client)) return undefined
  return {
    where: source.where(['clients', client]),
    problem: 'there is no such client',
    hint: didYouMean(client, names, `add it under clients, with the profiles that it may use: ${client}: { profiles: [PROFILE] }`)
  }
}
