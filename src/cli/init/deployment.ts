// The files that deploy a new configuration: those of deploy/ with its names and paths in place of the examples.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'
import { fault } from '../../core/errors.ts'
import { directoryOf } from '../../keystore/key-sets.ts'

const PACKAGE = fileURLToPath(new URL('../../../', import.meta.url))

export interface Deployed {
  /** Directory of the configuration, absolute. */
  readonly directory: string
  readonly set: string
  readonly client: string
  readonly image: string
  /** The configuration as it is in the cluster. */
  readonly clusterConfig: string
  /** Key files, relative to the directory. */
  readonly keyFiles: readonly string[]
  /** Whether `jwksd rotate` may follow each key with the next one. */
  readonly rotates: boolean
}

async function template (name: string): Promise<string> {
  return await readFile(path.join(PACKAGE, 'deploy', name), 'utf8')
}

/**
 * A systemd unit that runs this program with this configuration.
 * @throws FaultsError for a directory that its lines would have to quote, each in another way
 */
export async function systemdUnit ({ directory }: Deployed): Promise<string> {
  if (/[^\w./+:@-]/.test(directory)) throw fault('--systemd', `cannot name the directory ${directory}`, 'choose one of letters, digits and . _ + : @ -')
  return (await template('jwksd.service'))
    .replaceAll('/etc/jwksd', directory)
    .replace('/usr/bin/node', process.execPath)
    .replaceAll('/opt/jwksd/', PACKAGE)
    .replaceAll('/opt/jwksd', PACKAGE.replace(/\/$/, ''))
}

/** Where vendors fetch the keys from the URL, a job rotates them. */
const PARTS = ['deployment.yaml', 'services.yaml', 'network-policy.yaml', 'rotation.yaml']

/** One manifest of what `kubectl kustomize deploy/kubernetes/base` gives, with this configuration, set and image. */
export async function kubernetesManifest (deployed: Deployed): Promise<string> {
  const { set, client, image, clusterConfig, keyFiles, rotates } = deployed
  const [own, ...parts] = await Promise.all(['jwksd.yaml', ...PARTS].map(async name => await template(`kubernetes/base/${name}`)))
  const common = own!.match(/^(drain|reload): .*\n/gm)!.join('')
  const secret = `jwksd-keys-${set.replaceAll('_', '-')}`
  const head = `# Create the Secrets first, in the namespace jwksd (kubectl create namespace jwksd):
#   kubectl -n jwksd create secret generic ${secret} ${keyFiles.map(file => `--from-file=${file}`).join(' ')}
#   kubectl -n jwksd create secret tls jwksd-tls --cert=fullchain.pem --key=privkey.pem
#   kubectl -n jwksd create secret tls jwksd-internal-tls --cert=internal.pem --key=internal-key.pem
# jwksd-tls is for the host of url. jwksd-internal-tls is from the cluster's own CA, for jwksd-internal.jwksd.svc.
# Then: kubectl apply -n jwksd -f kubernetes.yaml. More: docs/how-to/kubernetes.md of jwksd.
apiVersion: v1
kind: ConfigMap
metadata: { name: jwksd, labels: { app.kubernetes.io/name: jwksd } }
data:
  jwksd.yaml: |
${(clusterConfig + '\n' + common).replaceAll(/^(?=.)/gm, '    ')}`
  return [head, ...parts.slice(0, rotates ? undefined : -1)].join('---\n')
    .replaceAll('jwksd-keys-ecw', secret)
    .replaceAll('keys-ecw', secret.replace('jwksd-', ''))
    .replaceAll('rotate-ecw', `rotate-${set.replaceAll('_', '-')}`)
    .replace('mountPath: /keys/ecw', `mountPath: ${directoryOf('/keys', set)}`)
    .replaceAll('the set "ecw"', `the set "${set}"`)
    .replace('ecw, rotate, ecw,', `${set}, rotate, ${set},`)
    .replace('label namespace billing', `label namespace ${client}`)
    .replaceAll('registry.example.com/jwksd:0.1.0', image)
}

/** A compose file that mounts this directory. */
export async function composeFile ({ image }: Deployed): Promise<string> {
  return (await template('compose.yaml')).replace('image: jwksd', `image: ${image}`)
}
