// Changes keys that are in a Kubernetes Secret: reads it from the API, runs a jwksd command on a copy of its files, and puts
// it back when they have changed. When somebody else has changed it meanwhile, the API refuses that and nothing changes.
// node deploy/change-secret.js SECRET SET COMMAND…   for instance: jwksd-keys-ecw ecw rotate ecw --every 90d

import { spawnSync } from 'node:child_process'
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { argv, env, execArgv, execPath, exit } from 'node:process'
import { fileURLToPath } from 'node:url'

// Its ca.crt must be in NODE_EXTRA_CA_CERTS.
const ACCOUNT = '/var/run/secrets/kubernetes.io/serviceaccount'
const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url))
const [secretName, set, ...command] = argv.slice(2)

function fail (problem, hint) {
  console.error(`error: Secret ${secretName}: ${problem}\nhint: ${hint}`)
  exit(1)
}

const HINTS = {
  401: 'the token of the service account is not accepted: look at serviceAccountName of the job',
  403: 'the service account needs a Role with get and update for this Secret (resourceNames)',
  404: `create it with the key files of the set: kubectl create secret generic ${secretName} --from-file=FILE`,
  409: 'somebody else has just changed it, so nothing was written: the next run begins with the new content'
}

/** @returns the Secret as the API answers; ends the program with what is wrong where it does not */
async function callApi (method, body) {
  const { KUBERNETES_SERVICE_HOST: host, KUBERNETES_SERVICE_PORT: port } = env
  const namespace = readFileSync(path.join(ACCOUNT, 'namespace'), 'utf8')
  const url = `https://${host.includes(':') ? `[${host}]` : host}:${port}/api/v1/namespaces/${namespace}/secrets/${secretName}`
  const headers = { authorization: `Bearer ${readFileSync(path.join(ACCOUNT, 'token'), 'utf8')}`, 'content-type': 'application/json' }
  const answer = await fetch(url, { method, headers, body: body && JSON.stringify(body), redirect: 'error', signal: AbortSignal.timeout(20_000) })
    .catch(error => fail(`the API of the cluster cannot be reached (${error.cause?.code ?? error.name})`, 'look at the network policy of the job and NODE_EXTRA_CA_CERTS'))
  if (!answer.ok) fail(`the API of the cluster answers ${answer.status}`, HINTS[answer.status] ?? 'run the job again')
  return await answer.json()
}

/** The files of a directory as the data of a Secret, in a fixed order. */
const readFiles = directory => Object.fromEntries(readdirSync(directory).sort().map(name => [name, readFileSync(path.join(directory, name), 'base64')]))

if (command.length === 0 || !env.KUBERNETES_SERVICE_HOST) {
  console.error('error: change-secret.js SECRET SET COMMAND… runs in a pod\nhint: for instance jwksd-keys-ecw ecw rotate ecw --every 90d, as in deploy/kubernetes/base/rotation.yaml')
  exit(2)
}
// The same path in each run: `rotate` remembers by path what it has found due.
const keys = path.join(tmpdir(), 'keys')
rmSync(keys, { recursive: true, force: true })
process.on('exit', () => rmSync(keys, { recursive: true, force: true }))
const directory = set === 'default' ? keys : path.join(keys, set)
mkdirSync(directory, { recursive: true, mode: 0o700 })

const secret = await callApi('GET')
for (const [name, content] of Object.entries(secret.data ?? {})) writeFileSync(path.join(directory, name), Buffer.from(content, 'base64'), { mode: 0o600 })
const before = readFiles(directory)
const { status } = spawnSync(execPath, [...execArgv, MAIN, ...command], { stdio: 'inherit', env: { ...env, JWKSD_KEYS: keys } })
if (status !== 0) exit(status ?? 1)
const after = readFiles(directory)
if (JSON.stringify(after) !== JSON.stringify(before)) {
  await callApi('PUT', { ...secret, data: after })
  console.error(`the Secret ${secretName} is changed; each pod sees the change within about two minutes`)
}
