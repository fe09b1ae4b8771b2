// The deployment files agree: names, volumes, Secrets, ports and paths of the Kubernetes objects, their configuration and the
// commands of the docs, and the systemd unit. test/programs/kubernetes.test.ts renders them with kubectl and helm.

import { readdirSync, readFileSync } from 'node:fs'
import t from 'tap'
import { admits, disagreements, looseSettings, readObjects } from './support/kubernetes.ts'

const BASE = 'deploy/kubernetes/base'
const page = readFileSync('docs/how-to/kubernetes.md', 'utf8')
const secrets = [...page.matchAll(/kubectl -n jwksd create secret (?:generic|tls) (\S+)/g)].map(([, name]) => name!)
const text = readdirSync(BASE).filter(name => !/^(jwksd|kustomization)\.yaml$/.test(name)).map(name => readFileSync(`${BASE}/${name}`, 'utf8')).join('---\n')
const configMap = { kind: 'ConfigMap', metadata: { name: 'jwksd' }, data: { 'jwksd.yaml': readFileSync(`${BASE}/jwksd.yaml`, 'utf8') } }
const objectsOf = (manifest: string): any[] => [...readObjects(manifest), configMap]

t.test('Kubernetes: the objects and their configuration agree, and the docs create each Secret', async t => {
  t.strictSame(disagreements(objectsOf(text), secrets), [])
})

t.test('negative control: each disagreement is found', async t => {
  const broken: Array<[string, string]> = [
    ['secretName: jwksd-tls', 'secretName: tls'], ['defaultMode: 256', 'defaultMode: 0444'], ['configMap: { name: jwksd }', 'configMap: { name: other }'],
    ['mountPath: /tls', 'mountPath: /other'], ['containerPort: 9443', 'containerPort: 9444'], ['targetPort: internal', 'targetPort: inner'],
    ['name: keys-ecw, mountPath', 'name: keys, mountPath'], ['fsGroup: 1000', 'fsGroup: 1001'], ['terminationGracePeriodSeconds: 20', 'terminationGracePeriodSeconds: 14'],
    ['selector: { app.kubernetes.io/name: jwksd,', 'selector: { app.kubernetes.io/name: other,'], ['resourceNames: [jwksd-keys-ecw]', 'resourceNames: [other]'],
    ['serviceAccountName: jwksd-rotate', 'serviceAccountName: other'], ['image: registry.example.com/jwksd:0.1.0', 'image: registry.example.com/jwksd:0.2.0']
  ]
  for (const [from, to] of broken) {
    t.ok(text.includes(from), from)
    t.not(disagreements(objectsOf(text.replace(from, to)), secrets).length, 0, `${from} -> ${to}`)
  }
})

t.test('the internal listener is closed to strangers; the public one is open', async t => {
  const objects = objectsOf(text)
  const [client, stranger] = [{ 'jwksd-client': 'true' }, { app: 'other' }]
  const reaches = (pod: Record<string, string>, namespace: Record<string, string>, same = false): boolean => admits(objects, { pod, namespace, same }, 'internal')
  t.ok(admits(objects, { pod: stranger, namespace: stranger }, 'public'))
  t.ok(reaches(client, {}, true), 'a client in the namespace')
  t.ok(reaches(client, client), 'a client in a namespace with the label')
  t.notOk(reaches(stranger, {}, true))
  t.notOk(reaches(stranger, client), 'another pod of such a namespace')
  t.notOk(reaches(client, stranger), 'a pod that gives itself the label elsewhere')
  const open = objectsOf(text.replace(/ {4}- from:\n[\s\S]*?(?= {6}ports: \[\{ port: internal)/, '    - \n'))
  t.ok(admits(open, { pod: stranger, namespace: stranger }, 'internal'), 'negative control: a rule without from')
})

t.test('the pods are restricted; each loose setting is found', async t => {
  t.strictSame(looseSettings(objectsOf(text)), [])
  for (const strict of ['runAsNonRoot: true', 'seccompProfile: { type: RuntimeDefault }', 'allowPrivilegeEscalation: false', 'capabilities: { drop: [ALL] }', 'readOnlyRootFilesystem: true']) {
    t.equal(looseSettings(objectsOf(text.replaceAll(strict, 'other: true'))).length, 2, strict)
  }
  t.equal(looseSettings(objectsOf(text.replace('restartPolicy: Never', 'hostNetwork: true'))).length, 1)
  t.equal(looseSettings(objectsOf(text.replace('emptyDir: { medium: Memory, sizeLimit: 4Mi }', 'hostPath: { path: / }'))).length, 1)
})

t.test('the alerts are the same in each form: npm run rules', async t => {
  const rules = readFileSync('deploy/prometheus-rules.yaml', 'utf8')
  t.equal(readFileSync('deploy/helm/jwksd/prometheus-rules.yaml', 'utf8'), rules)
  t.strictSame(readObjects(readFileSync('deploy/kubernetes/components/monitoring/prometheus-rule.yaml', 'utf8'))[0].spec, readObjects(rules)[0])
})

t.test('compose: the container is as restricted as the one that deploy/container-test.sh runs, and has time to drain', async t => {
  const { services: { jwksd } } = readObjects(readFileSync('deploy/compose.yaml', 'utf8'))[0]
  t.match(jwksd, { read_only: true, cap_drop: ['ALL'], security_opt: ['no-new-privileges:true'], volumes: [/:ro$/] })
  t.match(readFileSync('deploy/container-test.sh', 'utf8'), '--read-only --cap-drop ALL --security-opt no-new-privileges')
  t.ok(parseInt(jwksd.stop_grace_period) > 5 + 4)
  t.ok(jwksd.ports.filter((port: string) => port.endsWith(':9443')).every((port: string) => port.startsWith('127.0.0.1:')), '/sign is for this machine')
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
