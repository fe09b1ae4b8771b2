// Pebble, the ACME server of Let's Encrypt for tests (Debian package pebble), with a DNS server to which every name is this
// machine. It validates for real, and forgets everything when it ends.

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { issueCertificate, makeAuthority } from './certificates.ts'
import { freePorts } from './free-port.ts'
import { makeFetch } from './request.ts'
import { until } from './until.ts'

interface TestScope { teardown: (end: () => Promise<void>) => void }

export interface Pebble {
  /** Its directory URL. */
  readonly directory: string
  /** CA certificates that vouch for that URL: a file. */
  readonly ca: string
  /** Where it validates. */
  readonly ports: { readonly http: number, readonly tls: number }
  /** @param life of the certificates (seconds; default: as before) */
  readonly start: (life?: number) => Promise<void>
  readonly kill: () => Promise<void>
  /** The root certificate of its present run, PEM. */
  readonly root: () => Promise<string>
}

/** @param life of the certificates (seconds) */
export async function startPebble (t: TestScope, life: number): Promise<Pebble> {
  const [api, management, http, tls, dns] = await freePorts(5) as [number, number, number, number, number]
  const authority = await makeAuthority('pebble')
  const { cert, key } = await issueCertificate(authority)
  const place = await mkdtemp(path.join(tmpdir(), 'pebble-'))
  const at = (name: string): string => path.join(place, name)
  const config = {
    listenAddress: `127.0.0.1:${api}`,
    managementListenAddress: `127.0.0.1:${management}`,
    certificate: at('cert.pem'),
    privateKey: at('key.pem'),
    httpPort: http,
    tlsPort: tls,
    ocspResponderURL: '',
    externalAccountBindingRequired: false
  }
  const files = { 'cert.pem': cert, 'key.pem': key, 'ca.pem': authority.cert }
  await Promise.all(Object.entries(files).map(async ([name, text]) => { await writeFile(at(name), text) }))
  const run = (program: string, ...args: string[]): ChildProcess => {
    return spawn(program, args, { cwd: place, env: { ...process.env, PEBBLE_VA_NOSLEEP: '1' }, stdio: ['ignore', 'ignore', 'inherit'] })
  }
  const names = run('pebble-challtestsrv', '-dns01', `127.0.0.1:${dns}`, '-defaultIPv6', '', '-http01', '', '-https01', '', '-tlsalpn01', '', '-management', '')
  const end = async (child: ChildProcess): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null && child.kill('SIGKILL')) await once(child, 'close')
  }
  let child: ChildProcess
  const fetch = makeFetch(authority.cert)
  const directory = `https://localhost:${api}/dir`
  const pebble: Pebble = {
    directory,
    ca: at('ca.pem'),
    ports: { http, tls },
    start: async (changed = life) => {
      await writeFile(at('pebble.json'), JSON.stringify({ pebble: { ...config, certificateValidityPeriod: changed } }))
      child = run('pebble', '-config', at('pebble.json'), '-dnsserver', `127.0.0.1:${dns}`)
      await until(async () => await fetch(directory).then(({ status }) => status === 200, () => false))
    },
    kill: async () => { await end(child) },
    root: async () => (await fetch(`https://localhost:${management}/roots/0`)).text
  }
  t.teardown(async () => {
    await Promise.all([end(names), end(child)])
    await rm(place, { recursive: true })
  })
  await pebble.start()
  return pebble
}
