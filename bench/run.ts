// npm run bench: what a request costs jwksd, beside nginx serving the same bytes and beside the same signatures in a
// bare loop. Figures differ from machine to machine; the ratios of one run are what counts. Takes about a minute.

import { execFile } from 'node:child_process'
import { generateKeyPairSync } from 'node:crypto'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { availableParallelism, cpus, loadavg, tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { Agent, request } from 'undici'
import { cpuTime } from './cpu.js'
import { findGenerator, type Generator, type Load, type Target } from './load.js'
import { JWKS, readCredentials, type Server, startBareHttps, startJwksd, startNginx } from './servers.js'

const ROUNDS = 5
const SECONDS = 1
const WARM_UP = 1
const say = (line = ''): void => { process.stdout.write(line + '\n') }

/** One contender: each call is one round. `cpu` and `generator` are microseconds for each request or signature. */
interface Figures { readonly perSecond: number, readonly cpu: number, readonly generator?: number }
type Contender = (seconds: number) => Promise<Figures>

const each = ({ count, seconds, cpu }: Load): Figures => ({ perSecond: count / seconds, cpu: cpu / count })

function onServer ({ pid }: Server, target: Target, { fire }: Generator): Contender {
  return async seconds => {
    const before = cpuTime(pid)
    const load = await fire(target, seconds)
    const spent = cpuTime(pid) - before
    return { ...each({ ...load, cpu: spent }), generator: load.cpu / load.count }
  }
}

function inBareLoop (way: 'pool' | 'workers', alg: string, key: string, text: string): Contender {
  const script = fileURLToPath(new URL('bare-loop.js', import.meta.url))
  return async seconds => {
    const { stdout } = await promisify(execFile)(process.execPath, [script, way, alg, key, text, String(seconds)])
    return each(JSON.parse(stdout) as Load)
  }
}

/** Rounds are taken in turn, so that what else the machine does falls on all alike; the median of each is kept. */
async function compare (contenders: ReadonlyMap<string, Contender>): Promise<Map<string, Figures>> {
  const taken = new Map<string, Figures[]>()
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, measure] of contenders) taken.set(name, [...taken.get(name) ?? [], await measure(SECONDS)])
  }
  return new Map([...taken].map(([name, all]) => {
    const median = (of: keyof Figures): number => all.map(one => one[of] ?? NaN).sort((a, b) => a - b)[ROUNDS >> 1]!
    return [name, { perSecond: median('perSecond'), cpu: median('cpu'), generator: median('generator') }]
  }))
}

function print (title: string, figures: ReadonlyMap<string, Figures>): void {
  say(`\n${title.padEnd(34)}${['each second', 'CPU, us each', 'load gen., us'].map(head => head.padStart(15)).join('')}`)
  for (const [name, { perSecond, cpu, generator = NaN }] of figures) {
    say(`  ${name.padEnd(32)}${[perSecond, cpu, generator].map(n => (n >= 100 ? n.toFixed(0) : n.toFixed(1)).replace('NaN', '-').padStart(15)).join('')}`)
  }
}

function judge (what: string, ratio: number, limit: string, met: boolean): void {
  const verdict = process.versions.node.startsWith('24.') ? (met ? 'met' : 'MISSED') : 'not judged: the target is for Node 24'
  say(`  ${what}: ${ratio.toFixed(2)}  (target ${limit}: ${verdict})`)
}

async function benchJwks (jwksd: Server, nginx: Server | undefined, generator: Generator): Promise<void> {
  const contenders = new Map([['jwksd', onServer(jwksd, { url: jwksd.origin + JWKS }, generator)]])
  if (nginx) contenders.set('nginx', onServer(nginx, { url: nginx.origin + JWKS }, generator))
  for (const measure of contenders.values()) await measure(WARM_UP)
  const figures = await compare(contenders)
  print('JWKS over keep-alive TLS', figures)
  const [ours, peer] = [figures.get('jwksd')!, figures.get('nginx')]
  if (!peer) return say('  NOT COMPARED: nginx is not installed (apt-get install nginx), so the target is not measured')
  judge('CPU for each request, jwksd / nginx', ours.cpu / peer.cpu, '<= 3', ours.cpu <= 3 * peer.cpu)
}

interface Signing { jwksd: Server, bare: Server, generator: Generator, token: string, ca: Buffer }

async function benchSign (alg: string, key: string, { jwksd, bare, generator, token, ca }: Signing): Promise<void> {
  const body = JSON.stringify({
    profile: `default-${alg.toLowerCase()}`,
    claims: { iss: 'client', sub: 'client', aud: 'https://authorization.example.com/token', scope: 'system/Patient.read' }
  })
  const target = { url: `${jwksd.origin}/sign`, body, headers: { 'content-type': 'application/json', authorization: `Bearer ${token}` } }
  const answer = await request(target.url, { ...target, method: 'POST', dispatcher: new Agent({ connect: { ca } }) })
  const issued = await answer.body.json() as { token: string }
  const text = issued.token.slice(0, issued.token.lastIndexOf('.'))
  const [measure, measureFloor] = [onServer(jwksd, target, generator), onServer(bare, { ...target, url: `${bare.origin}/sign` }, generator)]
  for (const warm of [measure, measureFloor]) await warm(WARM_UP)
  const figures = await compare(new Map([
    ['jwksd', measure],
    ['bare node:https that signs', measureFloor],
    ['bare loop, thread pool', inBareLoop('pool', alg, key, text)],
    ['bare loop, worker threads', inBareLoop('workers', alg, key, text)]
  ]))
  print(`POST /sign ${alg}`, figures)
  const [ours, floor, pool, workers] = [...figures.values()] as [Figures, Figures, Figures, Figures]
  const [best, way] = pool.perSecond > workers.perSecond ? [pool, 'thread pool'] : [workers, 'worker threads']
  const rate = ours.perSecond / best.perSecond
  if (alg === 'RS384') judge(`signatures each second, jwksd / bare loop (${way})`, rate, '>= 0.9', rate >= 0.9)
  else say(`  signatures each second, jwksd / bare loop (${way}): ${rate.toFixed(2)}`)
  const compareTo = (peer: Figures): string => (peer.cpu / ours.cpu).toFixed(2)
  say(`  the bare node:https server reaches ${(floor.perSecond / best.perSecond).toFixed(2)}`)
  say(`  CPU for each signature, bare loop / jwksd: ${compareTo(best)}, bare node:https / jwksd: ${compareTo(floor)}`)
}

/** Writes the key that quickstart finds. @returns its path */
function writeKey (directory: string, alg: 'RS384' | 'ES256'): string {
  const file = path.join(directory, 'keys', `${alg}.pem`)
  const { privateKey } = alg === 'RS384' ? generateKeyPairSync('rsa', { modulusLength: 3072 }) : generateKeyPairSync('ec', { namedCurve: 'P-256' })
  writeFileSync(file, privateKey.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 })
  return file
}

const directory = mkdtempSync(path.join(tmpdir(), 'jwksd-bench-'))
const running: Server[] = []
try {
  mkdirSync(path.join(directory, 'keys'), { mode: 0o700 })
  const [rs384, es256] = [writeKey(directory, 'RS384'), writeKey(directory, 'ES256')]
  const jwksd = await startJwksd(directory)
  running.push(jwksd)
  const credentials = readCredentials(directory)
  const generator = findGenerator(directory, credentials.ca)
  const nginx = await startNginx(directory, jwksd, credentials.ca)
  if (nginx) running.push(nginx)
  const [load = 0] = loadavg()
  say(`Node ${process.version}, OpenSSL ${process.versions.openssl}, ${availableParallelism()} cores (${cpus()[0]?.model})`)
  say(`load generator: ${generator.name}; it runs on the same cores`)
  if (load > 0.5) say(`the machine was busy before the start (load ${load.toFixed(1)}): trust CPU figures more than rates`)
  await benchJwks(jwksd, nginx, generator)
  // The light one first: by then the code that both run is as warm as in a server that has run for a while.
  for (const [alg, key] of [['ES256', es256], ['RS384', rs384]] as const) {
    const bare = await startBareHttps(directory, alg, key)
    running.push(bare)
    await benchSign(alg, key, { jwksd, bare, generator, ...credentials })
  }
} finally {
  for (const { stop } of running) await stop()
  rmSync(directory, { recursive: true })
}
