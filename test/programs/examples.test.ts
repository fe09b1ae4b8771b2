// The examples in six languages get an assertion from a running jwksd, an access token from a real authorization server, and an
// answer of an API. They wait where a server asks them to, and give up where to go on makes no sense.

import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { text } from 'node:stream/consumers'
import pLimit from 'p-limit'
import t, { type Test } from 'tap'
import { CLIENT } from '../support/authorization-server.ts'
import { deploy } from '../support/deployment.ts'
import { privatePem } from '../support/keys.ts'
import { inRepository, type Result, startProgram } from '../support/program.ts'
import { until } from '../support/until.ts'
import { type Faults, startVendor } from '../support/vendor.ts'

const vendor = await startVendor(t)
const profileOf = (client: string): object => ({ preset: 'smart-backend-services', claims: { iss: client, sub: client, aud: vendor.issuer } })
const { directory, ca, apiKey } = await deploy(t, {
  keys: { 'a.pem': privatePem('RSA') },
  config: { profiles: { own: profileOf(CLIENT), forbidden: profileOf('another') } },
  client: { profiles: ['own'] }
})
const jwksd = await startProgram(t, [], { cwd: directory })
await vendor.open(jwksd.origin, ca)

const place = mkdtempSync(path.join(tmpdir(), 'jwksd-examples-'))
t.teardown(() => { rmSync(place, { recursive: true }) })
const at = (name: string): string => path.join(place, name)
for (const [name, content] of Object.entries({ 'api-key': `${apiKey}\n`, 'jwksd.pem': vendor.front.ca, 'vendor.pem': vendor.ca })) writeFileSync(at(name), content)

// Each program finds the vendor's authority where it looks for public ones.
const env = {
  PATH: process.env.PATH,
  HOME: place,
  GOCACHE: at('go'),
  GO111MODULE: 'off',
  SSL_CERT_FILE: at('vendor.pem'),
  NODE_EXTRA_CA_CERTS: at('vendor.pem'),
  JWKSD_API_KEY_FILE: at('api-key'),
  SCOPE: 'system/Patient.rs',
  TOKEN_ENDPOINT: '',
  JWKSD_SIGN_URL: ''
}
const example = (name: string): string => inRepository(`examples/${name}`)
const make = (command: string, ...args: string[]): Buffer => execFileSync(command, args, { env, stdio: ['ignore', 'pipe', 'pipe'] })
make('go', 'build', '-o', at('call-api'), example('call_api.go'))
make('javac', '-d', place, example('CallApi.java'))
make('keytool', '-importcert', '-noprompt', '-file', at('vendor.pem'), '-keystore', at('vendor.p12'), '-storepass', 'changeit')
make('mcs', `-out:${at('CallApi.exe')}`, '-r:System.Net.Http.dll', '-r:System.Runtime.Serialization.dll', example('CallApi.cs'))
make('cert-sync', '--user', at('vendor.pem'))

const PROGRAMS: Record<string, readonly [string, ...string[]]> = {
  curl: ['sh', example('call-api.sh')],
  node: [process.execPath, example('call-api.mjs')],
  python: ['/usr/bin/python3', example('call_api.py')],
  java: ['java', `-Djavax.net.ssl.trustStore=${at('vendor.p12')}`, '-Djavax.net.ssl.trustStorePassword=changeit', '-cp', place, 'CallApi'],
  go: [at('call-api')],
  csharp: ['mono', at('CallApi.exe')]
}

interface Run { profile?: string, trust?: string, faults?: Faults }
interface Outcome extends Result { seen: string[], waits: number[] }

/** Calls the API three times with one program. */
async function run (program: string, name: string, { profile = 'own', trust = 'jwksd.pem', faults = {} }: Run): Promise<Outcome> {
  const id = `${program}-${name}`
  vendor.faults.set(id, faults)
  const api = `${vendor.issuer}/${id}/api`
  const [command, ...args] = PROGRAMS[program]!
  const child = spawn(command, [...args, `${api}/1`, `${api}/2`, `${api}/3`], {
    env: { ...env, JWKSD_SIGN_URL: `${vendor.front.origin}/${id}/sign`, JWKSD_CA: at(trust), JWKSD_PROFILE: profile, TOKEN_ENDPOINT: `${vendor.issuer}/${id}/token` },
    stdio: ['ignore', 'pipe', 'pipe']
  })
  const [stdout, stderr, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close') as Promise<[number | null]>])
  const seen = vendor.seen.filter(one => one.run === id)
  return {
    code,
    stdout,
    stderr,
    seen: seen.map(({ station, answer }) => `${station} ${answer}`),
    waits: seen.flatMap(({ answer }, index) => answer === 503 || answer === 429 ? [seen[index + 1]!.at - seen[index]!.at] : [])
  }
}

/** A few at a time: a program that gets no processor would meet its own time-outs. */
const limit = pLimit(3)

/** Runs every program. */
async function runEach (t: Test, name: string, options: Run, check: (t: Test, outcome: Outcome) => void): Promise<void> {
  await Promise.all(Object.keys(PROGRAMS).map(async program => {
    const outcome = await (options.faults?.sign?.[0] === 'silence' ? run(program, name, options) : limit(run, program, name, options))
    await t.test(program, async t => { check(t, outcome) })
  }))
}

t.test('503 and 429 are repeated after Retry-After; silence ends in a time-out', async t => {
  const silent = runEach(t, 'silence', { faults: { sign: ['silence'] } }, (t, { code, stderr, seen }) => {
    t.match({ code, stderr }, { code: 1, stderr: /time|abort|cancel/i })
    t.ok(seen.length <= 1, 'it is not repeated')
  })
  await until(() => vendor.seen.some(({ run }) => run === 'curl-silence'))
  const commands = readdirSync('/proc').filter(name => /^\d+$/.test(name)).map(readCommand)
  t.ok(commands.some(command => command.includes('--cacert')), 'curl runs now')
  t.strictSame(commands.filter(command => command.includes(apiKey)), [], 'no argument of a process holds the API key')
  await runEach(t, 'busy', { faults: { sign: [503], token: [429], api: [503] } }, (t, { code, stdout, stderr, seen, waits }) => {
    t.strictSame({ code, stdout, stderr }, { code: 0, stdout: `{"client":"${CLIENT}"}\n`.repeat(3), stderr: '' })
    t.strictSame(seen, [
      'sign 503', 'sign passed on', 'token 429',
      'sign passed on', 'token passed on', 'api 503', 'api passed on', // a new assertion for the second try
      'sign passed on', 'token passed on', 'api passed on', // the first access token ends soon and is not kept
      'api passed on' // the second one is
    ])
    t.ok(waits.length === 3 && waits.every(wait => wait > 950), `waited ${waits.map(Math.round)} ms`)
  })
  await silent
})

t.test('a 403 ends them at once with the reason', async t => {
  await runEach(t, 'forbidden', { profile: 'forbidden' }, (t, { code, stdout, stderr, seen }) => {
    t.match({ code, stdout, stderr }, { code: 1, stdout: '', stderr: /403 .*ERR_FORBIDDEN/ })
    t.strictSame(seen, ['sign passed on'])
  })
})

t.test('only the authority of JWKSD_CA vouches for jwksd', async t => {
  await runEach(t, 'other-ca', { trust: 'vendor.pem' }, (t, { code, stderr, seen }) => {
    t.match({ code, stderr }, { code: 1, stderr: /certificate|SSL|x509|PKIX|trust/i })
    t.strictSame(seen, [], 'nothing was sent')
  })
})

/** Empty where the process has ended meanwhile. */
function readCommand (pid: string): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}
