// The sets as files, for nginx, a bucket or a CDN to serve: the listener's bytes, and headers for the server of the files.
// Such a server cannot lower max-age each second before a transition, so the age is halved until then.

import { DEFAULT_SET_NAME } from '../config/types.ts'
import { type KeySet, nextTransition } from '../core/keys/key-set.ts'
import type { Snapshot } from '../state/snapshot.ts'
import { describeIssuer } from './discovery.ts'
import { cacheControl, JWKS_PATH, represent } from './jwks.ts'

/** A file below the directory, and the headers with which it must be served. */
export interface PublishedFile { readonly path: string, readonly body: string, readonly headers: Readonly<Record<string, string>> }

/** Right until before `until` (NumericDate), or Infinity. */
export interface PublishedFiles { readonly files: readonly PublishedFile[], readonly until: number }

/** Files with headers for the server of static files: by its own format. */
export const HEADER_FILES = { netlify: '/_headers', nginx: '/_nginx.conf' } as const

/** Everything that is published at `now`; equal on every replica with the same keys and clock. */
export function publishedFiles ({ published }: Pick<Snapshot, 'published'>, now: number): PublishedFiles {
  const made = [...published].map(([name, sets]) => filesOf(name, sets, now))
  const files = made.flatMap(one => one.files)
  const bodies = [[HEADER_FILES.netlify, headerFile(files)], [HEADER_FILES.nginx, nginxLocations(files)]] as const
  const ofHeaders = bodies.map(([path, body]) => ({ path, body, headers: {} }))
  return { files: [...files, ...ofHeaders], until: Math.min(...made.map(({ until }) => until)) }
}

function filesOf (name: string, sets: readonly KeySet[], now: number): PublishedFiles {
  const prefix = name === DEFAULT_SET_NAME ? '' : `/${name}`
  const maxAge = Math.min(...sets.map(set => set.maxAge))
  const transition = Math.min(...sets.map(set => nextTransition(set, now)))
  const isFar = transition - now > maxAge
  const age = isFar ? maxAge : Math.floor((transition - now) / 2)
  const headers = { 'Content-Type': 'application/json', 'Access-Control-Allow-Origin': '*' }
  const { body, headers: { etag } } = represent(sets, now)
  const [{ issuer }] = sets as [KeySet]
  const jwks = { path: prefix + JWKS_PATH, body: body.toString(), headers: { ...headers, 'Cache-Control': cacheControl(sets, age), ETag: etag! } }
  const describe = (named: string): PublishedFile => ({
    path: `${prefix}/.well-known/openid-configuration`,
    body: JSON.stringify(describeIssuer(named, sets, now)),
    headers: { ...headers, 'Cache-Control': `public, max-age=${maxAge}` }
  })
  return {
    files: [jwks, ...issuer === undefined ? [] : [describe(issuer)]],
    until: transition - (isFar ? maxAge : age)
  }
}

/** The format of Netlify and Cloudflare Pages. They make ETags themselves. */
function headerFile (files: readonly PublishedFile[]): string {
  return files.map(({ path, headers: { ETag: _, ...headers } }) =>
    `${path}\n${Object.entries(headers).map(([name, value]) => `  ${name}: ${value}\n`).join('')}`).join('')
}

/** Locations for nginx. The same ETag from every server, whatever the times of its files. */
export function nginxLocations (files: readonly PublishedFile[]): string {
  return files.map(({ path, headers: { 'Content-Type': type, ETag: etag, ...headers } }) => {
    const lines = Object.entries({ ...headers, ...(etag && { ETag: etag }) }).map(([name, value]) => `  add_header ${name} '${value}';\n`)
    // As the listener compares: any tag of a list, weak or strong.
    const condition = etag ? `  etag off;\n  if ($http_if_none_match ~ '^\\*$|${etag}') { return 304; }\n` : ''
    return `location = ${path} {\n  default_type ${type};\n${condition}${lines.join('')}}\n`
  }).join('\n')
}
