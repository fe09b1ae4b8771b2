// The first five minutes of a newcomer: `jwksd serve` where nothing is set up, the printed lines pasted into a shell.

import { readdir, readFile, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import t from 'tap'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { privatePem } from '../support/keys.ts'
import { runProgram, startProgram } from '../support/program.ts'
import { LOOPBACK, paste } from '../support/quickstart.ts'

t.test('a fresh directory: key, certificate, API key and configuration are made, and both jobs work when pasted', async t => {
  const cwd = t.testdir()
  const server = await startProgram(t, [], { cwd, env: LOOPBACK })
  const [key, ...others] = await readdir(path.join(cwd, 'keys'))
  t.match(key, /^default-\d{4}-\d\d-\d\d\.pem$/)
  t.strictSame(others, [])
  const mode = async (name: string): Promise<number> => (await stat(path.join(cwd, name))).mode & 0o777
  for (const name of [`keys/${key}`, '.jwksd/dev-token', '.jwksd/tls/key.pem', '.jwksd/jwksd.yaml']) t.equal(await mode(name), 0o600, name)

  const { stdout, stderr } = server.output
  const [jwks, issued] = await paste(cwd, server)
  t.match(stdout, `${server.origin}/.well-known/jwks.json`)
  t.match(stdout, `${jwks.keys[0].kid}  RS384  active  keys/${key}`, 'kid, alg, state and file')
  t.equal(Buffer.from(jwks.keys[0].n, 'base64url').length, 3072 / 8)
  t.match((await jwtVerify(issued.token, createLocalJWKSet(jwks))).payload, { sub: 'me' })

  const secrets = [await readFile(path.join(cwd, '.jwksd/dev-token'), 'utf8'), await readFile(path.join(cwd, 'keys', key!), 'utf8')]
  for (const secret of secrets.flatMap(text => text.trim().split('\n'))) t.notOk((stdout + stderr).includes(secret), 'no secret is printed')
  t.match(await readFile(path.join(cwd, '.jwksd/audit.jsonl'), 'utf8'), issued.jti)
})

t.test('keys that were there are used as they are: one profile for each where nothing puts them in order', async t => {
  const cwd = t.testdir({ keys: {} })
  for (const name of ['a', 'b']) await writeFile(path.join(cwd, 'keys', `${name}.pem`), privatePem('P-256'), { mode: 0o600 })
  const server = await startProgram(t, [], { cwd, env: LOOPBACK })
  t.strictSame((await readdir(path.join(cwd, 'keys'))).sort(), ['a.pem', 'b.pem'], 'nothing was added')
  const [jwks, issued] = await paste(cwd, server)
  t.equal(jwks.keys.length, 2)
  t.match(issued, { alg: 'ES256' })
  t.match(await readFile(path.join(cwd, '.jwksd/jwksd.yaml'), 'utf8'), / default-a:\n[^]* key: a\.pem\n {2}default-b:\n[^]* key: b\.pem\n/)
})

t.test('only loopback: another address is refused before anything is made', async t => {
  const cwd = t.testdir()
  const refused = await runProgram(['serve'], { cwd, env: { JWKSD_LISTEN: '0.0.0.0:0' } })
  t.match(refused, { code: 1, stdout: '', stderr: /^error: 0\.0\.0\.0:0: quickstart mode listens on loopback only.*\nhint: / })
  t.strictSame(await readdir(cwd), [], 'nothing was made')
})
