// jwksd publish: the same bytes as the listener's, as files. nginx serves them in test/programs/publish.test.ts.

import { readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { publishCommand } from '../../src/cli/publish.ts'
import { load } from '../../src/state/load.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { faultsOf } from '../support/faults.ts'
import { NOW, openListener } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'

const JWKS = '/.well-known/jwks.json'

t.test('every set as the listener serves it; unchanged files are left as they are', async t => {
  const deployment = await deploy(t, {
    keys: { 'default.pem': privatePem('P-256'), 'ecw/a.pem': privatePem('RSA') }, config: { sets: { ecw: { maxAge: '5m', issuer: true }, both: { include: ['default', 'ecw'] } } }
  })
  const { origin, fetch } = await openListener(t, deployment)
  const to = path.join(deployment.directory, 'public')
  const publish = async (...args: string[]) => await runCommand(publishCommand, ['--config', deployment.file, '--to', to, ...args])
  const { code, stdout } = await publish('--json')
  t.equal(code, 0)
  const files = JSON.parse(stdout) as Array<{ path: string, written: boolean, headers: Record<string, string> }>
  t.strictSame(files.map(({ path }) => path), [JWKS, `/ecw${JWKS}`, '/ecw/.well-known/openid-configuration', `/both${JWKS}`])
  for (const { path: name, headers } of files) {
    const served = await fetch(origin + name)
    t.equal(readFileSync(path.join(to, name), 'utf8'), served.body.toString(), name)
    t.equal(headers.ETag, served.headers.etag, name)
    t.equal(headers['Content-Type'], 'application/json')
  }
  t.equal(files[1]!.headers['Cache-Control'], 'public, max-age=300, stale-if-error=300')
  t.equal(statSync(path.join(to, JWKS)).mode & 0o777, 0o644)
  t.match(readFileSync(path.join(to, '_headers'), 'utf8'), `/ecw${JWKS}\n  Content-Type: application/json\n  Access-Control-Allow-Origin: *\n  Cache-Control: public, max-age=300, stale-if-error=300\n`)
  t.notMatch(readFileSync(path.join(to, JWKS), 'utf8'), /"d":/)
  const before = statSync(path.join(to, JWKS)).ino
  rmSync(path.join(to, `ecw${JWKS}`))
  t.match(await publish(), { code: 0, stdout: `unchanged  ${JWKS}\nwritten    /ecw${JWKS}\n` })
  const locations = path.join(deployment.directory, 'locations.conf')
  t.match(await publish('--nginx', locations), { code: 0, stdout: /^unchanged {2}\/\.well-known/ })
  t.equal(statSync(path.join(to, JWKS)).ino, before)
  t.match(readFileSync(locations, 'utf8'), `location = /both${JWKS} {\n  default_type application/json;\n  etag off;\n`)
})

t.test('a directory with something secret in it is none to publish', async t => {
  const { file, directory, keys } = await deploy(t, { config: { audit: { file: 'logs/audit.jsonl' } } })
  const publish = async (to: string) => await runCommand(publishCommand, ['--config', file, '--to', to])
  const before = readdirSync(keys)
  for (const [to, problem] of [
    [keys, /is in the key directory/], [path.join(keys, 'public'), /is in the key directory/], [directory, /holds the key directory, /], ['/', /holds the key directory/],
    [path.join(directory, 'logs'), /holds the audit log, .*audit\.jsonl, which would be published/]
  ] as const) {
    t.match(await publish(to), { code: 1, stdout: '', stderr: problem }, to)
  }
  t.strictSame(readdirSync(keys), before)
  const control = await publish(`${keys}-public`)
  t.match(control, { code: 0 }, `control: a name that only begins alike: ${control.stderr}`)
  const served = await deploy(t, { config: { publish: { directory: '.' } } })
  t.match(await faultsOf(async () => await load({ file: served.file, env: {}, now: NOW, listeners: 'both' })),
    [{ where: /publish\.directory/, problem: /holds the key directory/, hint: /only published files/ }])
})

t.test('a place that cannot be written, and a bad key: nothing is half done', async t => {
  const { file, keys } = await deploy(t)
  t.match(await runCommand(publishCommand, ['--config', file, '--to', '/dev/null/x']), { code: 1, stdout: '', stderr: /cannot be written \(ENOTDIR\)/ })
  writeFileSync(path.join(keys, 'bad.pem'), '-----BEGIN PRIVATE KEY-----\nAAAA\n-----END PRIVATE KEY-----\n', { mode: 0o600 })
  t.match(await runCommand(publishCommand, ['--config', file, '--to', path.join(path.dirname(file), 'public')]), { code: 1, stdout: '', stderr: /bad\.pem/ })
})
