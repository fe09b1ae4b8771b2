// A Kubernetes manifest of jwksd as Kubernetes reads it (YAML 1.1, where 0400 is octal): do its names agree?

import { parse, parseAllDocuments } from 'yaml'

type Node = any

/**
 * Everything in these texts that names something which does not exist, in words.
 * @param cronJobText absent where only the manifest is checked
 */
export function disagreements (manifest: string, cronJobText?: string): string[] {
  const all: Node[] = parseAllDocuments(manifest, { version: '1.1' }).map(document => document.toJS())
  const kind = (name: string): Node[] => all.filter(each => each.kind === name)
  const deployment = kind('Deployment')[0].spec.template
  const cronJob = cronJobText === undefined ? deployment : parse(cronJobText, { version: '1.1' }).spec.jobTemplate.spec.template
  const configMaps = new Map(kind('ConfigMap').map(each => [each.metadata.name, each.data]))
  const secrets = [...manifest.matchAll(/create secret (?:generic|tls) (\S+)/g)].map(([, name]) => name)
  const ports = deployment.spec.containers[0].ports
  const config = parse(configMaps.get('jwksd')['jwksd.yaml'])
  const wrong: string[] = []
  const check = (holds: boolean, what: string): void => { if (!holds) wrong.push(what) }

  for (const pod of [deployment.spec, cronJob.spec]) {
    const mounts: Node[] = pod.containers[0].volumeMounts
    const volumes: Node[] = pod.volumes
    check(mounts.map(each => each.name).sort().join() === volumes.map(each => each.name).sort().join(), 'mounts and volumes differ')
    for (const { name, configMap, secret } of volumes) {
      if (configMap) check(configMaps.has(configMap.name), `volume ${name}: no ConfigMap ${configMap.name}`)
      if (secret) check(secrets.includes(secret.secretName), `volume ${name}: nothing creates ${secret.secretName}`)
      if (secret) check(secret.defaultMode === 0o400, `volume ${name}: mode ${secret.defaultMode}`)
    }
    const paths = [config.tls, config.sign.tls].flatMap(({ cert, key }) => [cert, key])
    for (const file of [...paths, ...Object.keys(config.sets).map(set => `${config.keys}/${set}/k.pem`)]) {
      check(mounts.some(each => file.startsWith(`${each.mountPath}/`)), `${file}: not mounted`)
    }
  }
  const place = ({ spec }: Node): string => spec.containers[0].volumeMounts.map((each: Node) => `${each.name} ${each.mountPath}`).sort().join()
  check(place(deployment) === place(cronJob), 'the CronJob mounts other volumes than the Deployment')
  for (const member of ['runAsUser', 'runAsGroup', 'fsGroup']) {
    check(deployment.spec.securityContext[member] === cronJob.spec.securityContext[member], `${member} differs`)
  }
  check(deployment.spec.containers[0].image === cronJob.spec.containers[0].image, 'images differ')

  const portOf = (name: string): string => String(ports.find((each: Node) => each.name === name)?.containerPort)
  check(config.listen.endsWith(`:${portOf('public')}`) && config.sign.listen.endsWith(`:${portOf('internal')}`), 'listen is no port of the container')
  for (const { metadata, spec } of kind('Service')) {
    check(spec.selector.app === deployment.metadata.labels.app, `${metadata.name}: selects no pod`)
    check(portOf(spec.ports[0].targetPort) !== 'undefined', `${metadata.name}: no port ${spec.ports[0].targetPort}`)
  }
  const { podSelector, ingress } = kind('NetworkPolicy')[0].spec
  check(podSelector.matchLabels.app === deployment.metadata.labels.app, 'the network policy selects no pod')
  for (const rule of ingress) check(portOf(rule.ports[0].port) !== 'undefined', `network policy: no port ${rule.ports[0].port}`)
  const internal = ingress.find((rule: Node) => rule.ports[0].port === 'internal')
  check(internal.from.some((each: Node) => each.namespaceSelector && each.podSelector), 'no pod of another namespace is admitted')
  check(internal.from.every((each: Node) => each.podSelector), 'every pod is admitted to /sign')
  return wrong
}
