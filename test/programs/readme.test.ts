// Every command of README.md, run as a reader would paste it: in a copy of the repository, in the order of the page.
// What installs, tests or benches the checkout itself is run by .ci/run, and that is checked here too.

import { execFileSync, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { makeCheckout, shell } from '../support/checkout.ts'

const readme = readFileSync('README.md', 'utf8')
const commands = [...readme.matchAll(/^ *```console\n([\s\S]*?)^ *```/gm)]
  .flatMap(([, block]) => [...block!.matchAll(/^ *\$ (.*)$/gm)].map(([, command]) => command!))

/** Run by .ci/run on the checkout itself. */
const OF_THE_CHECKOUT = ['npm ci && npm test', 'npm ci && npm start', 'npm run bench']

interface Teardown { teardown: (end: () => Promise<void>) => void }

/** Starts a server and resolves with its output once that has `sign`. */
async function start (t: Teardown, directory: string, command: string, env: Record<string, string> = {}): Promise<string> {
  const child: ChildProcess = spawn('bash', shell(`exec ${command}`), { cwd: directory, env: { ...process.env, ...env }, detached: true })
  t.teardown(async () => {
    process.kill(-child.pid!, 'SIGTERM')
    if (child.exitCode === null) await once(child, 'exit')
  })
  let output = ''
  for await (const chunk of child.stdout!) {
    output += String(chunk)
    if (output.includes('Keys (kid, alg, state, file):') && output.endsWith('\n')) return output
  }
  throw new Error(`it ended: ${output}`)
}

/** A certificate for the host of the new configuration, and free ports. */
function configure (directory: string): void {
  mkdirSync(path.join(directory, 'tls'))
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2', '-subj', '/CN=jwks.example.com',
    '-addext', 'subjectAltName=DNS:jwks.example.com', '-keyout', 'tls/privkey.pem', '-out', 'tls/fullchain.pem'], { cwd: directory, stdio: 'ignore' })
  const file = path.join(directory, 'jwksd.yaml')
  const text = readFileSync(file, 'utf8').replace('0.0.0.0:8443', '127.0.0.1:0').replace('127.0.0.1:9443', '127.0.0.1:0')
  writeFileSync(file, text)
  writeFileSync(path.join(directory, 'public.yaml'), text.replace('keys: keys', 'keys: public-keys'))
}

t.test('every command of the README works in the order of the page', async t => {
  const directory = t.testdir()
  makeCheckout(directory)
  const output = await start(t, directory, 'node dist/main.js serve', { JWKSD_LISTEN: '127.0.0.1:0' })
  const port = /localhost:(\d+)/.exec(output)![1]!
  const script: string[] = []
  for (const command of commands) {
    if (OF_THE_CHECKOUT.includes(command)) {
      t.match(readFileSync('.ci/run', 'utf8'), command, `.ci/run runs ${command}`)
      continue
    }
    if (command.includes(' serve ')) {
      t.match(await start(t, directory, command), 'https://jwks.example.com/ecw/.well-known/jwks.json', command)
      continue
    }
    // One shell runs a variable's line and those that use it.
    script.push(command.replaceAll('8443', port))
    if (command.startsWith('TOKEN=')) continue
    const result = execFileSync('bash', shell(script.splice(0).join('\n')), { cwd: directory, encoding: 'utf8' })
    t.ok(result.trim(), command)
    if (command.includes('verify.mjs')) t.match(JSON.parse(result), { header: { alg: 'RS384' }, claims: { sub: 'me' } })
    if (command.includes(' init ')) configure(directory)
  }
})

t.test('a command that the page does not have would be missed', async t => {
  t.ok(commands.length >= 10)
  t.ok(OF_THE_CHECKOUT.every(command => commands.includes(command)), 'no stale exception')
})
