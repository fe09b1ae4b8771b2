// jwksd check without a URL, and with --vendor and --token: what is looked at, and the exit codes.

import { createPublicKey } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import t from 'tap'
import { checkCommand } from '../../src/cli/check.ts'
import { signCommand } from '../../src/cli/sign.ts'
import { runCommand } from '../support/command.ts'
import { deploy } from '../support/deployment.ts'
import { answerSet, serve, theSite } from '../support/jwks-server.ts'
import { makePrivateKey } from '../support/keys.ts'
import { makeToken } from '../support/token-mutations.ts'

const now = Math.floor(Date.now() / 1000)
const check = async (args: string[], input: string[] = []) => await runCommand(checkCommand, args, { now, input })

t.test('this installation', async t => {
  const { file, audit } = await deploy(t)
  const sound = await check(['--config', file])
  t.match(sound, { code: 0, stderr: '', stdout: /^\S+jwksd.yaml\n\nwarning {2}configuration[^]*0 faults, 1 warning, \d+ ok. No fault found.\n$/ })
  t.notOk(existsSync(audit), 'nothing is made')
  t.match(await check(['--config', file, '--vendor', 'smart-health-cards']), { code: 1, stdout: /fault +vendor-kid/ })
  t.match(await check(['--config', file, '--vendor', 'jwt']), { code: 0, stdout: /vendor-alg +set default: 1 of 1 keys/ })
  t.match(await check(['--config', file, '--vendor', 'epicc']), { code: 1, stderr: /did you mean "epic"/ })
  t.match(await check(['--config', file, '--only', 'public']), { code: 0, stdout: /a\s+private\s+key\s+beside\s+a\s+public\s+listener/ })
  writeFileSync(file, readFileSync(file, 'utf8').replace('listen:', 'listne:'))
  t.match(await check(['--config', file, '--json']), { code: 1, stdout: /jwksd.yaml:\d+ listne: / })
})

t.test('a token of this installation', async t => {
  const { file, directory } = await deploy(t)
  const signed = (await runCommand(signCommand, ['--config', file, '--claims', '{"sub":"me"}'], { now })).stdout
  t.match(await check(['--config', file, '--token', '-'], [signed]), { code: 0, stdout: /ok +profile +looked at as a token of the profile plain/ })
  const token = path.join(directory, 'token')
  writeFileSync(token, `Bearer ${signed}`)
  t.match(await check(['--config', file, '--token', token]), { code: 1, stdout: /fault +token-prefix/ })
  t.match(await check(['--config', file, '--token', token, '--vendor', 'epic']), { code: 1, stdout: /looked at with the set default[^]*invalid_client|invalid_client[^]*looked at with the set default/ })
  t.match(await check(['--config', file, '--token', 'missing']), { code: 1, stderr: /missing: is not there/ })
  t.match(await check(['--config', file, '--payload', token]), { code: 1, stderr: /--payload: is the payload of no token/ })
  const [header, payload, signature] = signed.trim().split('.') as [string, string, string]
  writeFileSync(token, `${header}..${signature}`)
  const body = path.join(directory, 'payload')
  writeFileSync(body, Buffer.from(payload, 'base64url'))
  t.match(await check(['--config', file, '--token', token, '--payload', body]), { code: 1, stdout: /fault +serialization[^]*ok +signature/ })
  t.notOk((await check(['--config', file, '--token', token, '--json'])).stdout.includes(signature), 'the token is not repeated')
})

t.test('a token from a pipe is looked at when it comes: its signer may need a while', async t => {
  const { file } = await deploy(t)
  const { stdout: token } = await runCommand(signCommand, ['--config', file, '--claims', '{"sub":"me"}'], { now: now + 5 })
  let time = now
  const pipe = function * (): Generator<string> {
    time += 5
    yield token
  }
  const looked = await runCommand(checkCommand, ['--config', file, '--token', '-'], { now: () => time, input: pipe() })
  t.equal(looked.code, 0)
  t.notMatch(looked.stdout, /issued-in-future/)
  t.match(await check(['--config', file, '--token', '-'], [token]), { stdout: /issued-in-future/ }, 'control')
})

t.test('a token against the set of a URL, and the vendor\'s rules for it', async t => {
  const ca = path.join(t.testdir(), 'ca.pem')
  writeFileSync(ca, (await theSite()).ca)
  const key = makePrivateKey('P-384')
  const jwk = { ...createPublicKey(key).export({ format: 'jwk' }), kid: 'a', alg: 'ES384', use: 'sig', key_ops: ['verify'] }
  const url = `https://localhost:${await serve(t, answerSet({ keys: [jwk] }))}/jwks.json`
  const token = (kid: string): string => makeToken({
    header: { alg: 'ES384', kid, typ: 'JWT' }, claims: { iss: 'me', sub: 'me', aud: 'https://ehr.example.com/token', iat: now, exp: now + 240, jti: 'j' }, key
  })
  const look = async (text: string, vendor: string) => await check([url, '--ca', ca, '--vendor', vendor, '--token', '-'], [text])
  t.match(await look(token('a'), 'smart-backend-services'), { code: 0, stdout: /ok +vendor-alg[^]*ok +claims/ })
  t.match(await look(token('b'), 'ecw'), { code: 1, stdout: /jwks_kid_mismatch/ })
  t.match(await check([url, '--vendor', 'ecw', '--token', '-'], [token('a')]), { code: 1, stdout: /jwks_url_inaccessible/ })
})
