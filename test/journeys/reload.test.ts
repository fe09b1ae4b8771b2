// A running server whose files change: keys, policy and certificates come into force, faults leave what worked.

import { copyFile, readFile, rename, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t, { type Test } from 'tap'
import { connect } from 'node:tls'
import { once } from 'node:events'
import { type Certificate, issueCertificate, makeAuthority } from '../support/certificates.ts'
import { deploy, type Deployment } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { type RunningServer, startProgram } from '../support/program.ts'
import { type Fetch, makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const FAST = { reload: { interval: '1s', skew: '1s' }, logLevel: 'debug' }

interface Running extends Deployment {
  readonly server: RunningServer
  readonly fetch: Fetch
  /** How often the log has this message. */
  readonly said: (message: string) => number
  /** Changes the configuration's text. */
  edit: (change: (text: string) => string) => Promise<void>
}

async function run (t: Test, options: Parameters<typeof deploy>[1] = {}): Promise<Running> {
  const deployment = await deploy(t, { ...options, config: { ...FAST, ...options.config } })
  const server = await startProgram(t, ['--config', deployment.file], { cwd: deployment.directory })
  const said = (message: string): number => server.log().filter(({ msg }) => msg === message).length
  await until(() => said('following the files'))
  return {
    ...deployment,
    server,
    fetch: makeFetch(deployment.ca),
    said,
    edit: async change => { await writeFile(deployment.file, change(await readFile(deployment.file, 'utf8'))) }
  }
}

async function kids ({ fetch, server }: Running): Promise<string[]> {
  const { keys } = (await fetch(`${server.origin}/.well-known/jwks.json`)).json()
  return keys.map(({ kid }: { kid: string }) => kid)
}

t.test('a key that comes is published; one that is missing or bad changes nothing and is told', async t => {
  const running = await run(t, { config: { sign: { listen: '127.0.0.1:0' } } })
  const { server, fetch, keys, said, apiKey } = running
  const file = path.join(keys, 'default.pem')
  const [first] = await kids(running)
  await writeFile(path.join(keys, 'next.pem'), '# activates: 2090-01-01T00:00:00Z\n' + privatePem('P-256'), { mode: 0o600 })
  await until(async () => (await kids(running)).length === 2)
  await rename(file, file + '-away')
  await until(() => said('reload refused, the last good state stays') >= 1)
  t.equal((await kids(running))[0], first)
  t.equal((await postSign(fetch, server.internal, apiKey, { claims: {} })).json().kid, first)
  const failed = (await fetch(`${server.internal}/readyz`)).json()
  t.match(failed, { status: 'ready', reload: { status: 'failing', since: /^2/, faults: [{ where: 'keys/default.pem', problem: /would be gone/ }] } })
  const { reload, status } = (await fetch(`${server.origin}/readyz`)).json()
  t.equal(status, 'ready')
  t.same(Object.keys(reload), ['status', 'since'], 'the internet reads no file names')
  const metrics = (await fetch(`${server.internal}/metrics`)).text
  t.match(metrics, /jwksd_reloads_total\{outcome="refused"\} [1-9]/)
  t.match(metrics, /jwksd_reloads_total\{outcome="done"\} [1-9]/)
  await rename(file + '-away', file)
  await until(() => said('the files are again as they were'))
  t.same((await fetch(`${server.internal}/readyz`)).json(), { status: 'ready' })
})

t.test('the policy changes; what needs a restart is told', async t => {
  const running = await run(t, { client: { rate: '3/h' } })
  const { server, fetch, edit, said, apiKey } = running
  const sign = async (): Promise<number> => (await postSign(fetch, server.origin, apiKey, { claims: {} })).status
  t.equal(await sign(), 200)
  t.equal(await sign(), 200)
  await edit(text => text.replace('preset: jwt', 'preset: jwt\n    claims: { iss: me }').replace('https://localhost', 'https://localhost:8443'))
  await until(() => said('url has changed; that takes effect with a restart'))
  const answer = await postSign(fetch, server.origin, apiKey, { claims: {} })
  t.equal(JSON.parse(Buffer.from(answer.json().token.split('.')[1], 'base64url').toString()).iss, 'me')
  t.equal(await sign(), 429, 'a client that did not change has used up its rate')
  await edit(text => text.replace('3/h', '1000/s'))
  await until(async () => await sign() === 200)
  await edit(text => text + 'nonsense: yes\n')
  await until(() => said('reload refused, the last good state stays'))
  t.equal(await sign(), 200)
  server.child.kill('SIGHUP')
  await edit(text => text.replace('nonsense: yes\n', ''))
  await until(() => said('the files are again as they were'))
  server.child.kill('SIGHUP')
  await until(() => said('nothing has changed'))
  t.equal(said('url has changed; that takes effect with a restart'), 1, 'told once')
})

async function peerSerial (port: number, authority: Certificate, client?: Certificate): Promise<string> {
  const socket = connect({ port, host: '127.0.0.1', servername: 'localhost', ca: authority.cert, ...client })
  await once(socket, 'secureConnect')
  const { serialNumber } = socket.getPeerCertificate()
  socket.destroy()
  return serialNumber
}

t.test('a new certificate is served; a key of another one leaves the old one', async t => {
  const { server, authority, directory, said } = await run(t)
  const port = server.ports.public!
  const before = await peerSerial(port, authority)
  const { cert, key } = await issueCertificate(authority)
  const at = (name: string): string => path.join(directory, 'tls', name)
  await writeFile(at('cert.pem'), cert)
  await until(() => said('reload refused, the last good state stays'))
  t.equal(await peerSerial(port, authority), before)
  await writeFile(at('key.pem'), key)
  await until(() => said('reloaded'))
  t.not(await peerSerial(port, authority), before)
})

t.test('a door with mutual TLS refuses a foreign client after a reload, and keeps its demand', async t => {
  const running = await run(t, {
    config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem', clientCa: 'tls/ca.pem' } } }
  })
  const { server, authority, directory, said, edit, ca } = running
  const foreign = await makeAuthority('somebody else')
  const [own, other] = [await issueCertificate(authority, ['app']), await issueCertificate(foreign, ['app'])]
  const meets = async (client: Partial<Certificate>): Promise<number> => (await makeFetch(ca)(`${server.internal}/openapi.json`, client)).status
  const check = async (when: string): Promise<void> => {
    t.equal(await meets(own), 200, when)
    t.equal(await meets(other), 401, `${when}: foreign certificate`)
    t.equal(await meets({}), 401, `${when}: no certificate`)
  }
  await check('before')
  const { cert, key } = await issueCertificate(authority)
  await writeFile(path.join(directory, 'tls', 'cert.pem'), cert)
  await writeFile(path.join(directory, 'tls', 'key.pem'), key)
  await until(() => said('reloaded'))
  await check('after')
  await copyFile(running.file, running.file + '-kept')
  await edit(text => text.replace(/ *clientCa: .*\n/, ''))
  await until(() => server.log().some(({ where }) => where === 'sign.tls.clientCa'))
  await check('while the configuration forgets the client CA')
  await rename(running.file + '-kept', running.file)
  await until(() => said('the files are again as they were'))
  await writeFile(path.join(directory, 'tls', 'ca.pem'), foreign.cert)
  await until(() => said('reloaded') === 2)
  t.equal(await meets(other), 200, 'another client CA')
  t.equal(await meets(own), 401, 'the old one is out')
})
