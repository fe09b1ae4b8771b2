// The table of twenty typical mistakes: each gets one message that says what is wrong and where, and a hint. What the
// hint says is then done, and the mistake is gone.

import { chmod, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createServer, type AddressInfo } from 'node:net'
import path from 'node:path'
import { Command } from 'commander'
import t from 'tap'
import { clientCommand } from '../../src/cli/client-key.ts'
import type { Io } from '../../src/cli/io.ts'
import { signCommand } from '../../src/cli/sign.ts'
import { load } from '../../src/state/load.ts'
import { runCommand } from '../support/command.ts'
import { type Deployment, deploy } from '../support/deployment.ts'
import { makePrivateKey, privatePem } from '../support/keys.ts'
import { NOW, openListener } from '../support/listener.ts'
import { makeCertificate, openssl } from '../support/openssl.ts'
import { runProgram } from '../support/program.ts'
import { postSign } from '../support/request.ts'

interface Mistake {
  readonly options?: Parameters<typeof deploy>[1]
  /** Texts of the configuration to replace: what is there, the mistake, and what the hint leads to. */
  readonly edit?: readonly [right: string, wrong: string, fixed?: string]
  /** The mistake, where it is none of the configuration's text. */
  readonly make?: (deployment: Deployment) => Promise<unknown>
  /** Follows the hint. @returns the environment that it needs */
  readonly follow?: (deployment: Deployment) => Promise<Record<string, string> | undefined>
  readonly run?: readonly [(io: Io) => Command, ...args: string[]]
  /** 1 unless the command was used wrongly. */
  readonly code?: 2
  /** The exact lines; paths are relative to the deployment. */
  readonly error: string
  readonly hint: string | RegExp
  /** Seconds; a test may look later. */
  readonly now?: number
}

const change = async (file: string, from: string, to: string): Promise<void> => {
  const text = await readFile(file, 'utf8')
  if (!text.includes(from)) throw new Error(`${from} is not in ${text}`)
  await writeFile(file, text.replace(from, to))
}
const write = (name: string, text: string) => async ({ directory }: Deployment) => {
  await writeFile(path.join(directory, name), text, { mode: 0o600 })
}
const remove = (name: string) => async ({ directory }: Deployment) => { await rm(path.join(directory, name)) }
const setMode = (name: string, mode: number) => async ({ directory }: Deployment) => { await chmod(path.join(directory, name), mode) }
const done = <T>(work: (deployment: Deployment) => Promise<T>) => async (deployment: Deployment) => {
  await work(deployment)
  return undefined
}
/** A certificate that ends after some days. */
function useCertificate (days: number) {
  return async ({ directory, file }: Deployment) => {
    const { cert, key } = makeCertificate(path.join(directory, 'tls'), 'made', { days })
    await chmod(key, 0o600)
    const [text, names] = [await readFile(file, 'utf8'), `tls/${path.basename(cert)}\n  key: tls/${path.basename(key)}`]
    await writeFile(file, text.replace(/tls\/[\w.]+\n *key: tls\/[\w.]+/, names))
  }
}
const rsa = makePrivateKey('RSA').export({ type: 'pkcs8', format: 'pem' }) as string

const MISTAKES: Record<string, Mistake> = {
  typo: {
    edit: ['tls:', 'tsl:', 'tls:'],
    error: 'jwksd.yaml:5 tsl: is not a field that jwksd knows',
    hint: 'did you mean "tls"? known here: url, listen, keys, onBadKey, tls, sign,'
  },
  indentation: {
    edit: ['  cert: tls/cert.pem', '   cert: tls/cert.pem', '  cert: tls/cert.pem'],
    error: 'jwksd.yaml:6: is not indented like the lines that it belongs with',
    hint: 'give the fields of one level the same number of spaces'
  },
  tabs: {
    edit: ['  cert: tls/cert.pem', '\tcert: tls/cert.pem', '  cert: tls/cert.pem'],
    error: 'jwksd.yaml:5: is indented with a tab',
    hint: 'indent with spaces: YAML takes no tabs'
  },
  'a missing file': {
    edit: ['tls/cert.pem', 'tls/fullchain.pem', 'tls/cert.pem'],
    error: 'tls/fullchain.pem: is not there, or is a symbolic link that points nowhere',
    hint: 'put a readable file there, or correct its path in the configuration'
  },
  permission: {
    make: setMode('keys/default.pem', 0o644),
    follow: done(setMode('keys/default.pem', 0o600)),
    error: 'keys/default.pem: a private key with mode 0644: the world can read it',
    hint: 'chmod 600 keys/default.pem'
  },
  'an IP address in url': {
    edit: ['https://localhost', 'https://192.0.2.1:8443', 'https://localhost'],
    error: 'jwksd.yaml:1 url: has an IP address; vendors whitelist a DNS name, never an IP',
    hint: 'give the DNS name that vendors whitelist, for instance https://jwks.example.com'
  },
  'a wrong host': {
    edit: ['https://localhost', 'https://jwks.hospital.org', 'https://localhost'],
    error: 'tls/cert.pem: the certificate does not cover jwks.hospital.org (it covers DNS:localhost, DNS:localhost, IP Address:127.0.0.1, IP Address:0:0:0:0:0:0:0:1)',
    hint: 'get a certificate for jwks.hospital.org, or correct url'
  },
  'an unknown preset': {
    edit: ['preset: jwt', 'preset: epik', 'preset: jwt'],
    error: 'jwksd.yaml:14 profiles.plain.preset: there is no preset "epik"',
    hint: /^did you mean "epic"\? use one of: jwt, smart-backend-services, .*; jwksd presets describes each$/
  },
  'an unknown client': {
    run: [signCommand, '--client', 'ap'],
    follow: async () => undefined,
    error: '--client: there is no client "ap"',
    hint: 'did you mean "app"? name one of: app'
  },
  'a client that is not there for its API key': {
    run: [clientCommand, 'key', 'billing', '--write'],
    error: 'jwksd.yaml:16 clients.billing: there is no such client',
    hint: 'add it under clients, with the profiles that it may use: billing: { profiles: [PROFILE] }'
  },
  'no profile': {
    edit: ['- plain', '- plian', '- plain'],
    error: 'jwksd.yaml:22 clients.app.profiles.0: there is no profile "plian"',
    hint: 'did you mean "plain"? use one of: plain'
  },
  'a ttl without a unit': {
    edit: ['preset: jwt', 'preset: jwt\n    ttl: { max: 300 }', 'preset: jwt\n    ttl: { max: 300s }'],
    error: 'jwksd.yaml:15 profiles.plain.ttl.max: is a number without a unit: 300',
    hint: 'give a unit: 300s or 5m'
  },
  'a ttl without a unit on the command line': {
    run: [signCommand, '--ttl', '240'],
    code: 2,
    error: 'option \'--ttl <duration>\' argument \'240\' is invalid. It is a number without a unit: 240',
    hint: 'give a unit: 240s or 4m'
  },
  http: {
    edit: ['https://localhost', 'http://localhost', 'https://localhost'],
    error: 'jwksd.yaml:1 url: has the scheme http; only https is safe here',
    hint: 'write it as in https://jwks.example.com'
  },
  'no CA': {
    options: { config: { sign: { listen: '127.0.0.1:0', tls: { cert: 'tls/cert.pem', key: 'tls/key.pem' } } }, client: { auth: [{ mtls: { san: 'DNS:app' } }] } },
    follow: done(async ({ file }) => { await change(file, '  tls:\n    cert: tls/cert.pem', '  tls:\n    clientCa: tls/ca.pem\n    cert: tls/cert.pem') }),
    error: 'jwksd.yaml:22 clients.app.auth.0.mtls: cannot be used: the internal listener asks for no certificate',
    hint: 'name the CA of the clients in sign.tls.clientCa'
  },
  'a wrong type of key': {
    edit: ['preset: jwt', 'preset: cdata-connect-ai'],
    error: 'jwksd.yaml:14 profiles.plain.set: the set "default" has keys for ES256; CData Connect AI takes RS256',
    hint: 'make a key for a set of its own: jwksd keygen default-rs256 --alg RS256',
    follow: done(async deployment => {
      await writeFile(path.join(deployment.keys, 'default.pem'), `# alg: RS256\n${rsa}`, { mode: 0o600 })
    })
  },
  'a type of key that another alg fixes': {
    options: { keys: { 'default.pem': rsa } },
    edit: ['preset: jwt', 'preset: cdata-connect-ai'],
    error: 'jwksd.yaml:14 profiles.plain.set: the set "default" has keys for RS384; CData Connect AI takes RS256',
    hint: 'write sets.default.alg: RS256, or a line "# alg: RS256" above the key',
    follow: done(async ({ file }) => { await writeFile(file, await readFile(file, 'utf8') + 'sets: { default: { alg: RS256 } }\n') })
  },
  'no passphrase': {
    make: async ({ keys }) => {
      openssl(keys, 'pkcs8', '-topk8', '-in', 'default.pem', '-out', 'enc.pem', '-passout', 'pass:a long phrase')
      await rm(path.join(keys, 'default.pem'))
      await chmod(path.join(keys, 'enc.pem'), 0o600)
    },
    follow: async () => ({ JWKSD_KEY_PASSPHRASE: 'a long phrase' }),
    error: 'keys/enc.pem: the key is encrypted and no passphrase is given',
    hint: 'set JWKSD_KEY_PASSPHRASE, JWKSD_KEY_PASSPHRASE_FILE to a file that holds it, or put it in NAME.passphrase beside NAME.pem'
  },
  'an empty configuration': {
    make: write('jwksd.yaml', ''),
    error: 'jwksd.yaml: is empty',
    hint: 'start from jwksd.example.yaml'
  },
  'an empty key file': {
    make: write('keys/default.pem', ''),
    follow: done(write('keys/default.pem', privatePem('P-256'))),
    error: 'keys/default.pem: there is no PEM block in it',
    hint: 'put one PEM key in the file, or move the file away'
  },
  'no key': {
    make: remove('keys/default.pem'),
    follow: done(write('keys/default.pem', privatePem('P-256'))),
    error: 'jwksd.yaml:3 keys: there is no key in the key directory',
    hint: 'make one with: jwksd keygen'
  },
  'an expired certificate': {
    now: NOW + 3 * 86400,
    make: useCertificate(2),
    follow: done(useCertificate(30)),
    error: 'tls/made.crt.pem: the certificate expired on DATE',
    hint: 'renew it: every vendor refuses it'
  }
}

/** Runs the command of a row, or reads what `serve` reads. @returns error and hint lines without the paths of this test */
async function see ({ file, directory }: Deployment, { run, now = NOW }: Mistake) {
  const read = (): Command => new Command('serve').action(async () => { await load({ file, env: {}, now, listeners: 'both' }) })
  const [command, ...args] = run ?? [read]
  const { code, stdout, stderr } = await runCommand(command, run ? [...args, '--config', file] : [], { now })
  const text = [`${directory}/`, `${path.relative(process.cwd(), directory)}/`].reduce((all, one) => all.replaceAll(one, ''), stderr)
    .replace(/expired on .*/, 'expired on DATE')
  const lines = (word: string): string[] => [...text.matchAll(new RegExp(`^${word}: (.*)$`, 'gm'))].map(([, line]) => line!)
  return { code, stdout, errors: lines('error'), hints: lines('hint') }
}

for (const [name, mistake] of Object.entries(MISTAKES)) {
  t.test(name, async t => {
    const deployment = await deploy(t, mistake.options)
    const [right, wrong, fixed] = mistake.edit ?? []
    if (right !== undefined && wrong !== undefined) await change(deployment.file, right, wrong)
    await mistake.make?.(deployment)
    const { code, stdout, errors, hints } = await see(deployment, mistake)
    t.strictSame([code, stdout], [mistake.code ?? 1, ''])
    t.strictSame(errors, [mistake.error], 'one message, and no other')
    t.match(hints, [mistake.hint])
    t.equal(hints.length, 1)
    if (wrong !== undefined && fixed !== undefined) await change(deployment.file, wrong, fixed)
    const env = await mistake.follow?.(deployment) ?? {}
    if (fixed !== undefined || mistake.follow) t.ok(await load({ file: deployment.file, env, now: mistake.now ?? NOW, listeners: 'both' }), 'the hint works')
  })
}

t.test('a port in use', async t => {
  const other = createServer()
  await new Promise<void>(resolve => other.listen(0, '127.0.0.1', resolve))
  t.teardown(() => { other.close() })
  const { port } = other.address() as AddressInfo
  const { directory } = await deploy(t, { config: { listen: `127.0.0.1:${port}` } })
  const { code, stderr } = await runProgram(['serve'], { cwd: directory })
  t.equal(code, 1)
  t.match(stderr, `error: 127.0.0.1:${port}: cannot listen there (EADDRINUSE)\nhint: choose another address, or end what uses it\n`)
})

t.test('a configuration under another name', async t => {
  const { directory, file } = await deploy(t)
  await rename(file, path.join(directory, 'jwksd.yml'))
  const { code, stderr } = await runProgram(['serve'], { cwd: directory })
  t.strictSame([code, stderr], [1, 'error: jwksd.yml: is not read: the name is jwksd.yaml\nhint: mv jwksd.yml jwksd.yaml, or name it: --config jwksd.yml\n'])
  const missing = await runProgram(['serve', '--config', 'nowhere.yaml'], { cwd: directory })
  t.match(missing, {
    code: 1,
    stderr: 'error: nowhere.yaml: the configuration cannot be read (ENOENT)\nhint: start from jwksd.example.yaml, or name another file with --config\n'
  })
})

t.test('a wrong token, and an API key that has expired', async t => {
  const deployment = await deploy(t)
  await change(deployment.file, 'profiles:\n      - plain', 'profiles: [plain]')
  const time = { now: NOW }
  const { code, stdout } = await runCommand(clientCommand, ['key', 'app', '--write', '--expires', '20d', '--config', deployment.file])
  t.equal(code, 0)
  const { fetch, origin, log } = await openListener(t, deployment, { time })
  const refused = async (token: string, reason: RegExp): Promise<void> => {
    const answer = await postSign(fetch, origin, token, {})
    t.match(answer.json(), {
      status: 401,
      detail: 'a valid API key or token is needed as Authorization: Bearer …, or a client certificate where this listener takes them',
      hint: 'the log of the server says why; a new API key: jwksd client key <client>'
    })
    t.match(log.filter(line => line.includes('not authenticated')).at(-1), reason)
  }
  await refused('nonsense', /reason/)
  t.equal((await postSign(fetch, origin, stdout.trim(), {})).status, 200)
  time.now += 20 * 86400
  await refused(stdout.trim(), /reason/)
  const { warnings } = await load({ file: deployment.file, env: {}, now: time.now, listeners: 'both' })
  const hint = warnings.map(text => /^.* the API key \w{8} expired on .*; make the next with: jwksd (.*)$/.exec(text)?.[1]).find(text => text !== undefined)
  t.equal(hint, 'client key app --write')
  const next = await runCommand(clientCommand, [...hint!.split(' ').slice(1), '--config', deployment.file], { now: time.now })
  const renewed = await openListener(t, deployment, { time })
  t.equal((await postSign(renewed.fetch, renewed.origin, next.stdout.trim(), {})).status, 200, 'the hint works')
})
