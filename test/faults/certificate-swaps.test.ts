// Certificates swapped under new connections, every tenth with a key that does not match: no handshake fails, and a
// good certificate is served soon. JWKSD_LONG=1 makes 500 swaps (npm run test:long).

import { X509Certificate } from 'node:crypto'
import { once } from 'node:events'
import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { connect } from 'node:tls'
import t from 'tap'
import { issueCertificate } from '../support/certificates.ts'
import { follow } from '../support/followed-server.ts'
import { until } from '../support/until.ts'

const LONG = process.env.JWKSD_LONG !== undefined
const SWAPS = LONG ? 500 : 20

t.test(`${SWAPS} certificate swaps under new connections`, { timeout: LONG ? 1_200_000 : 60_000 }, async t => {
  const { server, directory, authority, said, log } = await follow(t)
  const at = (name: string): string => path.join(directory, 'tls', name)
  const handshake = async (): Promise<string> => {
    const socket = connect({ port: server.ports.public!, host: '127.0.0.1', servername: 'localhost', ca: authority.cert, minVersion: 'TLSv1.2' })
    await once(socket, 'secureConnect')
    const { fingerprint256 } = socket.getPeerCertificate()
    socket.destroy()
    return fingerprint256
  }
  let [made, failed] = [0, 0]
  const end = new AbortController()
  const load = (async () => {
    while (!end.signal.aborted) {
      await handshake().catch(() => { failed++ })
      made++
      await sleep(2)
    }
  })()
  let slowest = 0
  for (let i = 0; i < SWAPS; i++) {
    const bad = i % 10 === 9
    const { cert, key } = await issueCertificate(authority)
    const from = log().length
    if (!bad) await writeFile(at('key.pem'), key)
    await writeFile(at('cert.pem'), cert)
    const began = performance.now()
    await until(() => said(bad ? /is not the private key of/ : 'reloaded', from))
    if (!bad) {
      slowest = Math.max(slowest, performance.now() - began)
      t.equal(await handshake(), new X509Certificate(cert).fingerprint256, `${i}: served`)
    }
  }
  end.abort()
  await load
  t.comment(`${made} handshakes, ${failed} failed (95 %: rate below ${(3 / made).toExponential(1)}); slowest swap ${Math.round(slowest)} ms`)
  t.equal(failed, 0, 'failed handshakes')
  t.ok(made > SWAPS)
})
