// The files that deploy a new configuration: those of deploy/ with its names and paths in place of the examples.

import { readFile } from 'node:fs/promises'
import path from 'node:path'
import { fileURLToPath } from 'node:url'

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
}

async function template (name: string): Promise<string> {
  return await readFile(path.join(PACKAGE, 'deploy', name), 'utf8')
}

/** A systemd unit that runs this program with this configuration. */
export async function systemdUnit ({ directory }: Deployed): Promise<string> {
  return (await template('jwksd.service'))
    .replaceAll('/etc/jwksd', directory)
    .replace('/usr/bin/node', process.execPath)
    .replaceAll('/opt/jwksd/', PACKAGE)
    .replaceAll('/opt/jwksd', PACKAGE.replace(/\/$/, ''))
}

/** The manifest with this configuration, set and image. */
export async function kubernetesManifest ({ set, client, image, clusterConfig, keyFiles }: Deployed): Promise<string> {
  const text = await template('kubernetes.yaml')
  const config = clusterConfig.replaceAll(/^(?=.)/gm, '    ')
  return text
    .replace(/( {2}jwksd\.yaml: \|\n)[\s\S]*?(?=^---$)/m, (_, head: string) => head + config)
    .replace(/--from-file=\S+ +#.*/, keyFiles.map(file => `--from-file=${file}`).join(' '))
    .replaceAll('jwksd-keys-ecw', `jwksd-keys-${set}`)
    .replaceAll('keys-ecw', `keys-${set}`)
    .replace('mountPath: /keys/ecw, readOnly: true } # the set "ecw"', `mountPath: /keys/${set}, readOnly: true } # the set "${set}"`)
    .replace('label billing jwksd', `label ${client} jwksd`)
    .replace('registry.example.com/jwksd:0.1.0', image)
}

/** A compose file that mounts this directory. */
export async function composeFile ({ image }: Deployed): Promise<string> {
  return (await template('compose.yaml')).replace('image: jwksd', `image: ${image}`)
}
