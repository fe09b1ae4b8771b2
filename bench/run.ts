// npm run bench: what jwksd costs beside what a user would run instead, and beside the floor. CPU time for each request comes
// first, since a busy machine disturbs it least; the ratios of one run are what counts. Fails only when an answer is wrong.
//
//   npm run bench                      every contender, the main work; about two minutes
//   npm run bench -- --full            all work, more rounds; about a quarter of an hour
//   npm run bench -- --only jwks,sign  parts of it, with all that belongs to them
//   npm run bench -- --full --write-docs
//                                      also writes bench/results/published.json, and from it the plot and the tables of the docs
//   npm run bench -- --render          writes plot and tables again, without measuring

import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { checkAnswers } from './answers.ts'
import { evaluate } from './bars.ts'
import type { Running } from './contenders.ts'
import type { Jwksd } from './jwksd.ts'
import type { Target } from './load.ts'
import { readMachine } from './machine.ts'
import { benchGrowth, keysOf, LARGE, startSizes } from './parts/growth.ts'
import { benchLatency, benchSaturated } from './parts/latency.ts'
import { benchReload } from './parts/reload.ts'
import { benchSign } from './parts/sign.ts'
import { benchKeepAlive, benchNew, benchResumed, type Effort } from './parts/web.ts'
import { ALGS, type Alg } from './peers/site.ts'
import { JWKS_PATH } from './program.ts'
import { asText, type Table } from './report.ts'
import { warmUp } from './rounds.ts'
import { publish, writeDocs, type Results } from './write-docs.ts'
import { type Certificate, startAll, stopAll, writeCertificate, writeKeys } from './site.ts'

const RESULTS = fileURLToPath(new URL('../results/', import.meta.url))
const { values: options } = parseArgs({
  options: { full: { type: 'boolean' }, only: { type: 'string' }, 'write-docs': { type: 'boolean' }, render: { type: 'boolean' } }
})
const effort: Effort = options.full ? { rounds: 7, seconds: 0.8, connections: 300 } : { rounds: 3, seconds: 0.4, connections: 200 }
/** Whether to measure what takes long, too. */
const isDeep = options.full ?? options.only !== undefined
/** Tokens of each alg before its rounds: a server may sign with RSA in another way than with ES256, of which it has made many more. */
const OTHER_WAY = 5000
const say = (line: string): void => { process.stdout.write(line + '\n') }

/** What a part of the benchmark runs on. */
interface Ground { readonly directory: string, readonly keys: Record<Alg, string>, readonly servers: readonly Running[] }
type Part = (ground: Ground) => AsyncGenerator<Table>

const PARTS: Readonly<Record<string, Part>> = {
  async * jwks ({ servers }) {
    await warmUp(servers.map(({ origin }) => ({ url: origin + JWKS_PATH })))
    yield await benchKeepAlive(servers, effort)
  },
  async * new ({ directory, keys, servers }) {
    yield await benchNew(servers, 'EC', effort)
    if (!isDeep) return
    const ground = await prepare(directory, keys, 'RSA')
    yield await benchNew(ground.servers, 'RSA', effort).finally(async () => { await stopAll(ground.servers) })
  },
  async * resumed ({ servers }) { if (isDeep) yield await benchResumed(servers, effort) },
  async * sign ({ servers, keys }) {
    const targets = (alg: Alg): Target[] => servers.flatMap(({ sign }) => sign ? [sign(alg)] : [])
    await warmUp(targets('ES256'))
    for (const alg of ALGS) {
      await warmUp(targets(alg), OTHER_WAY)
      yield await benchSign(servers, alg, keys, effort)
    }
  },
  async * latency ({ servers }) { if (isDeep) yield * await benchLatency(servers, effort) },
  async * saturated ({ servers }) { if (isDeep) yield await benchSaturated(servers, effort) },
  async * growth ({ directory }) {
    if (!isDeep) return
    const own = path.join(directory, 'growth')
    const sizes = new Map<string, Jwksd>()
    try {
      await startSizes(own, path.join(directory, 'EC', 'tls'), sizes)
      yield * await benchGrowth(sizes, effort)
      yield await benchReload(sizes.get(LARGE)!, keysOf(own, LARGE))
    } finally {
      await stopAll([...sizes.values()])
    }
  }
}

/** Starts the contenders with one type of certificate. */
async function prepare (directory: string, keys: Record<Alg, string>, certificate: Certificate): Promise<Ground> {
  const own = path.join(directory, certificate)
  mkdirSync(own)
  return { directory, keys, servers: await startAll(own, { keys, tls: writeCertificate(path.join(own, 'tls'), certificate) }, say) }
}

async function measure (): Promise<Table[]> {
  const directory = mkdtempSync(path.join(tmpdir(), 'jwksd-bench-'))
  const tables: Table[] = []
  let servers: readonly Running[] = []
  try {
    const ground = await prepare(directory, writeKeys(path.join(directory, 'keys')), 'EC')
    servers = ground.servers
    say(`answers: ${await checkAnswers(servers)} tokens verified, ${servers.length} JWK Sets alike`)
    const chosen = options.only?.split(',') ?? Object.keys(PARTS)
    for (const name of chosen) {
      for await (const table of PARTS[name]!(ground)) {
        tables.push(table)
        say(asText(table))
      }
    }
    say(`answers after the load: ${await checkAnswers(servers)} tokens verified, ${servers.length} JWK Sets alike`)
    return tables
  } finally {
    await stopAll(servers)
    rmSync(directory, { recursive: true })
  }
}

if (options.render) {
  writeDocs()
  process.exit()
}
const about = readMachine()
if (options['write-docs'] && options.only !== undefined) throw new Error('--write-docs publishes a whole run: leave out --only')
if (about.versions.h2load === 'missing') {
  process.stderr.write('error: the load generator h2load is not installed\nhint: apt-get install nghttp2-client\n')
  process.exit(1)
}
say(`Node ${about.versions.node}, OpenSSL ${about.versions['OpenSSL of Node']}, ${about.machine.cores} cores (${about.machine.cpu})`)
if (about.machine.load > 0.5) say(`the machine was busy before the start (load ${about.machine.load.toFixed(1)}): trust CPU figures and ratios more than rates`)
const tables = await measure()
const targets = evaluate(tables)
say(asText(targets))
mkdirSync(RESULTS, { recursive: true })
const results: Results = { ...about, form: options.full ? 'full' : 'short', tables: [...tables, targets] }
writeFileSync(path.join(RESULTS, 'last.json'), JSON.stringify(results, null, 1) + '\n')
if (options['write-docs']) publish(results)
