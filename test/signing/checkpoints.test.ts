// Checkpoints: the key of a set signs where the audit log stands.

import { readFileSync } from 'node:fs'
import { createHash } from 'node:crypto'
import t from 'tap'
import { compactVerify, importJWK } from 'jose'
import type { FaultsError } from '../../src/core/errors.ts'
import { Audit } from '../../src/observe/audit.ts'
import { Health } from '../../src/observe/health.ts'
import { makeLogger } from '../../src/observe/log.ts'
import { Checkpoints } from '../../src/signing/checkpoints.ts'
import { load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { follow } from '../support/followed-server.ts'
import { privatePem } from '../support/keys.ts'
import { postSign } from '../support/request.ts'
import { until } from '../support/until.ts'

const NOW = Math.floor(Date.now() / 1000)
const textLines = (file: string): string[] => readFileSync(file, 'utf8').trimEnd().split('\n')

t.test('signed by the active key of the set, once for each state of the log', async t => {
  const deployment = await deploy(t, {
    keys: { 'a.pem': privatePem('P-256'), 'log/later.pem': `# activates: 2999-01-01T00:00:00Z\n${privatePem('P-256')}`, 'log/now.pem': privatePem('P-256') },
    config: { audit: { file: 'audit.jsonl', checkpoint: { set: 'log', every: '1h' } } }
  })
  const { snapshot } = await load({ file: deployment.file, env: {}, now: NOW, listeners: 'both', tls: false })
  let current = snapshot
  const clock = (): number => NOW
  const audit = new Audit(deployment.audit, { clock })
  const health = new Health(makeLogger('silent', { tty: false }), clock)
  const checkpoints = new Checkpoints({ current: () => current, audit, clock, health, set: 'log', every: 3600 })
  t.teardown(() => { audit.close() })
  await checkpoints.write()
  await audit.record({ event: 'x' })
  await checkpoints.write()
  await checkpoints.write()
  const [line, signed, ...others] = textLines(deployment.audit)
  t.strictSame(others, [], 'none without a record, and none after another')
  const key = snapshot.sets.get('log')!.keys.find(({ file }) => file.endsWith('now.pem'))!
  const { payload, protectedHeader } = await compactVerify(JSON.parse(signed!).jws, await importJWK({ ...key.jwk, key_ops: ['verify'] }))
  t.strictSame(protectedHeader, { alg: 'ES256', kid: key.kid, typ: 'jwksd-checkpoint' })
  const sha256 = createHash('sha256').update(line!).digest('hex')
  t.match(JSON.parse(Buffer.from(payload).toString()), { log: JSON.parse(line!).log, seq: 1, sha256, time: /Z$/ })

  await audit.record({ event: 'y' })
  current = { ...snapshot, sets: new Map() }
  await checkpoints.write()
  t.match(health.failure('checkpoints')?.faults, [{ where: 'audit.checkpoint.set: log', problem: /no private key/ }])
  current = snapshot
  await checkpoints.close()
  t.equal(health.failure('checkpoints'), undefined)
  t.match(JSON.parse(textLines(deployment.audit).at(-1)!), { event: 'checkpoint', seq: 4 })
})

t.test('a log that cannot be written has no checkpoint; the next one is written', async t => {
  const deployment = await deploy(t)
  const { snapshot } = await load({ file: deployment.file, env: {}, now: NOW, listeners: 'both', tls: false })
  const clock = (): number => NOW
  const audit = new Audit(deployment.audit, { clock })
  t.teardown(() => { audit.close() })
  await audit.record({ event: 'x' })
  const record = audit.record.bind(audit)
  audit.record = async () => { throw new Error('full') }
  const health = new Health(makeLogger('silent', { tty: false }), clock)
  const checkpoints = new Checkpoints({ current: () => snapshot, audit, clock, health, set: 'default', every: 3600 })
  await checkpoints.write()
  audit.record = record
  await checkpoints.close()
  t.strictSame(textLines(deployment.audit).map(line => JSON.parse(line).event), ['x', 'checkpoint'])
})

t.test('what is recorded while a checkpoint is signed gets the next one', async t => {
  const deployment = await deploy(t, { keys: { 'a.pem': privatePem('RSA') } })
  const { snapshot } = await load({ file: deployment.file, env: {}, now: NOW, listeners: 'both', tls: false })
  const clock = (): number => NOW
  const audit = new Audit(deployment.audit, { clock })
  t.teardown(() => { audit.close() })
  const health = new Health(makeLogger('silent', { tty: false }), clock)
  const checkpoints = new Checkpoints({ current: () => snapshot, audit, clock, health, set: 'default', every: 3600 })
  await audit.record({ event: 'one' })
  const writing = checkpoints.write() // RSA signs on the thread pool
  await audit.record({ event: 'two' })
  await writing
  await checkpoints.close()
  const lines = textLines(deployment.audit).map(line => JSON.parse(line))
  t.strictSame(lines.map(({ event }) => event), ['one', 'two', 'checkpoint', 'checkpoint'])
  t.strictSame(lines.slice(2).map(({ jws }) => JSON.parse(Buffer.from(jws.split('.')[1], 'base64url').toString()).seq), [1, 3])
})

t.test('a server writes them, and a set without keys is a fault', async t => {
  const audit = { file: 'audit.jsonl', checkpoint: { set: 'default', every: '1s' } }
  const { server, origin, fetch, apiKey, audit: file } = await follow(t, { config: { audit } })
  await postSign(fetch, origin, apiKey, {})
  await until(() => textLines(file).length > 1)
  t.match(textLines(file).map(line => JSON.parse(line)), [{ event: 'granted' }, { event: 'checkpoint', jws: /^eyJ/ }])
  server.reopenAudit()
  const other = await deploy(t, { config: { audit: { ...audit, checkpoint: { set: 'nowhere', every: '1h' } } } })
  const loading = async (listeners: 'both' | 'public') => await load({ file: other.file, env: {}, now: NOW, listeners })
  const { faults } = await loading('both').then(() => ({ faults: [] }), (error: FaultsError) => error)
  t.match(faults, [{ where: /audit\.checkpoint\.set/, problem: 'the set "nowhere" holds no key', hint: /keygen nowhere/ }])
  t.ok(await loading('public'), 'a listener that signs nothing needs no such key')
})
