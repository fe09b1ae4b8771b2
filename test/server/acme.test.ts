// Certificates from an authority: both challenges, over the listeners of a real server; what fails, and when it is tried again.

import { once } from 'node:events'
import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { createServer } from 'node:net'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect, type TLSSocket } from 'node:tls'
import t, { type Test } from 'tap'
import { statusCommand } from '../../src/cli/status.ts'
import { Challenges } from '../../src/server/acme/challenge.ts'
import { CertificateRenewal } from '../../src/server/acme/renewal.ts'
import { followFiles } from '../../src/server/follow-files.ts'
import { PublicProcess } from '../../src/server/public-process.ts'
import { startServer } from '../../src/server/run.ts'
import { load } from '../../src/state/load.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { startAcmeServer } from '../support/acme-server.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { freePort, freePorts } from '../support/free-port.ts'
import { parseLines, startProgram } from '../support/program.ts'
import { makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

const HOST = 'jwks.example.com'
const DAY = 86_400

/** A server without a certificate yet, and an authority. The clock of the renewal can be moved ahead. */
async function prepare (t: Test, { more = {}, config = {} }: { more?: object, config?: object } = {}) {
  const authority = await startAcmeServer(t)
  const acme = { directory: authority.directory, storage: 'acme', ca: 'acme-ca.pem', termsOfServiceAgreed: true, ...more }
  const deployment = await deploy(t, { config: { url: `https://${HOST}`, tls: { acme }, reload: { interval: '1s' }, ...config } })
  await writeFile(path.join(deployment.directory, 'acme-ca.pem'), authority.root)
  const lines: string[] = []
  const log = makeLogger('info', { tty: false, destination: { write: (line: string) => { lines.push(line) } } })
  const world = { ahead: 0 }
  const clock = (): number => Math.floor(Date.now() / 1000) + world.ahead
  const files = { file: deployment.file, env: {}, listeners: 'both' as const }
  const loaded = await load({ ...files, now: clock() })
  const publicProcess = loaded.internalTls && new PublicProcess()
  const server = await startServer(loaded, { log, clock, ...(publicProcess && { publicProcess }) })
  const port = authority.ports.tls = server.ports.public!
  const reloader = followFiles(server, files, log, clock)
  t.teardown(async () => {
    reloader.close()
    await server.close({ drain: 0 })
  })
  const start = (): CertificateRenewal => {
    const renewal = new CertificateRenewal({
      acme: loaded.config.acme!, answer: server.answerChallenge, renewed: () => { reloader.request() }, health: server.health, clock, log
    })
    t.teardown(() => { renewal.close() })
    return renewal
  }
  const handshake = async (options: object = {}): Promise<TLSSocket> => {
    const socket = connect({ port, host: '127.0.0.1', servername: HOST, ca: authority.root, ...options })
    t.teardown(() => { socket.destroy() })
    await once(socket, 'secureConnect')
    return socket
  }
  const shown = async (): Promise<string> =>
    (await handshake({ rejectUnauthorized: world.ahead === 0 })).getPeerX509Certificate()!.fingerprint256
  const said = (text: string): Array<Record<string, unknown>> => parseLines(lines.join('')).filter(({ msg }) => msg === text)
  const at = (name: string): string => path.join(path.dirname(loaded.config.acme!.certificate), name)
  return {
    ...deployment,
    authority,
    server,
    start,
    handshake,
    shown,
    said,
    at,
    world,
    reloader,
    clock,
    acme: loaded.config.acme!
  }
}

const ISSUED = 'certificate issued'
const LATER = 'the certificate is ordered again later'

t.test('TLS-ALPN-01 in two processes: nobody gets in before, the next certificate comes after two thirds', async t => {
  const more = { email: 'ops@example.com' }
  const site = await prepare(t, { more, config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' } } } })
  const { authority, server, world } = site
  await t.rejects(site.handshake({ rejectUnauthorized: false }), { code: /HANDSHAKE_FAILURE/ })
  const internal = `https://localhost:${server.ports.internal}`
  t.notMatch((await makeFetch(site.ca)(`${internal}/metrics`)).text, 'expiry_timestamp_seconds{listener="public"}')
  t.equal((await makeFetch(site.ca)(internal)).status, 200, 'the page does without')
  site.start()
  await until(() => site.said('reloaded').length)
  const first = await site.shown()
  t.strictSame([...authority.accounts.values()], [['mailto:ops@example.com']])
  t.strictSame((await readdir(path.dirname(site.acme.certificate))).sort(), ['account.pem', `${HOST}.pem`])
  t.match((await makeFetch(site.ca)(`${internal}/metrics`)).text, 'expiry_timestamp_seconds{listener="public"}')
  await t.rejects(site.handshake({ ALPNProtocols: ['acme-tls/1'] }), { code: /NO_APPLICATION_PROTOCOL/ }, 'no validation is pending')
  t.equal((await site.handshake({ ALPNProtocols: ['h2', 'http/1.1'] })).alpnProtocol, 'http/1.1')

  const again = site.start()
  world.ahead = DAY / 2
  again.request()
  await until(async () => (await readdir(path.dirname(site.acme.certificate))).length)
  t.equal(authority.orders, 1, 'not due')
  world.ahead = authority.ahead = DAY * 2 / 3 + 10
  again.request()
  again.request()
  await until(() => site.said(ISSUED).length === 2)
  await until(async () => await site.shown() !== first)
  t.equal(authority.orders, 2)
  t.equal(authority.accounts.size, 1, 'the same account')
})

t.test('HTTP-01 in the program: both listeners have the certificate; status says until when', async t => {
  const [http01, listen, internal] = await freePorts(3) as [number, number, number]
  const authority = await startAcmeServer(t)
  authority.ports.http = http01
  const acme = { directory: authority.directory, storage: 'acme', ca: 'acme-ca.pem', termsOfServiceAgreed: true, http01: `127.0.0.1:${http01}` }
  const { directory: cwd, file } = await deploy(t, {
    config: { url: `https://${HOST}`, listen: `127.0.0.1:${listen}`, tls: { acme }, sign: { listen: `127.0.0.1:${internal}` }, reload: { interval: '1s' } }
  })
  await writeFile(path.join(cwd, 'acme-ca.pem'), authority.root)
  t.match(await runCommand(statusCommand, ['-c', file]), { code: 0, stdout: `certificate of ${HOST}: not issued yet\n` })
  const server = await startProgram(t, [], { cwd })
  for (const port of [listen, internal]) {
    await until(async () => await makeFetch(authority.root)(`https://127.0.0.1:${port}/livez`, { servername: HOST }).catch(() => undefined))
  }
  server.child.kill('SIGHUP')
  await until(() => server.log().some(({ msg }) => msg === 'nothing has changed'))
  t.equal(authority.orders, 1)
  t.match((await runCommand(statusCommand, ['-c', file])).stdout, new RegExp(`^certificate of ${HOST}: valid until \\S+ \\(.*\\), renewed from \\S+ \\(in 1[56] h\\) on$`, 'm'))
  const { certificate } = JSON.parse((await runCommand(statusCommand, ['-c', file, '--json'])).stdout) as { certificate: object }
  t.match(certificate, { host: HOST, notAfter: /T/, renewal: /T/ })
  t.equal(await server.stop(), 0)
})

t.test('the address for HTTP-01 answers only the token, only while it is asked for', async t => {
  const http01 = await freePort()
  const challenges = new Challenges()
  const listen = { host: '127.0.0.1', port: http01 }
  const get = async (path: string, method = 'GET'): Promise<[number, string]> => {
    const answer = await fetch(`http://127.0.0.1:${http01}${path}`, { method })
    return [answer.status, await answer.text()]
  }
  await challenges.answer({ type: 'http-01', listen, token: 'abc', keyAuthorization: 'abc.def' })
  t.strictSame(await get('/.well-known/acme-challenge/abc'), [200, 'abc.def'])
  for (const other of ['/', '/.well-known/acme-challenge/', '/.well-known/acme-challenge/other', '/.well-known/jwks.json', '/.well-known/acme-challenge/abc?x']) {
    t.strictSame(await get(other), [404, ''], other)
  }
  t.strictSame(await get('/.well-known/acme-challenge/abc', 'POST'), [404, ''])
  await challenges.answer(undefined)
  await t.rejects(get('/.well-known/acme-challenge/abc'), 'closed')
})

t.test('what fails is tried again after a pause that outlives the process; SIGHUP does not wait', async t => {
  const site = await prepare(t)
  const { authority, server } = site
  authority.refusal = { status: 429, detail: 'too many\u0007certificates', retryAfter: 5000 }
  const closed = site.start()
  await sleep(0) // it reads what is on disk by now
  closed.close()
  closed.request()
  const first = site.start()
  await until(() => site.said(LATER).length)
  first.close()
  first.request()
  const [fault] = server.health.failure('certificate')!.faults
  t.match(fault, { where: authority.directory, problem: `no certificate for ${HOST}: too many certificates`, hint: /port 443/ })
  const kept = JSON.parse(await readFile(site.at(`${HOST}.failed.json`), 'utf8')) as { count: number, next: number }
  t.match(kept, { count: 1, fault })
  t.ok(Math.abs(kept.next - site.clock() - 5000) < 60, 'the pause that the authority asks for')

  server.health.recover('certificate', 'a new process')
  const second = site.start()
  await until(() => server.health.failure('certificate'))
  t.equal(authority.orders, 1, 'it waits, and the closed ones order nothing')
  authority.refusal = { status: 503, detail: 'maintenance' }
  second.request()
  await until(() => site.said(LATER).length === 2)
  t.match(site.said(LATER)[1], { failures: 2 })
  t.equal(authority.orders, 2)
  authority.refusal = undefined
  authority.offers = ['dns-01']
  second.request()
  await until(() => site.said(LATER).length === 3)
  t.match(server.health.failure('certificate')!.faults, [{ problem: 'does not offer the challenge tls-alpn-01', hint: /offers dns-01/ }])
  authority.offers = ['tls-alpn-01']
  authority.ports.tls = authority.ports.http
  second.request()
  await until(() => site.said(LATER).length === 4)
  t.match(server.health.failure('certificate')!.faults, [{ problem: /did not answer as it should/ }])
  authority.ports.tls = server.ports.public!
  second.request()
  await until(() => site.said('reloaded').length)
  t.notOk(server.health.failure('certificate'))
  t.ok(await site.shown())
  await authority.close()
  await rm(site.acme.certificate)
  second.request()
  await until(() => site.said(LATER).length === 5)
  t.match(server.health.failure('certificate')!.faults, [{ problem: /ECONNREFUSED/ }])
})

t.test('an order that failed while the clock was ahead delays none after the clock is put right', async t => {
  const site = await prepare(t)
  const { authority, world } = site
  authority.refusal = { status: 503, detail: 'maintenance' }
  world.ahead = 3 * DAY
  const first = site.start()
  await until(() => site.said(LATER).length)
  first.close()
  const kept = JSON.parse(await readFile(site.at(`${HOST}.failed.json`), 'utf8')) as { next: number }
  world.ahead = 0
  t.ok(kept.next - site.clock() > 2 * DAY)
  authority.refusal = undefined
  site.start()
  await until(() => site.said('reloaded').length)
  t.equal(authority.orders, 2)
  t.ok(await site.shown())
})

t.test('an authority that nobody vouches for is not asked', async t => {
  const { authority, server, start, said, file } = await prepare(t, { more: { ca: undefined, http01: '127.0.0.1:1' } })
  start()
  await until(() => said(LATER).length)
  t.match(server.health.failure('certificate')!.faults, [{ problem: /unable to verify the first certificate/, hint: /port 80/ }])
  t.equal(authority.accounts.size, 0)
  const status = await runCommand(statusCommand, ['-c', file])
  t.match(status, { code: 1, stdout: /: not issued yet; failed orders: 1, the next \S+ \(in .*\)$/m, stderr: /unable to verify/ })
  t.match(JSON.parse((await runCommand(statusCommand, ['-c', file, '--json'])).stdout), { certificate: { failedOrders: 1, nextOrder: /T/ } })
})

t.test('storage that cannot be used, a port that is taken, a clock that is wrong: no order, or no quick loop', async t => {
  const http01 = await freePort()
  const site = await prepare(t, { more: { http01: `127.0.0.1:${http01}` } })
  const { authority, server, acme } = site
  const taken = createServer().listen(http01, '127.0.0.1')
  await once(taken, 'listening')
  const renewal = site.start()
  await until(() => site.said(LATER).length)
  t.match(server.health.failure('certificate')!.faults, [{ where: `tls.acme.http01 127.0.0.1:${http01}`, problem: /EADDRINUSE/, hint: /another address/ }])
  taken.close()
  authority.ports.http = http01
  const { orders } = authority
  await rm(acme.attempts)
  await mkdir(acme.attempts)
  renewal.request()
  await until(() => site.said(LATER).length === 2)
  t.match(server.health.failure('certificate')!.faults, [{ problem: /cannot be used as tls\.acme\.storage \(EISDIR/ }])
  t.equal(authority.orders, orders, 'nothing is ordered that could not be kept')
  await rm(acme.attempts, { recursive: true })
  site.world.ahead = 2 * DAY
  renewal.request()
  await until(() => site.said(LATER).length === 3)
  t.match(server.health.failure('certificate')!.faults, [{ where: acme.certificate, problem: /is due for renewal since/, hint: /clock/ }])
  site.world.ahead = 0
  renewal.request()
  await until(() => site.said('reloaded').length)
  await rm(acme.certificate)
  site.reloader.request()
  await until(() => server.health.failure('reload'))
  t.match(server.health.failure('reload')!.faults, [{ where: 'tls', problem: /left without a certificate/, hint: /put the certificate back/ }])
  await site.shown()
})
