// The servers under load, in a temporary directory: jwksd's built program as quickstart sets it up, and nginx with the
// same certificate, bytes and headers, and a bare node:https server.

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { Agent, request } from 'undici'

export interface Server {
  readonly pid: number
  readonly origin: string
  stop: () => Promise<void>
}

export const JWKS = '/.well-known/jwks.json'
const BARE = fileURLToPath(new URL('bare-https.js', import.meta.url))
const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url))
/** Headers that a server sets by itself. */
const OWN_HEADERS = ['date', 'connection', 'keep-alive', 'content-length', 'content-type', 'etag']

function asServer (child: ChildProcess, origin: string): Server {
  return {
    pid: child.pid!,
    origin,
    stop: async () => {
      child.kill('SIGTERM')
      if (child.exitCode === null) await once(child, 'exit')
    }
  }
}

/** Starts a Node program that prints its origin. @throws Error with its own words when it does not start */
async function startNode (args: readonly string[], directory: string): Promise<Server> {
  const env = { ...process.env, JWKSD_LISTEN: '127.0.0.1:0' }
  const child = spawn(process.execPath, args, { cwd: directory, env, stdio: ['ignore', 'pipe', 'pipe'] })
  let said = ''
  child.stderr.on('data', data => { said += data })
  for await (const data of child.stdout) {
    const [origin] = /https:\/\/localhost:\d+/.exec(String(data)) ?? []
    if (origin) return asServer(child, origin)
  }
  throw new Error(`${args[0]} does not start:\n${said}`)
}

/** Starts jwksd from `directory`, whose keys/ it finds. */
export async function startJwksd (directory: string): Promise<Server> {
  return await startNode([MAIN, 'serve'], directory)
}

/** Starts the bare server that signs with one key. */
export async function startBareHttps (directory: string, alg: string, key: string): Promise<Server> {
  return await startNode([BARE, path.join(directory, '.jwksd', 'tls'), alg, key], directory)
}

/** nginx answering for the JWK Set as jwksd does, or undefined when it is not installed. */
export async function startNginx (directory: string, jwksd: Server, ca: Buffer): Promise<Server | undefined> {
  if (spawnSync('nginx', ['-v']).error) return undefined
  const dispatcher = new Agent({ connect: { ca } })
  const model = await request(jwksd.origin + JWKS, { dispatcher })
  const body = await model.body.text()
  const file = path.join(directory, 'www', JWKS)
  mkdirSync(path.dirname(file), { recursive: true })
  writeFileSync(file, body)
  const port = await findPort()
  const headers = Object.entries(model.headers).filter(([name]) => !OWN_HEADERS.includes(name))
  const config = path.join(directory, 'nginx.conf')
  writeFileSync(config, nginxConfig(directory, port, headers.map(([name, value]) => `add_header ${name} ${JSON.stringify(value)};`)))
  const child = spawn('nginx', ['-e', 'stderr', '-c', config], { stdio: ['ignore', 'ignore', 'inherit'] })
  const server = asServer(child, `https://localhost:${port}`)
  for (let attempt = 0; child.exitCode === null; attempt++) {
    const served = await request(server.origin + JWKS, { dispatcher }).then(async answer => await answer.body.text(), () => undefined)
    if (served === body) return server
    if (attempt > 50) break
    await sleep(100)
  }
  await server.stop()
  throw new Error('nginx does not serve the bytes that jwksd serves')
}

/** One process, as jwksd is one; no log, as jwksd writes none for a JWKS request. */
function nginxConfig (directory: string, port: number, headers: readonly string[]): string {
  const tls = path.join(directory, '.jwksd', 'tls')
  return `daemon off; master_process off; pid ${directory}/nginx.pid;
events { worker_connections 1024; }
http {
  access_log off; keepalive_requests 100000000; types { application/json json; }
  client_body_temp_path ${directory}/t1; proxy_temp_path ${directory}/t2; fastcgi_temp_path ${directory}/t3;
  uwsgi_temp_path ${directory}/t4; scgi_temp_path ${directory}/t5;
  server {
    listen 127.0.0.1:${port} ssl; ssl_certificate ${tls}/cert.pem; ssl_certificate_key ${tls}/key.pem;
    ssl_protocols TLSv1.2 TLSv1.3; root ${directory}/www;
    ${headers.join('\n    ')}
  }
}
`
}

async function findPort (): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}

/** The API key that quickstart made, and the certificate to trust. */
export function readCredentials (directory: string): { token: string, ca: Buffer } {
  const made = path.join(directory, '.jwksd')
  return { token: readFileSync(path.join(made, 'dev-token'), 'utf8').trim(), ca: readFileSync(path.join(made, 'tls', 'cert.pem')) }
}
