// The files of a new configuration as texts, before any is written: jwksd.yaml, the key, certificates, and what deploys it.

import { readFileSync } from 'node:fs'
import path from 'node:path'
import { configText, type NewConfig } from '../../config/config-text.ts'
import { draftProfile, draftSet } from '../../config/draft-profile.ts'
import { makeApiKey } from '../../core/clients/api-key.ts'
import type { Alg } from '../../core/keys/alg.ts'
import { shellWord } from '../../core/keys/pem.ts'
import type { NewFile } from '../../keystore/files.ts'
import { directoryOf } from '../../keystore/key-sets.ts'
import { LOCALHOST, selfSign } from '../self-signed.ts'
import type { Answers, InitOptions } from './answers.ts'
import { composeFile, type Deployed, kubernetesManifest, systemdUnit } from './deployment.ts'
import { readOldKeys } from './found-keys.ts'
import { prepareKey } from './new-key.ts'

const CERT_DAYS = 365

export interface Draft {
  /** Text of jwksd.yaml. */
  readonly config: string
  readonly files: readonly NewFile[]
  readonly kid: string
  readonly alg: Alg
  readonly url: string
  /** The API key of the client. */
  readonly token: string
  /** Whether the TLS certificate is there. */
  readonly tls: boolean
  readonly next: readonly string[]
  readonly remarks: readonly string[]
}

interface Drafting {
  /** NumericDate (seconds). */
  readonly now: number
  readonly decrypt: () => Promise<string>
  readonly passphrase: string | undefined
}

export async function draftFiles (answers: Answers, options: InitOptions, { now, decrypt, passphrase }: Drafting): Promise<Draft> {
  const { preset, set, host, client, given, keyFile } = answers
  const { directory } = options
  const local = host === 'localhost'
  const listen = options.listen ?? `${local && !options.compose ? '127.0.0.1' : '0.0.0.0'}:8443`
  const origin = local ? `https://localhost:${listen.split(':').at(-1)}` : `https://${host}`
  const issuer = set === 'default' ? origin : `${origin}/${set}`
  const { key, alg, files: keyFiles, remarks } = await prepareKey({
    preset,
    set,
    directory: directoryOf(path.join(directory, 'keys'), set),
    alg: options.alg as Alg | undefined,
    file: keyFile,
    kid: options.kid,
    old: await readOldKeys(directory),
    ask: decrypt,
    passphrase,
    host,
    issuer,
    now
  })
  const tls = await draftTls(options, local, now)
  const { token, ...apiKey } = makeApiKey()
  const config: NewConfig = {
    heading: [
      `Written by jwksd init ${preset.name}; every field: docs/reference/configuration.md. Paths are relative to this file.`,
      'Lines marked with <-- wait for the vendor: jwksd onboard says what to ask.'
    ],
    url: origin,
    listen,
    keys: 'keys',
    tls: tls.paths,
    sign: options.signListen ?? `${options.compose ? '0.0.0.0' : '127.0.0.1'}:9443`,
    audit: options.compose ? '-' : options.systemd ? '/var/log/jwksd/audit.jsonl' : 'audit.jsonl',
    sets: { [set]: draftSet(preset, alg) },
    profiles: { [set]: draftProfile(preset, { set, alg, issuer, given }) },
    client: { name: client, note: 'an internal service that may sign', apiKey, rate: '20/s' }
  }
  const deployed: Deployed = {
    directory: path.resolve(directory),
    set,
    client,
    image: options.image ?? `jwksd:${versionOf()}`,
    clusterConfig: configText(inCluster(config)),
    keyFiles: keyFiles.map(({ file }) => path.relative(directory, file)),
    rotates: preset.key.given === 'jwks-url'
  }
  return {
    config: configText(config),
    files: [...keyFiles, ...tls.files, ...await deploymentFiles(options, deployed)],
    kid: key.kid,
    alg,
    url: `${issuer}/.well-known/jwks.json`,
    token,
    tls: tls.there,
    next: nextCommands(answers, options, tls.there),
    remarks
  }
}

/** Given files by their paths; for localhost a self-signed certificate; else the place where one must be put. */
async function draftTls (
  { directory, cert, key }: InitOptions, local: boolean, now: number
): Promise<{ paths: NewConfig['tls'], files: NewFile[], there: boolean }> {
  const at = (file: string): string => path.join(directory, file)
  const place = (file: string): string => {
    const relative = path.relative(directory, file)
    return relative.startsWith('..') ? path.resolve(file) : relative
  }
  if (cert !== undefined && key !== undefined) return { paths: { cert: place(cert), key: place(key) }, files: [], there: true }
  if (!local) return { paths: { cert: 'tls/fullchain.pem', key: 'tls/privkey.pem' }, files: [], there: false }
  const made = await selfSign({ ...LOCALHOST, now, days: CERT_DAYS })
  const paths = { cert: 'tls/cert.pem', key: 'tls/key.pem' }
  const files = [{ file: at(paths.cert), text: made.cert, mode: 0o644 }, { file: at(paths.key), text: made.key, mode: 0o600 }]
  return { paths, files, there: true }
}

/** The same configuration with the paths of deploy/kubernetes. */
function inCluster (config: NewConfig): NewConfig {
  return {
    ...config,
    listen: '0.0.0.0:8443',
    keys: '/keys',
    tls: { cert: '/tls/tls.crt', key: '/tls/tls.key' },
    sign: '0.0.0.0:9443',
    signTls: { cert: '/internal-tls/tls.crt', key: '/internal-tls/tls.key' },
    audit: '-'
  }
}

async function deploymentFiles ({ directory, systemd, kubernetes, compose }: InitOptions, deployed: Deployed): Promise<NewFile[]> {
  const made = [
    ...(systemd ? [['jwksd.service', await systemdUnit(deployed)]] : []),
    ...(kubernetes ? [['kubernetes.yaml', await kubernetesManifest(deployed)]] : []),
    ...(compose ? [['compose.yaml', await composeFile(deployed)]] : [])
  ] as Array<[string, string]>
  return made.map(([name, text]) => ({ file: path.join(directory, name), text, mode: 0o644 }))
}

function versionOf (): string {
  return (JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as { version: string }).version
}

function nextCommands (
  { preset, set, host }: Answers, { directory, systemd, kubernetes, compose }: InitOptions, certified: boolean
): string[] {
  const config = directory === '.' ? '' : ` --config ${shellWord(path.join(directory, 'jwksd.yaml'))}`
  const tls = shellWord(path.join(directory, 'tls'))
  const at = shellWord(path.resolve(directory))
  const serve = systemd
    ? `useradd --system --shell /usr/sbin/nologin jwksd; chown -R jwksd: ${at} && systemctl enable --now ${at}/jwksd.service`
    : compose
      ? `chown -R 1000:1000 ${at} && docker compose -f ${at}/compose.yaml up -d`
      : kubernetes ? `kubectl apply -n jwksd -f ${at}/kubernetes.yaml   # its first lines create the secrets` : `jwksd serve${config}`
  const name = host.replace(/:\d+$/, '')
  const issued = ['fullchain', 'privkey'].map(file => `/etc/letsencrypt/live/${name}/${file}.pem`).join(' ')
  const certificate = `certbot certonly --standalone -d ${name} && install -D -m 0600 -t ${tls} ${issued}`
  return [
    ...(certified ? [] : [`${certificate}   # or any certificate for ${name}`]),
    serve,
    `jwksd onboard ${preset.name}${config}   # what ${preset.title} needs`,
    ...(certified ? [`jwksd sign --profile ${set}${config}`] : [])
  ]
}
