// jwksd publish: every set's bytes as files, for nginx, a bucket or a CDN to serve. Writes a file only when its bytes change, so
// it may run at any time; deletes nothing. A host of files cannot shorten max-age before a transition: lead leaves room for that.

import path from 'node:path'
import { mkdir, readFile } from 'node:fs/promises'
import { Command } from 'commander'
import { fault } from '../core/errors.ts'
import { DEFAULT_SET_NAME } from '../config/types.ts'
import { describeIssuer } from '../http/discovery.ts'
import { JWKS_PATH, represent } from '../http/jwks.ts'
import { writeFileSafely } from '../keystore/files.ts'
import { load } from '../state/load.ts'
import { type Io, needConfig } from './io.ts'

interface Options { config?: string, to: string, nginx?: string, json?: true }

/** A file below the directory, and the headers with which it must be served. */
interface PublishedFile { readonly path: string, readonly body: string, readonly headers: Readonly<Record<string, string>> }

/** A browser may read it from anywhere; caches keep it for as long as the listener's answer would allow far from a transition. */
const headersFor = (maxAge: number): Record<string, string> =>
  ({ 'Content-Type': 'application/json', 'Cache-Control': `public, max-age=${maxAge}`, 'Access-Control-Allow-Origin': '*' })

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
  const { snapshot } = await load({ file, env, now, listeners: 'public', tls: false })
  const files = [...snapshot.published].flatMap(([name, sets]): PublishedFile[] => {
    const prefix = name === DEFAULT_SET_NAME ? '' : `/${name}`
    const { body, headers: { etag } } = represent(sets, now)
    const headers = headersFor(Math.min(...sets.map(({ maxAge }) => maxAge)))
    const issuer = sets[0]!.issuer
    return [
      { path: prefix + JWKS_PATH, body: body.toString(), headers: { ...headers, ETag: etag! } },
      ...issuer === undefined
        ? []
        : [{ path: `${prefix}/.well-known/openid-configuration`, body: JSON.stringify(describeIssuer(issuer, sets, now)), headers }]
    ]
  })
  const changed = await writeChanged(to, [...files, { path: '/_headers', body: headerFile(files), headers: {} }])
  if (nginx !== undefined) await writeFileSafely(nginx, files.map(nginxLocation).join('\n'), 0o644)
  const result = files.map(({ path, headers }) => ({ path, written: changed.has(path), headers }))
  stdout.write(json ? JSON.stringify(result) + '\n' : result.map(({ path, written }) => `${written ? 'written  ' : 'unchanged'}  ${path}\n`).join(''))
}

/** @returns paths of the files whose bytes were not there yet */
async function writeChanged (directory: string, files: readonly PublishedFile[]): Promise<Set<string>> {
  const changed = new Set<string>()
  for (const { path: name, body } of files) {
    const file = path.join(directory, name)
    const known = await readFile(file, 'utf8').catch(() => undefined)
    if (known === body) continue
    try {
      await mkdir(path.dirname(file), { recursive: true, mode: 0o755 }) // the web server is another user
      await writeFileSafely(file, body, 0o644)
    } catch (error) {
      throw fault(file, `cannot be written (${(error as NodeJS.ErrnoException).code})`, 'name a directory that this user may write')
    }
    changed.add(name)
  }
  return changed
}

/** The format of Netlify and Cloudflare Pages. They make ETags themselves. */
function headerFile (files: readonly PublishedFile[]): string {
  return files.map(({ path, headers: { ETag: _, ...headers } }) =>
    `${path}\n${Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`).join('')}`).join('')
}

/** The same ETag from every server, whatever the times of its files. */
function nginxLocation ({ path, headers: { 'Content-Type': type, ETag: etag, ...headers } }: PublishedFile): string {
  const lines = Object.entries({ ...headers, ...(etag && { ETag: etag }) }).map(([name, value]) => `  add_header ${name} '${value}';\n`)
  const condition = etag ? `  etag off;\n  if ($http_if_none_match = '${etag}') { return 304; }\n` : ''
  return `location = ${path} {\n  default_type ${type};\n${condition}${lines.join('')}}\n`
}
