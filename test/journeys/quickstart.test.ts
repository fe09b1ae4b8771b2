// The first five minutes of a newcomer: `jwksd serve` where nothing is set up, the printed lines pasted into a shell.

import { execFile } from 'node:child_process'
import { readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import path from 'node:path'
import { promisify } from 'node:util'
import t from 'tap'
import { createLocalJWKSet, jwtVerify } from 'jose'
import { privatePem } from '../support/keys.ts'
import { type RunningServer, runProgram, startProgram } from '../support/program.ts'

const LOOPBACK = { JWKSD_LISTEN: '127.0.0.1:0' }
const run = promisify(execFile)

/** The printed curl lines, pasted into a shell. @returns what each answers, parsed */
async function paste (cwd: string, { output }: RunningServer): Promise<any[]> {
  const lines = output.stdout.split('\n').filter(line => line.startsWith('  curl '))
  return await Promise.all(lines.map(async line =>
    JSON.parse((await run('bash', ['-c', `${line.trim()} --silent --show-error --fail`], { cwd })).stdout)))
}

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

t.test('restarted, it uses what it made; an edited configuration is kept', async t => {
  const cwd = t.testdir({ keys: {} })
  const files = ['.jwksd/dev-token', '.jwksd/tls/cert.pem', '.jwksd/jwksd.yaml']
  const read = async (): Promise<string[]> => await Promise.all(files.map(async name => await readFile(path.join(cwd, name), 'utf8')))
  const visit = async (): Promise<any[]> => {
    const server = await startProgram(t, [], { cwd, env: LOOPBACK })
    const answers = await paste(cwd, server)
    t.equal(await server.stop('SIGINT'), 0)
    return answers
  }
  const [first] = await visit()
  const made = await read()
  const [second, issued] = await visit()
  t.strictSame(second, first, 'the same JWK Set')
  t.strictSame(await read(), made, 'the same files')
  t.match(issued, { kid: first.keys[0].kid })
  await rm(path.join(cwd, '.jwksd/tls'), { recursive: true }) // what is missing is made again
  const edited = made[2]!.replace('preset: jwt', 'preset: jwt, ttl: { default: 7m, max: 8m }')
  await writeFile(path.join(cwd, files[2]!), edited)
  const [third, longer] = await visit()
  t.strictSame(third, first)
  t.equal(longer.exp - longer.iat, 420)
  t.equal((await read())[2], edited)
})

t.test('keys that were there are used as they are: one profile for each where nothing puts them in order', async t => {
  const cwd = t.testdir({ keys: {} })
  for (const name of ['a', 'b']) await writeFile(path.join(cwd, 'keys', `${name}.pem`), privatePem('P-256'), { mode: 0o600 })
  const server = await startProgram(t, [], { cwd, env: LOOPBACK })
  t.strictSame((await readdir(path.join(cwd, 'keys'))).sort(), ['a.pem', 'b.pem'], 'nothing was added')
  const [jwks, issued] = await paste(cwd, server)
  t.equal(jwks.keys.length, 2)
  t.match(issued, { alg: 'ES256' })
  t.match(await readFile(path.join(cwd, '.jwksd/jwksd.yaml'), 'utf8'), / default-a: .*key: "a\.pem"[^]* default-b: .*key: "b\.pem"/)
})

t.test('loopback alone: another address is refused before anything is made', async t => {
  const cwd = t.testdir()
  const refused = await runProgram(['serve'], { cwd, env: { JWKSD_LISTEN: '0.0.0.0:0' } })
  t.match(refused, { code: 1, stdout: '', stderr: /^error: 0\.0\.0\.0:0: quickstart mode listens on loopback only.*\nhint: / })
  t.strictSame(await readdir(cwd), [], 'nothing was made')
})
