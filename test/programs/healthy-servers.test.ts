// Real servers as people run them, each with a JWK Set in order: the doctor finds no fault at any of them.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, writeFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import { type AddressInfo, connect } from 'node:net'
import path from 'node:path'
import Fastify from 'fastify'
import t, { type Test } from 'tap'
import { checkUrl } from '../../src/doctor/check-url.ts'
import { deploy } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { answerSet, HOST, listen, makeCertificate, makeJwk, serve, type Site, theSite } from '../support/jwks-server.ts'
import { NOW } from '../support/listener.ts'
import { startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'

const PATH = '/.well-known/jwks.json'
const jwk = makeJwk('RSA', 'a')
const set = { keys: [jwk] }

const canConnect = async (port: number): Promise<boolean> => await new Promise(resolve => {
  const socket = connect(port, '127.0.0.1', () => { resolve(true) }).on('error', () => { resolve(false) })
  socket.on('connect', () => { socket.destroy() })
})

/** A directory with the set as a file, and the certificate's files. */
async function prepare (t: Test, { cert, key }: Pick<Site, 'cert' | 'key'>, files: Record<string, string> = {}): Promise<string> {
  const directory = t.testdir()
  await mkdir(path.join(directory, 'www/.well-known'), { recursive: true })
  const all = { [`www${PATH}`]: JSON.stringify(set), 'cert.pem': cert, 'key.pem': key, 'both.pem': cert + key, ...files }
  for (const [name, text] of Object.entries(all)) await writeFile(path.join(directory, name), text)
  return directory
}

/** Runs a server until the end of its test. @param args may have `$PORT` */
async function run (t: Test, directory: string, port: number, program: string, ...args: string[]): Promise<number> {
  const env = { ...process.env, HOME: directory, PYTHONDONTWRITEBYTECODE: '1' }
  const child: ChildProcess = spawn(program, args, { cwd: directory, env, stdio: ['ignore', 'ignore', 'pipe'] })
  let said = ''
  child.stderr!.on('data', data => { said += String(data) })
  const ended = once(child, 'exit')
  t.teardown(async () => {
    child.kill('SIGTERM')
    await ended
  })
  await Promise.race([until(async () => await canConnect(port)), ended.then(() => { throw new Error(`${program} ended: ${said}`) })])
  return port
}

/** What the checks call a fault, but for the speed of a busy machine; the warnings are printed, for a reader of the log. */
async function faultsOf (t: Test, port: number, { path = PATH, ca }: { path?: string, ca: string }): Promise<string[]> {
  const findings = await checkUrl(new URL(`https://${HOST}:${port}${path}`), {
    now: NOW, ca, allowPrivate: true, resolve: async () => ['127.0.0.1'], budget: 60_000
  })
  t.comment(findings.filter(({ level }) => level === 'warning').map(({ check, seen }) => `${check}: ${seen}`).join('; '))
  t.ok(findings.length > 35, 'everything was looked at')
  return findings.filter(({ check, level }) => level === 'fault' && check !== 'speed').map(({ check, seen }) => `${check}: ${seen}`)
}

const ec = await theSite()
const rsaCertificate = await makeCertificate({ rsaBits: 2048 })
const rsa = { ...rsaCertificate, ca: rsaCertificate.cert }

const nginx = (port: number, location: string): string => `daemon off; master_process off; pid nginx.pid; error_log stderr;
events {}
http {
  access_log off; types { application/json json; } client_body_temp_path tmp; proxy_temp_path tmp; fastcgi_temp_path tmp; uwsgi_temp_path tmp; scgi_temp_path tmp;
  server { listen 127.0.0.1:${port} ssl; ssl_certificate cert.pem; ssl_certificate_key key.pem; ${location} }
}
`

const FLASK = `from flask import Flask, jsonify
app = Flask(__name__)

@app.route('${PATH}')
def get_jwks():
    return jsonify(${JSON.stringify({ keys: [Object.fromEntries(['kty', 'n', 'e', 'alg', 'use'].map(name => [name, jwk[name]]))] })})

if __name__ == '__main__':
    import sys
    app.run(port=int(sys.argv[1]), ssl_context=('cert.pem', 'key.pem'))
`

for (const [name, site] of [['RSA', rsa], ['ECDSA', ec]] as const) {
  t.test(`nginx with a file and a certificate for ${name}`, async t => {
    const port = await freePort()
    const directory = await prepare(t, site, { 'nginx.conf': nginx(port, 'root www; add_header Cache-Control "max-age=600";') })
    await run(t, directory, port, 'nginx', '-e', 'stderr', '-p', directory, '-c', path.join(directory, 'nginx.conf'))
    t.strictSame(await faultsOf(t, port, site), [])
  })
}

t.test('Caddy with a file', async t => {
  const port = await freePort()
  const directory = await prepare(t, ec, {
    Caddyfile: `{\n  admin off\n  auto_https off\n}\nhttps://${HOST}:${port} {\n  bind 127.0.0.1\n  tls cert.pem key.pem\n  root * www\n  file_server\n}\n`
  })
  await run(t, directory, port, 'caddy', 'run', '--config', 'Caddyfile')
  t.strictSame(await faultsOf(t, port, ec), [])
})

t.test('Flask as in the JWK guide, with its own server and behind gunicorn', async t => {
  const directory = await prepare(t, ec, { 'app.py': FLASK })
  const [own, gunicorn] = [await freePort(), await freePort()]
  await run(t, directory, own, '/usr/bin/python3', 'app.py', String(own))
  t.strictSame(await faultsOf(t, own, ec), [])
  await run(t, directory, gunicorn, 'gunicorn', '--bind', `127.0.0.1:${gunicorn}`, '--certfile', 'cert.pem', '--keyfile', 'key.pem', 'app:app')
  t.strictSame(await faultsOf(t, gunicorn, ec), [])
})

t.test('http.server of Python over TLS', async t => {
  const port = await freePort()
  const script = `import http.server, ssl, os
os.chdir('www')
server = http.server.HTTPServer(('127.0.0.1', ${port}), http.server.SimpleHTTPRequestHandler)
context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
context.load_cert_chain('../cert.pem', '../key.pem')
server.socket = context.wrap_socket(server.socket, server_side=True)
server.serve_forever()
`
  await run(t, await prepare(t, ec, { 'server.py': script }), port, '/usr/bin/python3', 'server.py')
  t.strictSame(await faultsOf(t, port, ec), [])
})

t.test('haproxy and nginx in front of a server without TLS', async t => {
  const backend = await listen(t, createServer(answerSet(set)))
  const [haproxy, proxy] = [await freePort(), await freePort()]
  const directory = await prepare(t, ec, {
    'haproxy.cfg': `global\n  stats timeout 5s\ndefaults\n  mode http\n  timeout connect 5s\n  timeout client 5s\n  timeout server 5s
frontend public\n  bind 127.0.0.1:${haproxy} ssl crt both.pem\n  default_backend jwks\nbackend jwks\n  server one 127.0.0.1:${backend}\n`,
    'nginx.conf': nginx(proxy, `location / { proxy_pass http://127.0.0.1:${backend}; }`)
  })
  await run(t, directory, haproxy, 'haproxy', '-f', 'haproxy.cfg')
  t.strictSame(await faultsOf(t, haproxy, ec), [], 'haproxy')
  await run(t, directory, proxy, 'nginx', '-e', 'stderr', '-p', directory, '-c', path.join(directory, 'nginx.conf'))
  t.strictSame(await faultsOf(t, proxy, ec), [], 'nginx')
})

t.test('node-oidc-provider', async t => {
  const { default: Provider } = await import('oidc-provider')
  const { kty, n, e, d, p, q, dp, dq, qi } = (await import('../support/keys.ts')).makePrivateKey('RSA').export({ format: 'jwk' })
  const provider = new Provider(`https://${HOST}`, { jwks: { keys: [{ kty, n, e, d, p, q, dp, dq, qi, kid: 'a', use: 'sig', alg: 'RS256' }] } })
  t.strictSame(await faultsOf(t, await serve(t, provider.callback()), { ...ec, path: '/jwks' }), [])
})

t.test('Fastify, and node:https', async t => {
  const app = Fastify({ https: { cert: ec.cert, key: ec.key } })
  app.get(PATH, async () => set)
  await app.listen({ host: '127.0.0.1', port: 0 })
  t.teardown(async () => { await app.close() })
  t.strictSame(await faultsOf(t, (app.server.address() as AddressInfo).port, ec), [])
  t.strictSame(await faultsOf(t, await serve(t, (_request, response) => { response.setHeader('content-type', 'application/json').end(JSON.stringify(set)) }), ec), [])
})

t.test('jwksd', async t => {
  const deployment = await deploy(t, { config: { url: `https://${HOST}` } })
  const { ports } = await startProgram(t, [], { cwd: deployment.directory })
  t.strictSame(await faultsOf(t, ports.public!, { ca: deployment.ca }), [])
})

t.test('negative control: the same nginx without its intermediate certificate', async t => {
  const intermediate = await makeCertificate({ issuer: ec.authority, names: [], commonName: 'an intermediate', authority: true })
  const port = await freePort()
  const directory = await prepare(t, await makeCertificate({ issuer: intermediate }), { 'nginx.conf': nginx(port, 'root www;') })
  await run(t, directory, port, 'nginx', '-e', 'stderr', '-p', directory, '-c', path.join(directory, 'nginx.conf'))
  t.match(await faultsOf(t, port, ec), [/^missing-intermediate/])
})
