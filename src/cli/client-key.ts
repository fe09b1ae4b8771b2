// jwksd client key: a new API key for a client. The token is printed once; the configuration gets its hash alone.

import { readFile, stat } from 'node:fs/promises'
import { Command } from 'commander'
import { isMap, parseDocument } from 'yaml'
import { LIVE_KEYS } from '../config/clients.ts'
import { makeApiKey } from '../core/clients/api-key.ts'
import { fault } from '../core/errors.ts'
import { loadSettings } from '../state/load.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { argument } from './argument.ts'
import { type Io, presentConfig } from './io.ts'
import { formatTime, parseMoment } from '../core/time.ts'

interface Options { config?: string, expires?: string, write?: true, json?: true }

export function clientCommand (io: Io): Command {
  const key = new Command('key')
    .description('make an API key for a client: the token is shown once, its hash goes into the configuration')
    .argument('<client>', 'name of the client')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--expires <when>', 'a date such as 2027-06-01, or a time from now such as 180d', argument(text => formatTime(parseMoment(text, io.clock()))))
    .option('--write', 'write the hash into the configuration instead of printing it')
    .option('--json', 'result as JSON')
    .action(async (client: string, options: Options) => { await makeKey(io, client, options) })
  return new Command('client').description('API keys of clients').addCommand(key)
}

async function makeKey ({ env, clock, stdout }: Io, client: string, { config, expires, write, json }: Options): Promise<void> {
  const now = clock()
  const file = presentConfig(config, env)
  const known = (await loadSettings(file, env, now)).clients.get(client)
  const live = known?.apiKeys.filter(({ expires = Infinity }) => now < expires) ?? []
  if (live.length >= LIVE_KEYS) {
    throw fault(`clients.${client}`, `has ${live.length} live API keys already: ${live.map(({ id }) => id).join(', ')}`,
      'remove the one that is no longer used from the configuration')
  }
  const { token, id, sha256 } = makeApiKey()
  const apiKey = { id, sha256, ...(expires && { expires }) }
  if (write) await addToConfig(file, client, apiKey)
  if (json) {
    stdout.write(JSON.stringify({ client, token, ...apiKey }) + '\n')
    return
  }
  stdout.write(token + '\n')
  if (!write) {
    const entry = Object.entries(apiKey).map(([name, value]) => `${name}: ${JSON.stringify(value)}`).join(', ')
    stdout.write(`\n# for ${file ?? 'jwksd.yaml'}:\nclients:\n  ${client}:\n    auth:\n      - apiKey: { ${entry} }\n`)
  }
}

/** Adds the entry and keeps the file's comments and order. */
async function addToConfig (file: string | undefined, client: string, apiKey: object): Promise<void> {
  const document = file === undefined ? undefined : parseDocument(await readFile(file, 'utf8'))
  if (!document || !isMap(document.getIn(['clients', client]))) {
    throw fault(`clients.${client}`, 'there is no such client in the configuration', 'add the client with its profiles first, or leave --write out')
  }
  document.addIn(['clients', client, 'auth'], document.createNode({ apiKey }, { flow: true }))
  await writeFileSafely(file!, document.toString({ lineWidth: 0 }), (await stat(file!)).mode & 0o777)
}
