// The servers that are compared, each with the same keys, certificate and JWK Set. jwksd runs complete: authentication,
// policy, audit, metrics. The others do what they are made for, and write no line per request, since jwksd writes none.

import { execFileSync, spawnSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { startJwksd } from './jwksd.ts'
import type { Target } from './load.ts'
import type { Alg, Site } from './peers/site.ts'
import { JWKS_PATH, type Server, startProgram } from './program.ts'
import { caddyConfig, nginxConfig } from './web-servers.ts'

export interface Running extends Server {
  /** A request for a token with this alg. */
  readonly sign?: (alg: Alg) => Target
}

export interface Contender {
  readonly name: string
  /** A command that it needs, and the Debian package that brings it. */
  readonly needs?: readonly [command: string, debian: string]
  /** @param directory one of its own, that exists */
  readonly start: (site: Site, directory: string) => Promise<Running>
}

export const CLAIMS = { iss: 'client', sub: 'client', aud: 'https://authorization.example.com/token', scope: 'system/Patient.read' }
const JSON_TYPE = { 'content-type': 'application/json' }
const PEERS = fileURLToPath(new URL('../peers/', import.meta.url))
const compiled = (name: string): string => fileURLToPath(new URL(`peers/${name}.js`, import.meta.url))

const plainSign = (origin: string) => (alg: Alg): Target =>
  ({ url: `${origin}/sign/${alg}`, body: JSON.stringify({ claims: CLAIMS }), headers: JSON_TYPE })

async function startNode (name: string, file: string, site: Site): Promise<Running> {
  const server = await startProgram({ name, command: [process.execPath, compiled(file), JSON.stringify(site)], port: site.port })
  return { ...server, sign: plainSign(server.origin) }
}

/** The file that a web server serves, below a directory of its own. */
function writeRoot (site: Site, directory: string): string {
  const file = path.join(directory, 'www', JWKS_PATH)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, readFileSync(site.jwks))
  return path.join(directory, 'www')
}

const jwksd: Contender = {
  name: 'jwksd',
  start: async (site, directory) => {
    const server = await startJwksd({ directory, tls: site.tls, keys: path.dirname(site.keys.RS384) })
    const headers = { ...JSON_TYPE, authorization: `Bearer ${server.token}` }
    return { ...server, sign: alg => ({ url: `${server.internal}/sign`, body: JSON.stringify({ profile: alg.toLowerCase(), claims: CLAIMS }), headers }) }
  }
}

const nginx: Contender = {
  name: 'nginx (file)',
  needs: ['nginx', 'nginx-light'],
  start: async (site, directory) => {
    const config = path.join(directory, 'nginx.conf')
    writeFileSync(config, nginxConfig(site, directory, writeRoot(site, directory)))
    return await startProgram({ name: 'nginx', command: ['nginx', '-e', 'stderr', '-c', config], port: site.port })
  }
}

const caddy: Contender = {
  name: 'Caddy (file)',
  needs: ['caddy', 'caddy'],
  start: async (site, directory) => {
    const config = path.join(directory, 'Caddyfile')
    writeFileSync(config, caddyConfig(site, writeRoot(site, directory)))
    return await startProgram({
      name: 'Caddy', command: ['caddy', 'run', '--config', config, '--adapter', 'caddyfile'], port: site.port, env: { XDG_DATA_HOME: directory, XDG_CONFIG_HOME: directory }
    })
  }
}

const go: Contender = {
  name: 'Go net/http',
  needs: ['go', 'golang-go'],
  start: async (site, directory) => {
    const program = path.join(directory, 'server')
    execFileSync('go', ['build', '-o', program, path.join(PEERS, 'go', 'main.go')], { env: { ...process.env, GO111MODULE: 'off' } })
    const keys = Object.entries(site.keys).map(([alg, file]) => `${alg}=${file}`)
    const server = await startProgram({ name: 'Go', command: [program, `127.0.0.1:${site.port}`, site.tls, site.jwks, site.headers, ...keys], port: site.port })
    return { ...server, sign: plainSign(server.origin) }
  }
}

const oidcProvider: Contender = {
  name: 'node-oidc-provider',
  start: async site => {
    const { sign: _none, ...server } = await startNode('node-oidc-provider', 'oidc-provider', site)
    const headers = { 'content-type': 'application/x-www-form-urlencoded', authorization: `Basic ${Buffer.from('bench:bench-secret').toString('base64')}` }
    const resource = (alg: Alg): string => encodeURIComponent(`https://api.example.com/${alg}`)
    return { ...server, sign: alg => ({ url: `${server.origin}/token`, body: `grant_type=client_credentials&resource=${resource(alg)}`, headers }) }
  }
}

const flask: Contender = {
  name: 'Flask (JWK guide)',
  needs: ['gunicorn', 'gunicorn python3-flask'],
  start: async site => {
    // Threads, since gunicorn's plain workers close the connection after each answer.
    const options = ['--workers=2', '--worker-class=gthread', '--threads=4', `--certfile=${site.tls}/cert.pem`, `--keyfile=${site.tls}/key.pem`]
    return await startProgram({
      name: 'Flask', command: ['gunicorn', ...options, `--bind=127.0.0.1:${site.port}`, 'jwk-guide:app'], port: site.port, cwd: PEERS, env: { JWKS_FILE: site.jwks }
    })
  }
}

/** jwksd first: the others serve what it serves. The floor last. */
export const CONTENDERS: readonly Contender[] = [
  jwksd, nginx, caddy, go, { name: 'Fastify + helmet + jose', start: async site => await startNode('Fastify', 'fastify', site) }, oidcProvider, flask,
  { name: 'bare node:https', start: async site => await startNode('bare node:https', 'bare-https', site) }
]

/** What a contender needs and this machine lacks. */
export function missing ({ needs }: Contender): string | undefined {
  return needs && spawnSync('sh', ['-c', `command -v ${needs[0]}`]).status !== 0
    ? `${needs[0]} is not installed (apt-get install ${needs[1]})`
    : undefined
}
