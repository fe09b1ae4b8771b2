// With two listeners there are two processes: the one that vendors reach has no key to sign with, and is busy with nothing else.

import { createPrivateKey } from 'node:crypto'
import { once } from 'node:events'
import { readFileSync, openSync, readSync, closeSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { connect } from 'node:tls'
import t from 'tap'
import { deploy } from '../support/deployment.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { childrenOf, isAlive, startProgram } from '../support/program.ts'
import { makeFetch, postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const TWO = { drain: '1s', sign: { listen: '127.0.0.1:0' }, reload: { interval: '1s', skew: '1s' } }

/** Whether the memory that a process can write holds one of these bytes. */
function holds (pid: number, needles: readonly Buffer[]): boolean {
  const memory = openSync(`/proc/${pid}/mem`, 'r')
  try {
    return readFileSync(`/proc/${pid}/maps`, 'utf8').split('\n').filter(line => / rw/.test(line)).some(line => {
      const [from, to] = line.split(' ')[0]!.split('-').map(address => BigInt('0x' + address)) as [bigint, bigint]
      const block = Buffer.alloc(1 << 20)
      for (let at = from; at < to; at += BigInt(block.length - 64)) {
        let length = 0
        try {
          length = readSync(memory, block, 0, Math.min(block.length, Number(to - at)), at)
        } catch {
          break // a guard page
        }
        if (needles.some(needle => block.subarray(0, length).includes(needle))) return true
      }
      return false
    })
  } finally {
    closeSync(memory)
  }
}

t.test('the public process has no private key in its memory, follows reloads, and ends with the other', async t => {
  const key = makePrivateKey('P-256')
  const deployment = await deploy(t, { keys: { 'default.pem': privatePem(key) }, config: TWO })
  const server = await startProgram(t, [], { cwd: deployment.directory })
  const fetch = makeFetch(deployment.ca)
  t.equal((await fetch(`${server.origin}/.well-known/jwks.json`)).json().keys.length, 1)
  t.equal((await postSign(fetch, server.internal, deployment.apiKey, {})).status, 200)
  const [publicPid] = childrenOf(server.child.pid!) as [number]
  const d = Buffer.from(createPrivateKey(privatePem(key)).export({ format: 'jwk' }).d!, 'base64url')
  const needles = [d, Buffer.from(d).reverse(), Buffer.from(privatePem(key).split('\n')[1]!)]
  t.notOk(holds(publicPid, needles))
  t.ok(holds(server.child.pid!, needles), 'control')
  t.match(readFileSync(`/proc/${publicPid}/environ`, 'utf8'), /^(?![^]*JWKSD_)/, 'nor what the environment says of passphrases')
  const metrics = (await fetch(`${server.internal}/metrics`)).text
  t.match(metrics, /jwksd_http_request_seconds_count{listener="public",route="\/\.well-known\/jwks\.json",status="200",process="public"} 1\n/)
  t.match(metrics, /jwksd_http_request_seconds_count{listener="internal",route="\/sign",status="200"} 1\n/)
  t.match(metrics, /\nprocess_resident_memory_bytes \d+\nprocess_resident_memory_bytes{process="public"} \d+\n/)
  t.equal(metrics.match(/^# TYPE jwksd_http_request_seconds /gm)!.length, 1)

  // A reload reaches both, and so does its failure.
  const added = path.join(deployment.keys, 'next.pem')
  await writeFile(added, `# activates: 2035-01-01T00:00:00Z\n${privatePem('P-256')}`, { mode: 0o600 })
  server.child.kill('SIGHUP')
  await until(async () => (await fetch(`${server.origin}/.well-known/jwks.json`)).json().keys.length === 2)
  await writeFile(path.join(deployment.keys, 'bad.pem'), 'nonsense', { mode: 0o600 })
  t.match(await until(async () => (await fetch(`${server.origin}/readyz`)).json().reload), { status: 'failing', since: /Z$/ })
  await rm(path.join(deployment.keys, 'bad.pem'))
  await until(async () => !(await fetch(`${server.origin}/readyz`)).json().reload)

  // SIGTERM ends both in order.
  const half = connect({ port: server.ports.public!, host: '127.0.0.1', servername: 'localhost', ca: deployment.ca })
  await once(half, 'secureConnect')
  half.write('GET /.well-known/jwks.json HTTP/1.1\r\nHost: loc')
  let answer = ''
  half.setEncoding('utf8').on('data', (text: string) => { answer += text })
  process.kill(publicPid, 'SIGTERM') // as a terminal and systemd do
  const stopped = server.stop()
  await until(async () => (await fetch(`${server.origin}/readyz`)).status === 503)
  half.write('alhost\r\n\r\n')
  await once(half, 'close')
  t.match(answer, /^HTTP\/1\.1 200 OK\r\n[\s\S]*connection: close/i)
  t.equal(await stopped, 0)
  t.notOk(isAlive(publicPid))
  t.strictSame(server.log().filter(({ level }) => level === 'error').map(({ where }) => path.basename(String(where))), ['bad.pem'], 'each fault is logged once')
})
