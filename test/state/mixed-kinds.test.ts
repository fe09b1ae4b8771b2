// Ed25519 beside RSA or EC is refused on every path to one URL: a directory, an include, a reload.

import { writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { load } from '../../src/state/load.ts'
import { deploy } from '../support/deployment.ts'
import { faultsOf } from '../support/faults.ts'
import { follow } from '../support/followed-server.ts'
import { NOW } from '../support/listener.ts'
import { privatePem } from '../support/keys.ts'
import { until } from '../support/until.ts'

const read = async (file: string) => await load({ file, env: {}, now: NOW, listeners: 'both', tls: false })
const [ec, ed] = [privatePem('P-256'), privatePem('Ed25519')]
const profiles = { plain: { preset: 'jwt', alg: 'ES256' } }

t.test('in one directory', async t => {
  const keys = { 'a.pem': ec, 'b.pem': ed }
  const { file } = await deploy(t, { keys, config: { profiles } })
  t.match(await faultsOf(() => read(file)), [{ where: /b\.pem$/, problem: /an Ed25519 key beside EC keys/, hint: /sets\.default\.mixed: true/ }])
  const mixed = await deploy(t, { keys, config: { profiles, sets: { default: { mixed: true } } } })
  t.match((await read(mixed.file)).warnings.filter(text => text.includes('publishes')), [/node-jose/], 'with mixed it is a warning')
})

t.test('by include', async t => {
  const keys = { 'a.pem': ec, 'ed/b.pem': ed, 'rsa/c.pem': privatePem('RSA') }
  const setUp = async (default_: object) => (await deploy(t, { keys, config: { profiles, sets: { default: default_ } } })).file
  t.match(await faultsOf(async () => await read(await setUp({ include: ['ed'] }))), [{ where: /b\.pem$/, problem: /what the set "default" publishes/ }])
  t.strictSame(await faultsOf(async () => await read(await setUp({ include: ['ed'], mixed: true }))), [])
  t.match((await read(await setUp({ include: ['rsa'] }))).warnings.filter(text => text.includes('publishes')), [/"default" publishes EC and RSA keys: python-jose/])
})

t.test('at a reload, which keeps the last good state', async t => {
  const server = await follow(t, { keys: { 'a.pem': ec }, config: { profiles } })
  await writeFile(path.join(server.keys, 'b.pem'), ed, { mode: 0o600 })
  await until(() => server.said(/an Ed25519 key beside EC keys/))
  t.ok(server.said(/publishes EC and OKP keys: node-jose/), 'the warnings are logged beside the faults')
  const { keys } = await (await server.fetch(`${server.origin}/.well-known/jwks.json`)).json() as { keys: object[] }
  t.match(keys, [{ kty: 'EC' }])
  t.equal(keys.length, 1)
})
