// Kubernetes objects checked as the API would: values by the JSON Schemas of Kubernetes, cert-manager and the Prometheus operator
// (kubernetes-models has them as validators), names of fields by the types of the same package, since the schemas let unknown
// fields pass, and the API drops them in silence.

import { execFileSync } from 'node:child_process'
import { writeFileSync } from 'node:fs'
import path from 'node:path'
import { inRepository } from './program.ts'

type Node = any

const PACKAGES: Record<string, string> = { 'cert-manager.io': '@kubernetes-models/cert-manager', 'monitoring.coreos.com': '@kubernetes-models/prometheus-operator' }

const moduleOf = ({ apiVersion, kind }: Node): string => `${PACKAGES[apiVersion.split('/')[0]] ?? 'kubernetes-models'}/${apiVersion}/${kind}`

/** What the schemas say against these objects, each with its kind and name. */
export async function schemaFaults (objects: readonly Node[]): Promise<string[]> {
  const found = await Promise.all(objects.map(async object => {
    const models = await import(moduleOf(object)) as Record<string, new (object: Node) => { validate: () => void }>
    try {
      new models[object.kind]!(object).validate()
      return []
    } catch (error) {
      return [`${object.kind} ${object.metadata.name}: ${(error as Error).message}`]
    }
  }))
  return found.flat()
}

/**
 * Fields of these objects that no type has, in the compiler's words.
 * @param directory an empty one below the repository, where the compiler finds the packages
 */
export function unknownFields (objects: readonly Node[], directory: string): string[] {
  const lines = objects.map((object, i) =>
    `import type { I${object.kind} as T${i} } from '${moduleOf(object)}'\nexport const o${i}: T${i} = ${JSON.stringify(object)}\n`)
  const file = path.join(directory, 'objects.ts')
  writeFileSync(file, lines.join(''))
  // Without the options that tap gives to every child: the compiler does not start with them.
  const args = ['-u', 'NODE_OPTIONS', inRepository('node_modules/.bin/tsc'), '--noEmit', '--ignoreConfig', '--skipLibCheck', '--strict', '--module', 'nodenext', '--types', 'node', file]
  try {
    execFileSync('env', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] })
    return []
  } catch (error) {
    return (error as { stdout: string }).stdout.split('\n').filter(line => line.includes(': error TS'))
  }
}
