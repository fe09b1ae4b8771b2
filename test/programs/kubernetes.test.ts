// What runs on Kubernetes, as kubectl and helm render it: every object is valid, kustomize and the chart agree, and so does what
// init writes. There is no cluster here: nothing shows that a network policy is enforced.

import { execFileSync } from 'node:child_process'
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { stringify } from 'yaml'
import { initCommand } from '../../src/cli/init.ts'
import { readConfig } from '../../src/config/parse.ts'
import { readYaml } from '../../src/config/yaml.ts'
import { runCommand } from '../support/command.ts'
import { admits, disagreements, looseSettings, ofKind, readObjects } from '../support/kubernetes.ts'
import { schemaFaults, unknownFields } from '../support/manifest-schemas.ts'

type Node = any

const SECRETS = ['jwksd-keys-ecw', 'jwksd-tls', 'jwksd-internal-tls']
const run = (program: string, ...args: string[]): string => execFileSync(program, args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] })
const kustomize = (directory: string): Node[] => readObjects(run('kubectl', 'kustomize', directory))

function faultsOfConfig (text: string): readonly unknown[] {
  return readConfig(readYaml('jwksd.yaml', text), {}, Date.now() / 1000).faults
}

/** The base with components, as an overlay in a directory of the test would have them. */
function withComponents (t: { testdir: () => string }, ...components: string[]): Node[] {
  const directory = t.testdir()
  const to = (name: string): string => path.relative(directory, path.resolve('deploy/kubernetes', name))
  writeFileSync(path.join(directory, 'kustomization.yaml'),
    stringify({ namespace: 'jwksd', resources: [to('base')], components: components.map(name => to(`components/${name}`)) }))
  return kustomize(directory)
}

const idOf = ({ kind, metadata }: Node): string => `${kind} ${metadata.name}`
const base = kustomize('deploy/kubernetes/base')

t.test('kustomize: base, components and overlay are valid, agree, and are restricted', async t => {
  const forms: Record<string, Node[]> = {
    base,
    'overlays/production': kustomize('deploy/kubernetes/overlays/production'),
    'keys-on-volume': withComponents(t, 'keys-on-volume', 'monitoring')
  }
  for (const [name, objects] of Object.entries(forms)) {
    t.strictSame(await schemaFaults(objects), [], name)
    t.strictSame(disagreements(objects, SECRETS), [], name)
    t.strictSame(looseSettings(objects), [], name)
    t.ok(objects.every(({ metadata }) => metadata.namespace === 'jwksd'), `${name}: all are in the namespace`)
  }
  t.strictSame(unknownFields(Object.values(forms).flat(), t.testdir()), [])
  t.strictSame(ofKind(forms['keys-on-volume']!, 'Role'), [], 'keys on a volume: no access to the API')
  const prometheus = { pod: { 'app.kubernetes.io/name': 'prometheus' }, namespace: { 'kubernetes.io/metadata.name': 'monitoring' } }
  t.ok(admits(forms['overlays/production']!, prometheus, 'internal'))
  t.notOk(admits(base, prometheus, 'internal'), 'without the component it is not let in')
})

t.test('negative control: a misspelt field and a wrong value are found in every kind', async t => {
  const all = kustomize('deploy/kubernetes/overlays/production').filter(({ kind, spec }) => kind !== 'ConfigMap' && spec)
  const misspelt = all.map(object => ({ ...object, spec: { ...object.spec, misspelt: 1 } }))
  const faults = unknownFields(misspelt, t.testdir())
  t.equal(faults.length, all.length)
  t.ok(faults.every(line => line.includes('\'"misspelt"\' does not exist')))
  const broken: Array<[string, (spec: Node) => unknown]> = [
    ['Deployment', spec => ({ ...spec, replicas: '3' })], ['ServiceMonitor', ({ endpoints, ...spec }) => spec],
    ['PrometheusRule', () => ({ groups: [{ rules: [] }] })], ['Certificate', ({ secretName, ...spec }) => spec], ['CronJob', ({ schedule, ...spec }) => spec]
  ]
  for (const [kind, change] of broken) {
    const [object] = ofKind(all, kind)
    t.equal((await schemaFaults([{ ...object, spec: change(object.spec) }])).length, 1, kind)
  }
})

t.test('init --kubernetes writes the objects of the base', async t => {
  const directory = t.testdir()
  const made = await runCommand(initCommand, ['eclinicalworks', '--set', 'ecw', '--host', 'jwks.example.com', '--client', 'billing', '--kubernetes', '--image', 'registry.example.com/jwksd:0.1.0', '--directory', directory])
  t.equal(made.code, 0, made.stderr)
  const objects = readObjects(readFileSync(path.join(directory, 'kubernetes.yaml'), 'utf8'))
  const bare = ({ metadata: { name }, data, ...object }: Node): Node => ({ ...object, name })
  const sorted = (all: Node[]): Node[] => all.map(bare).sort((a, b) => (a.kind + a.name).localeCompare(b.kind + b.name))
  t.strictSame(sorted(objects), sorted(base))
  t.strictSame(await schemaFaults(objects), [])
})

t.test('helm: the chart makes what kustomize makes', async t => {
  const chart = 'deploy/helm/jwksd'
  const values = path.join(t.testdir(), 'values.yaml')
  const template = (...args: string[]): Node[] => readObjects(run('helm', 'template', 'jwksd', chart, '--namespace', 'jwksd', ...args))
  const OWN = ['app.kubernetes.io/instance', 'app.kubernetes.io/managed-by', 'app.kubernetes.io/version', 'helm.sh/chart']
  // Labels that Helm's conventions want are its own, wherever they stand.
  const withoutOwn = (node: Node): Node => Array.isArray(node)
    ? node.map(withoutOwn)
    : node && typeof node === 'object'
      ? Object.fromEntries(Object.entries(node).filter(([name]) => !OWN.includes(name)).map(([name, value]) => [name, name === 'jwksd.yaml' ? readObjects(value as string)[0] : withoutOwn(value)]))
      : node
  const same = (charted: Node[], kustomized: Node[], what: string): void => {
    t.strictSame(charted.map(idOf).sort(), kustomized.map(idOf).sort(), what)
    for (const object of kustomized) {
      const { metadata: { labels = {}, ...metadata }, ...own } = withoutOwn(charted.find(each => idOf(each) === idOf(object)))
      const { metadata: { labels: its = {}, ...given }, ...rest } = withoutOwn(object)
      t.strictSame({ metadata, ...own }, { metadata: given, ...rest }, `${what}: ${idOf(object)}`)
      t.match(labels, its, `${what}: labels of ${idOf(object)}`)
    }
  }
  same(template(), base, 'the base')
  const all = template('--set', 'certManager.enabled=true,monitoring.enabled=true,publicService.type=LoadBalancer,publicService.externalTrafficPolicy=Local')
  same(all, kustomize('deploy/kubernetes/overlays/production'), 'the overlay')
  t.strictSame(await schemaFaults(all), [])
  t.strictSame(unknownFields(all, path.dirname(values)), [])
  run('helm', 'lint', '--strict', chart)

  writeFileSync(values, stringify({
    keys: [{ set: 'default', secret: 'first' }, { set: 'cdata_prod', secret: 'second', rotate: '30d' }, { set: 'other', secret: 'third', rotate: '90d' }],
    config: { sets: { ecw: null, default: {}, cdata_prod: {}, other: {} } },
    networkPolicy: { egress: [{ ports: [{ port: 6379 }] }] }
  }))
  const several = template('--values', values)
  t.strictSame(await schemaFaults(several), [])
  t.strictSame(disagreements(several, ['first', 'second', 'third', 'jwksd-tls', 'jwksd-internal-tls']), [])
  t.strictSame(ofKind(several, 'CronJob').map(({ metadata }) => metadata.name), ['jwksd-rotate-cdata-prod', 'jwksd-rotate-other'])

  const other = readObjects(run('helm', 'template', 'other', chart, '--namespace', 'jwksd'))
  t.ok(other.every(({ metadata }) => metadata.name.startsWith('other-jwksd')), 'two releases in one namespace do not collide')
  t.strictSame(disagreements(other, SECRETS), [])
  for (const fault of ['replica=3', 'replicas=none', 'keys=x', 'image.tagg=1']) t.throws(() => template('--set', fault), /schema/, fault)
  const [, ofPage] = /```yaml file=values\.yaml\n([\s\S]*?)```/.exec(readFileSync('docs/how-to/kubernetes.md', 'utf8'))!
  writeFileSync(values, ofPage!)
  const rendered = template('--values', values)
  t.ok(ofKind(rendered, 'Certificate').length > 0, 'the values of the page')
  const configOf = (objects: Node[]): string => ofKind(objects, 'ConfigMap').flatMap(({ data }) => data['jwksd.yaml'] ?? [])[0]
  t.strictSame(faultsOfConfig(configOf(rendered)), [], 'jwksd takes its configuration')
  t.ok(faultsOfConfig(configOf(template())).length > 0, 'control: the placeholders of the chart are faults')
  mkdirSync(path.join(path.dirname(values), 'package'))
  run('helm', 'package', chart, '--destination', path.join(path.dirname(values), 'package'))
})
