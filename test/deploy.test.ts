// The deployment files agree: names, volumes, secrets, ports and paths of the manifest, its configuration, the CronJob
// and the commands of the docs, and the systemd unit. Read as Kubernetes reads them: YAML 1.1, where 0400 is octal.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { parse, parseAllDocuments } from 'yaml'

const manifest = readFileSync('deploy/kubernetes.yaml', 'utf8')
const rotation = readFileSync('docs/rotation.md', 'utf8')
const cronJobText = /```yaml\n(apiVersion: batch\/v1\nkind: CronJob[\s\S]*?)```/.exec(rotation)![1]!

type Node = any

/** Everything in these texts that names something which does not exist, in words. */
function disagreements (manifest: string, cronJobText: string): string[] {
  const all: Node[] = parseAllDocuments(manifest, { version: '1.1' }).map(document => document.toJS())
  const kind = (name: string): Node[] => all.filter(each => each.kind === name)
  const deployment = kind('Deployment')[0].spec.template
  const cronJob = parse(cronJobText, { version: '1.1' }).spec.jobTemplate.spec.template
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

t.test('Kubernetes: manifest, configuration and CronJob agree', async t => {
  t.strictSame(disagreements(manifest, cronJobText), [])
})

t.test('negative control: each disagreement is found', async t => {
  const broken: Array<[string, string]> = [
    ['secretName: jwksd-tls', 'secretName: tls'], ['defaultMode: 0400', 'defaultMode: 0444'], ['configMap: { name: jwksd }', 'configMap: { name: other }'],
    ['mountPath: /tls', 'mountPath: /other'], ['containerPort: 9443', 'containerPort: 9444'], ['targetPort: internal', 'targetPort: inner'],
    ['name: keys-ecw, mountPath', 'name: keys, mountPath'], ['fsGroup: 1000', 'fsGroup: 1001'],
    ['namespaceSelector: { matchLabels: { jwksd-client: "true" } }\n          ', '']
  ]
  for (const [from, to] of broken) {
    t.ok(manifest.includes(from), from)
    t.not(disagreements(manifest.replace(from, to), cronJobText).length, 0, `${from} -> ${to}`)
  }
  t.not(disagreements(manifest, cronJobText.replaceAll('keys-ecw', 'keys')).length, 0, 'the volume of the CronJob')
})

t.test('the commands of the docs name secrets of the manifest, in its namespace', async t => {
  const used = [...rotation.matchAll(/kubectl (.*?)secret (?:generic )?(jwksd\S*)/g)]
  t.ok(used.length >= 3)
  for (const [line, before, name] of used) t.ok(before!.startsWith('-n jwksd ') && manifest.includes(`secretName: ${name}`), line)
})

t.test('the systemd unit: paths, user and log directory are those of deploy/README.md', async t => {
  const unit = readFileSync('deploy/jwksd.service', 'utf8')
  const page = readFileSync('deploy/README.md', 'utf8')
  const value = (name: string): string => new RegExp(`^${name}=(.*)$`, 'm').exec(unit)![1]!
  const [, program, config] = /^\/usr\/bin\/node (\/\S+)\/dist\/main\.js serve --config (\/\S+)$/.exec(value('ExecStart'))!
  t.match(page, `cp -r . ${program} &&`)
  t.match(page, `install -o root -g ${value('Group')} -m 0640 jwksd.yaml ${config!.replace('jwksd.yaml', '')} `)
  t.match(page, new RegExp(`useradd .* ${value('User')}$`, 'm'))
  t.match(page, `/var/log/${value('LogsDirectory')}/audit.jsonl`)
})
