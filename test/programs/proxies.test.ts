// deploy/nginx.conf and deploy/haproxy.cfg in front of jwksd, TLS passed through and terminated: the JWK Set arrives although one
// of two instances is dead, the internal listener cannot be reached, and the address of a client is seen as far as the proxy gives it.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, mkdtempSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t, { type Test } from 'tap'
import { deploy, type Deployment } from '../support/deployment.ts'
import { freePorts } from '../support/free-port.ts'
import { privatePem } from '../support/keys.ts'
import { inRepository, type RunningServer, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

/** Loopback addresses that clients have, and one that a client claims to have. */
const CLIENTS = { nginx: '127.0.0.2', haproxy: '127.0.0.3' }
const INVENTED = '198.51.100.7'
/** All instances have the same key. */
const KEY = privatePem('P-256')

interface Behind { readonly deployment: Deployment, readonly server: RunningServer, readonly port: number }

/** jwksd with two listeners below a directory, which tells consumers by their addresses. */
async function startBehind (t: Test, root: string, trustProxy?: string[]): Promise<Behind> {
  const [port] = await freePorts(1)
  const from = (address: string): object => ({ set: 'default', from: [address] })
  const deployment = await deploy({ testdir: () => mkdtempSync(path.join(root, 'jwksd-')) }, {
    keys: { 'default.pem': KEY },
    config: {
      listen: `127.0.0.1:${port}`,
      sign: { listen: '127.0.0.1:0' },
      ledger: { file: 'ledger.json' },
      trustProxy,
      consumers: { nginx: from(CLIENTS.nginx), haproxy: from(CLIENTS.haproxy), invented: from(INVENTED), proxy: from('127.0.0.1') }
    }
  })
  return { deployment, server: await startProgram(t, ['--config', deployment.file], { cwd: deployment.directory }), port: port! }
}

/** The sample with addresses of this machine; the first of two instances is dead. */
function adapt (name: string, { directory }: Deployment, { front, live, dead }: { front: number[], live: number[], dead: number }): string {
  const tls = (file: string): string => path.join(directory, 'tls', file)
  const [stream, http] = readFileSync(inRepository(`deploy/${name}`), 'utf8').split(/(?<=^# )2\. /m) as [string, string]
  const behind = (part: string, i: number): string => part.replace('10.0.0.11:8443', `127.0.0.1:${dead}`).replace('10.0.0.12:8443', `127.0.0.1:${live[i]}`)
  return (behind(stream, 0) + behind(http, 1))
    .replace(/(bind|listen) :?443/, `$1 127.0.0.1:${front[0]}`).replace(/(bind|listen) :?444/, `$1 127.0.0.1:${front[1]}`)
    .replace('/etc/haproxy/jwks.pem', tls('both.pem')).replace('/etc/nginx/jwks.pem', tls('cert.pem')).replace('/etc/nginx/jwks-key.pem', tls('key.pem'))
    .replaceAll('jwks.example.com', 'localhost').replaceAll('/etc/ssl/certs/ca-certificates.crt', tls('ca.pem'))
}

async function startProxy (t: Test, command: string, args: readonly string[]): Promise<void> {
  const child = spawn(command, args, { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin` } })
  t.teardown(async () => {
    child.kill()
    await once(child, 'exit')
  })
}

t.test('nginx and haproxy, TLS passed through and terminated', { timeout: 120_000 }, async t => {
  const root = t.testdir()
  const [through, terminated] = await Promise.all([startBehind(t, root), startBehind(t, root, ['127.0.0.1'])])
  const { deployment } = through
  const { directory, apiKey, ca } = deployment
  const at = (name: string): string => path.join(directory, name)
  writeFileSync(at('tls/both.pem'), readFileSync(at('tls/cert.pem'), 'utf8') + readFileSync(at('tls/key.pem'), 'utf8'), { mode: 0o600 })
  const [dead, ...front] = await freePorts(5)
  const live = [through.port, terminated.port]
  const ports = { nginx: front.slice(0, 2), haproxy: front.slice(2) }

  writeFileSync(at('haproxy.cfg'), adapt('haproxy.cfg', deployment, { front: ports.haproxy, live, dead: dead! }))
  await startProxy(t, 'haproxy', ['-db', '-q', '-f', at('haproxy.cfg')])
  for (const name of ['body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']) mkdirSync(at(name))
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(name => `${name}_temp_path ${at(name.replace('client_', ''))};`).join(' ')
  writeFileSync(at('nginx.conf'), `daemon off; pid ${at('nginx.pid')}; error_log ${at('nginx.log')}; user root;
load_module /usr/lib/nginx/modules/ngx_stream_module.so;
${adapt('nginx.conf', deployment, { front: ports.nginx, live, dead: dead! }).replace('http {', `http {\n  access_log off; ${temporary}`)}`)
  await startProxy(t, 'nginx', ['-c', at('nginx.conf')])

  const fetch = makeFetch(ca)
  const direct = (await fetch(`https://localhost:${through.port}/.well-known/jwks.json`)).text
  t.match(direct, /"keys":\[\{/)
  const curl = (address: string, port: number, ...args: string[]): string =>
    execFileSync('curl', ['-sS', '--interface', address, '--cacert', at('tls/ca.pem'), ...args, `https://localhost:${port}/.well-known/jwks.json`], { encoding: 'utf8' })
  for (const [name, address] of Object.entries(CLIENTS) as Array<[keyof typeof CLIENTS, string]>) {
    for (const [i, way] of ['through', 'terminated'].entries()) {
      const origin = `https://localhost:${ports[name][i]}`
      await until(async () => await fetch(`${origin}/.well-known/jwks.json`).then(({ status }) => status === 200, () => false))
      t.equal(curl(address, ports[name][i]!, '-H', `X-Forwarded-For: ${INVENTED}`), direct, `${name}, ${way}: the bytes of jwksd`)
      for (const route of ['/metrics', '/docs', '/openapi.json', '/sign']) t.equal((await fetch(origin + route)).status, 404, `${name}, ${way}: ${route}`)
      t.equal((await postSign(fetch, origin, apiKey, {})).status, 404, `${name}, ${way}: nothing is signed`)
    }
  }
  t.equal((await postSign(fetch, through.server.internal, apiKey, {})).status, 200, 'the internal listener signs')

  const seen = async ({ server }: Behind): Promise<string[]> => {
    const { text } = await fetch(`${server.internal}/metrics`)
    return [...text.matchAll(/^jwksd_consumer_last_fetch_age_seconds\{.*consumer="(\w+)".*\} /gm)].map(([, name]) => name!).sort()
  }
  await until(async () => (await seen(terminated)).length >= 3 && (await seen(through)).length >= 1)
  t.strictSame(await seen(terminated), ['haproxy', 'nginx', 'proxy'], 'terminated: the client, and 127.0.0.1 of this test, never what a client invents')
  t.strictSame(await seen(through), ['proxy'], 'passed through: the proxy')
  const trusting = await startBehind(t, root, ['127.0.0.1'])
  curl('127.0.0.1', trusting.port, '-H', `X-Forwarded-For: ${INVENTED}`)
  await until(async () => (await seen(trusting)).includes('invented'))
  t.pass('negative control: with trustProxy a header that no proxy replaces is believed')
})
