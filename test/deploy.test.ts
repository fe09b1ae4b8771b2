// The deployment files agree: names, volumes, secrets, ports and paths of the manifest, its configuration, the CronJob
// and the commands of the docs, and the systemd unit. Read as Kubernetes reads them: YAML 1.1, where 0400 is octal.

import { readFileSync } from 'node:fs'
import t from 'tap'
import { disagreements } from './support/kubernetes.ts'

const manifest = readFileSync('deploy/kubernetes.yaml', 'utf8')
const rotation = readFileSync('docs/how-to/rotate.md', 'utf8')
const cronJobText = /```yaml\n(apiVersion: batch\/v1\nkind: CronJob[\s\S]*?)```/.exec(rotation)![1]!

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
