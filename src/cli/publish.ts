// jwksd publish: every set's bytes as files, for nginx, a bucket or a CDN to serve. Writes a file only when its bytes change, so
// it may run at any time; deletes nothing. A server with publish.directory does the same by itself.

import path from 'node:path'
import { Command } from 'commander'
import { findSecretIn } from '../config/served-directory.ts'
import { fault } from '../core/errors.ts'
import { HEADER_FILES, nginxLocations, publishedFiles } from '../http/published-files.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { writePublished } from '../server/published-directory.ts'
import { load } from '../state/load.ts'
import { type Io, needConfig } from './io.ts'

interface Options { config?: string, to: string, nginx?: string, json?: true }

export function publishCommand (io: Io): Command {
  return new Command('publish')
    .requiredOption('--to <dir>', 'directory that a web server, a bucket or a CDN serves')
    .option('--nginx <file>', 'also write locations for nginx with the headers of each file')
    .option('-c, --config <file>', 'configuration (default: JWKSD_CONFIG, then ./jwksd.yaml)')
    .option('--json', 'result as JSON')
    .action(async (options: Options) => { await publish(io, options) })
}

async function publish ({ env, clock, stdout }: Io, { config, to, nginx, json }: Options): Promise<void> {
  const now = clock()
  const file = needConfig(config, env)
  const { snapshot, config: read } = await load({ file, env, now, listeners: 'public', tls: false })
  const secret = findSecretIn(path.resolve(to), path.resolve(file), read)
  if (secret) throw fault(`--to ${to}`, secret.problem, secret.hint)
  const { files } = publishedFiles(snapshot, now)
  const changed = await writePublished(to, files)
  const served = files.filter(({ path }) => !Object.values<string>(HEADER_FILES).includes(path))
  if (nginx !== undefined) await writeFileSafely(nginx, nginxLocations(served), 0o644)
  const result = served.map(({ path, headers }) => ({ path, written: changed.has(path), headers }))
  stdout.write(json ? JSON.stringify(result) + '\n' : result.map(({ path, written }) => `${written ? 'written  ' : 'unchanged'}  ${path}\n`).join(''))
}
