// Certificates of a real ACME server: the first one, renewals under new connections, an outage of the authority, restarts.

import type { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { readdir, stat } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import t, { type Test } from 'tap'
import { deploy, type Deployment } from '../support/deployment.ts'
import { freePort } from '../support/free-port.ts'
import { type Pebble, startPebble } from '../support/pebble.ts'
import { type RunningServer, runProgram, startProgram } from '../support/program.ts'
import { makeFetch } from '../support/request.ts'
import { until } from '../support/until.ts'

const HOST = 'jwks.example.com'

interface Site { readonly pebble: Pebble, readonly deployment: Deployment, readonly port: number }

/** @param life of the certificates (seconds) */
async function prepare (t: Test, life: number, http01: boolean, config: object = {}): Promise<Site> {
  const pebble = await startPebble(t, life)
  const acme = {
    directory: pebble.directory,
    ca: pebble.ca,
    storage: 'acme',
    termsOfServiceAgreed: true,
    email: 'ops@example.com',
    ...(http01 && { http01: `127.0.0.1:${pebble.ports.http}` })
  }
  const port = http01 ? await freePort() : pebble.ports.tls
  const deployment = await deploy(t, { config: { url: `https://${HOST}`, listen: `127.0.0.1:${port}`, tls: { acme }, ...config } })
  return { pebble, deployment, port }
}

/** The certificate that the listener shows, verified. @param ca roots, PEM */
async function handshake (port: number, ca: readonly string[]): Promise<X509Certificate> {
  const socket = connect({ port, host: '127.0.0.1', servername: HOST, ca: [...ca] })
  await once(socket, 'secureConnect')
  const shown = socket.getPeerX509Certificate()!
  socket.destroy()
  return shown
}

const count = (server: RunningServer, text: string): number => server.log().filter(({ msg }) => msg === text).length
const ISSUED = 'certificate issued'
const LATER = 'the certificate is ordered again later'

t.test('TLS-ALPN-01: renewed under new connections after an outage of the authority; without renewal it expires', { timeout: 90_000 }, async t => {
  const { pebble, deployment, port } = await prepare(t, 18, false, { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' } } })
  const cwd = deployment.directory
  const roots = [await pebble.root()]
  await pebble.kill()
  const server = await startProgram(t, [], { cwd })
  await t.rejects(handshake(port, roots), { code: /HANDSHAKE_FAILURE/ }, 'there is no certificate that a client could be asked to accept')
  await until(() => count(server, LATER))
  t.match(server.log().find(({ level }) => level === 'error'), { problem: /ECONNREFUSED/, hint: /port 443 of jwks\.example\.com/ })
  const restart = async (life?: number): Promise<void> => {
    await pebble.start(life)
    roots.push(await pebble.root())
  }
  await restart()
  server.child.kill('SIGHUP') // the first pause is a minute
  await until(() => handshake(port, roots).catch(() => undefined))

  let [made, failed] = [0, 0]
  const [shown, reasons] = [new Set<string>(), new Set<string>()]
  const end = new AbortController()
  const load = (async () => {
    while (!end.signal.aborted) {
      await handshake(port, roots).then(({ fingerprint256 }) => shown.add(fingerprint256), (error: NodeJS.ErrnoException) => {
        failed++
        reasons.add(String(error.code))
      })
      made++
      await sleep(2)
    }
  })()
  await pebble.kill()
  await until(() => count(server, LATER) >= 2)
  await restart(8)
  await until(() => shown.size === 2)
  t.comment(`${made} handshakes, ${failed} failed (95 %: rate below ${(3 / made).toExponential(1)}), with two certificates`)
  t.strictSame([failed, [...reasons]], [0, []], 'failed handshakes')

  await pebble.kill()
  await until(() => failed)
  end.abort()
  await load
  t.strictSame([...reasons], ['CERT_HAS_EXPIRED'], 'control: the load finds the end of a certificate that is not renewed')
  const fetch = makeFetch(deployment.ca)
  t.match((await fetch(`${server.internal}/readyz`)).json(), { status: 'ready', certificate: { status: 'failing', faults: [{ problem: /ECONNREFUSED/ }] } })
  t.match((await fetch(`${server.internal}/metrics`)).text, /jwksd_failing_seconds\{part="certificate"\} \d/)
  const status = await until(async () => { // one that is looked at while an order is under way says so
    const now = await runProgram(['status'], { cwd })
    return !now.stderr.includes('an order is under way') && now
  })
  t.match(status, { code: 1, stdout: /^certificate of jwks\.example\.com: valid until .*ago\).*failed orders: \d/m, stderr: /ECONNREFUSED/ })
})

t.test('HTTP-01: a restart uses what is on disk, and so does one after the end of the authority', { timeout: 60_000 }, async t => {
  const { pebble, deployment, port } = await prepare(t, 86_400, true)
  const cwd = deployment.directory
  const roots = [await pebble.root()]
  const first = await startProgram(t, [], { cwd })
  const { fingerprint256 } = await until(() => handshake(port, roots).catch(() => undefined))
  t.equal(count(first, ISSUED), 1)
  const storage = path.join(cwd, 'acme')
  const [authority] = await readdir(storage) as [string]
  const files = await readdir(path.join(storage, authority))
  t.strictSame(files.sort(), ['account.pem', `${HOST}.pem`], 'nothing is left of the order')
  for (const file of files) t.equal((await stat(path.join(storage, authority, file))).mode & 0o777, 0o600, file)
  await t.rejects(makeFetch('')(`http://127.0.0.1:${pebble.ports.http}`), 'port 80 is closed again')
  const status = await runProgram(['status', '--json'], { cwd })
  t.match(JSON.parse(status.stdout), { certificate: { host: HOST, renewal: /T/, failedOrders: undefined } })
  await first.stop()

  await pebble.kill()
  const second = await startProgram(t, [], { cwd })
  t.equal((await handshake(port, roots)).fingerprint256, fingerprint256)
  t.strictSame([count(second, ISSUED), count(second, LATER)], [0, 0])
})
