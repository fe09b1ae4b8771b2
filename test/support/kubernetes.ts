// Kubernetes objects of jwksd as Kubernetes reads them (YAML 1.1, where 0400 is octal): do their names agree, are their pods
// restricted, and whom do their network policies let in?

import { parse, parseAllDocuments } from 'yaml'

type Node = any

/** The objects of a manifest. */
export function readObjects (manifest: string): Node[] {
  return parseAllDocuments(manifest, { version: '1.1' }).map(document => document.toJS()).filter(Boolean)
}

export function ofKind (objects: readonly Node[], kind: string): Node[] {
  return objects.filter(each => each.kind === kind)
}

/** The pods that objects make, by the kind of what makes them. */
export function podsOf (objects: readonly Node[]): Array<{ kind: string, metadata: Node, spec: Node }> {
  return objects.flatMap(({ kind, spec }) =>
    kind === 'Deployment' ? [{ kind, ...spec.template }] : kind === 'CronJob' ? [{ kind, ...spec.jobTemplate.spec.template }] : [])
}

/**
 * Everything that names something which does not exist, in words.
 * @param secrets names of the Secrets that the operator or cert-manager makes
 */
export function disagreements (objects: readonly Node[], secrets: readonly string[]): string[] {
  const wrong: string[] = []
  const check = (holds: boolean, what: string): void => { if (!holds) wrong.push(what) }
  const names = (kind: string): string[] => ofKind(objects, kind).map(each => each.metadata.name)
  const pods = podsOf(objects)
  const server = pods.find(({ kind }) => kind === 'Deployment')!
  const config = parse(ofKind(objects, 'ConfigMap')[0].data['jwksd.yaml'])

  for (const { kind, spec } of pods) {
    const [{ volumeMounts: mounts, image }] = spec.containers
    check(mounts.map((each: Node) => each.name).sort().join() === spec.volumes.map((each: Node) => each.name).sort().join(), `${kind}: mounts and volumes differ`)
    for (const { name, configMap, secret, persistentVolumeClaim } of spec.volumes) {
      if (configMap) check(names('ConfigMap').includes(configMap.name), `volume ${name}: no ConfigMap ${configMap.name}`)
      if (persistentVolumeClaim) check(names('PersistentVolumeClaim').includes(persistentVolumeClaim.claimName), `volume ${name}: no claim`)
      if (secret) check(secrets.includes(secret.secretName), `volume ${name}: nothing creates ${secret.secretName}`)
      if (secret) check(secret.defaultMode === 0o400 && spec.securityContext.fsGroup === 1000, `volume ${name}: mode ${secret.defaultMode}`)
    }
    check(image === server.spec.containers[0].image, `${kind}: another image`)
    check(spec.serviceAccountName === undefined || names('ServiceAccount').includes(spec.serviceAccountName), `${kind}: no account ${spec.serviceAccountName}`)
  }

  const { volumeMounts, ports } = server.spec.containers[0]
  const paths = [config.tls, config.sign.tls].flatMap(({ cert, key }) => [cert, key])
  for (const file of [...paths, ...Object.keys(config.sets).map(set => set === 'default' ? `${config.keys}/k.pem` : `${config.keys}/${set}/k.pem`)]) {
    check(volumeMounts.some((each: Node) => file.startsWith(`${each.mountPath}/`)), `${file}: not mounted`)
  }
  const portOf = (name: string): string => String(ports.find((each: Node) => each.name === name)?.containerPort)
  check(config.listen.endsWith(`:${portOf('public')}`) && config.sign.listen.endsWith(`:${portOf('internal')}`), 'listen is no port of the container')
  check(server.spec.terminationGracePeriodSeconds > parseInt(config.drain) + 4, 'the pod is killed while it drains')

  for (const { metadata, spec } of [...ofKind(objects, 'Service'), ...ofKind(objects, 'PodDisruptionBudget'), ...ofKind(objects, 'NetworkPolicy')]) {
    const labels = spec.podSelector?.matchLabels ?? spec.selector.matchLabels ?? spec.selector
    check(pods.some(pod => selects(labels, pod.metadata.labels)), `${metadata.name}: selects no pod`)
  }
  for (const { metadata, spec } of ofKind(objects, 'Service')) {
    check(portOf(spec.ports[0].targetPort) !== 'undefined', `${metadata.name}: no port ${spec.ports[0].targetPort}`)
  }
  for (const { rules } of ofKind(objects, 'Role')) {
    const rotated = pods.filter(({ kind }) => kind === 'CronJob').map(({ spec }) => spec.containers[0].args[0])
    check(JSON.stringify(rules[0].resourceNames) === JSON.stringify(rotated), `the Role is for ${rules[0].resourceNames}, the job changes ${rotated}`)
    check(rotated.every(name => server.spec.volumes.some((each: Node) => each.secret?.secretName === name)), `the pods do not read ${rotated}`)
  }
  return wrong
}

function selects (wanted: Record<string, string>, labels: Record<string, string>): boolean {
  return Object.entries(wanted).every(([name, value]) => labels[name] === value)
}

/** Who opens a connection: labels of its pod and of its namespace, and whether that is the namespace of jwksd. */
export interface Peer { readonly pod: Record<string, string>, readonly namespace: Record<string, string>, readonly same?: boolean }

/** Whether the network policies let a peer reach a port of the server's pods. A pod that some policy selects is closed otherwise. */
export function admits (objects: readonly Node[], peer: Peer, port: string): boolean {
  const { metadata: { labels } } = podsOf(objects).find(({ kind }) => kind === 'Deployment')!
  const policies = ofKind(objects, 'NetworkPolicy').filter(({ spec }) => selects(spec.podSelector.matchLabels, labels) && spec.policyTypes.includes('Ingress'))
  const isFrom = ({ podSelector = {}, namespaceSelector }: Node): boolean => selects(podSelector.matchLabels ?? {}, peer.pod) &&
    (namespaceSelector ? selects(namespaceSelector.matchLabels ?? {}, peer.namespace) : peer.same === true)
  return policies.length === 0 || policies.some(({ spec }) => spec.ingress.some(({ from, ports }: Node) =>
    ports.some((each: Node) => each.port === port) && (from === undefined || from.some(isFrom))))
}

/** What keeps a pod from the Pod Security Standard "restricted", and a root file system that can be written. */
export function looseSettings (objects: readonly Node[]): string[] {
  return podsOf(objects).flatMap(({ kind, spec }) => {
    const { securityContext: pod, containers: [{ securityContext: own }], volumes } = spec
    const rules: Array<[boolean, string]> = [
      [pod.runAsNonRoot === true && pod.runAsUser > 0, 'may run as root'],
      [pod.seccompProfile?.type === 'RuntimeDefault', 'has no seccomp profile'],
      [own.allowPrivilegeEscalation === false, 'may gain privileges'],
      [own.capabilities?.drop?.join() === 'ALL' && own.capabilities.add === undefined, 'keeps capabilities'],
      [own.readOnlyRootFilesystem === true, 'may write its root file system'],
      [own.privileged !== true && !spec.hostNetwork && !spec.hostPID && !spec.hostIPC, 'has parts of the host'],
      [volumes.every((each: Node) => ['configMap', 'secret', 'emptyDir', 'persistentVolumeClaim'].includes(Object.keys(each).find(name => name !== 'name')!)), 'mounts the host']
    ]
    return rules.filter(([holds]) => !holds).map(([, problem]) => `${kind} ${problem}`)
  })
}
